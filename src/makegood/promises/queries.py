"""Reads of the ledger of promises and of the sources behind it.

`places` narrows to the places that a member serves; None is all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from django.db import connection

from makegood.promises.models import TESTS, Source

PROMISES = """
SELECT p.id, p.kind, p.what, p.state, p.made_at, p.due_at, p.first_due_at, p.expected_at, p.fulfilled_at,
    p.settled_at, p.value_minor, p.currency, p.customer_id, c.name, p.source_id, s.name, coalesce(pl.name, ''),
    coalesce(m.name, ''), p.recovery_id, p.key_hash
FROM promises_promise p
JOIN customers_customer c ON c.organization_id = p.organization_id AND c.id = p.customer_id
JOIN promises_source s ON s.organization_id = p.organization_id AND s.id = p.source_id
LEFT JOIN organizations_place pl ON pl.organization_id = p.organization_id AND pl.id = p.place_id
LEFT JOIN organizations_member m ON m.organization_id = p.organization_id AND m.id = p.member_id
WHERE p.organization_id = %(organization)s
    AND (%(places)s::bigint[] IS NULL OR p.place_id = ANY(%(places)s))
"""
WHICH = {
    "open": " AND p.state = 'open' ORDER BY p.due_at, p.id",
    "risk": " AND p.state = 'open' AND p.expected_at > p.due_at ORDER BY p.expected_at, p.id",
    "broken": " AND p.state = 'broken' ORDER BY p.settled_at DESC, p.id DESC",
    "kept": " AND p.state = 'kept' ORDER BY p.id DESC",
    "released": " AND p.state = 'released' ORDER BY p.id DESC",
}
Places = tuple[int, ...] | None


@attrs.frozen(kw_only=True)
class PromiseFacts:
    """One promise with the names around it."""

    id: int
    kind: str
    what: str
    state: str
    made_at: datetime
    due_at: datetime
    first_due_at: datetime
    expected_at: datetime | None
    fulfilled_at: datetime | None
    settled_at: datetime | None
    value_minor: int | None
    currency: str
    customer_id: int
    customer: str
    source_id: int
    source: str
    place: str
    member: str
    recovery_id: int | None
    key_hash: bytes

    @property
    def at_risk(self) -> bool:
        """Whether it is expected after its due time."""
        return self.state == "open" and self.expected_at is not None and self.expected_at > self.due_at


def _promises(where: str, **values: Any) -> list[PromiseFacts]:
    names = [field.name for field in attrs.fields(PromiseFacts)]
    values["places"] = None if values["places"] is None else list(values["places"])
    with connection.cursor() as cursor:
        cursor.execute(PROMISES + where, values)
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [PromiseFacts(**row | {"key_hash": bytes(row["key_hash"])}) for row in rows]


def promises_list(
    *, organization_id: int, places: Places, which: str = "open", offset: int = 0, most: int = 50
) -> list[PromiseFacts]:
    """This function will list promises: open (the next due first), risk, broken, kept or released."""
    return _promises(
        f"{WHICH[which]} OFFSET %(offset)s LIMIT %(most)s",
        organization=organization_id,
        places=places,
        offset=offset,
        most=most,
    )


def promise_one(*, organization_id: int, promise_id: int, places: Places) -> PromiseFacts | None:
    """This function will read one promise."""
    found = _promises(" AND p.id = %(id)s", organization=organization_id, places=places, id=promise_id)
    return found[0] if found else None


def promises_of_customer(
    *, organization_id: int, customer_id: int, places: Places = None, most: int = 20
) -> list[PromiseFacts]:
    """This function will list what a customer was promised, the latest due first."""
    return _promises(
        " AND p.customer_id = %(customer)s ORDER BY p.due_at DESC, p.id DESC LIMIT %(most)s",
        organization=organization_id,
        places=places,
        customer=customer_id,
        most=most,
    )


def promises_of_recovery(*, organization_id: int, recovery_id: int, customer_id: int) -> list[PromiseFacts]:
    """This function will list what was promised inside a recovery."""
    return _promises(
        " AND p.customer_id = %(customer)s AND p.recovery_id = %(recovery)s ORDER BY p.due_at, p.id",
        organization=organization_id,
        places=None,
        customer=customer_id,
        recovery=recovery_id,
    )


def promises_counted_to(*, organization_id: int, places: Places, which: str, most: int = 10_000) -> int:
    """This function will count the promises that a list of this kind holds, to `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM promises_promise p WHERE p.organization_id = %(organization)s"
            " AND (%(places)s::bigint[] IS NULL OR p.place_id = ANY(%(places)s))"
            f" {WHICH[which].partition('ORDER BY')[0]} LIMIT %(most)s) AS found",
            {"organization": organization_id, "places": None if places is None else list(places), "most": most},
        )
        return int(cursor.fetchone()[0])


@attrs.frozen(kw_only=True)
class PromiseCounts:
    """How many promises are at risk, and how many broke and fell due since a moment."""

    risk: int
    broken: int
    due: int


def promises_counted(*, organization_id: int, places: Places, since_at: datetime, now: datetime) -> PromiseCounts:
    """This function will count promises at risk now, and those that fell due and broke between two moments."""
    values = {
        "organization": organization_id,
        "places": None if places is None else list(places),
        "since": since_at,
        "now": now,
    }
    mine = "organization_id = %(organization)s AND (%(places)s::bigint[] IS NULL OR place_id = ANY(%(places)s))"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM promises_promise WHERE {mine} AND state = 'open' AND expected_at > due_at),"
            f" (SELECT count(*) FROM promises_promise WHERE {mine} AND state = 'broken' AND settled_at >= %(since)s),"
            f" (SELECT count(*) FROM promises_promise WHERE {mine} AND state <> 'open' AND settled_at >= %(since)s)",
            values,
        )
        risk, broken, due = cursor.fetchone()
    return PromiseCounts(risk=risk, broken=broken, due=due)


@attrs.frozen(kw_only=True)
class SourceFacts:
    """One source, how often it is expected, and until when it has been heard."""

    id: int
    code: str
    name: str
    rhythm_minutes: int | None
    heard_until: datetime | None
    live_from: datetime
    mode: str
    watchable: bool
    playbook: str


def sources_all(*, organization_id: int) -> list[SourceFacts]:
    """This function will list the sources by name, but that of test failures."""
    names = [field.name for field in attrs.fields(SourceFacts)]
    rows = Source.objects.filter(organization_id=organization_id).exclude(code=TESTS).order_by("name").values(*names)
    return [SourceFacts(**row) for row in rows[:200]]
