"""Reads of failures: incidents and what they hold, signals to look at, why a failure was judged so, and causes.

`places` narrows to the places that a member serves; None is all.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import attrs
from django.db import connection

from makegood.failures.models import Failure
from makegood.store.preparing import prepared
from makegood.store.reading import read

INCIDENTS = """
SELECT i.id, i.number, i.state, i.reason, i.title, i.active_from, i.active_to, i.proposed_at, i.decided_at,
    coalesce(o.name, ''), i.owner_id, coalesce(p.name, ''), coalesce(s.name, ''), i.cause_id, i.explanation,
    (SELECT count(*) FROM failures_failure f WHERE f.organization_id = i.organization_id AND f.incident_id = i.id),
    (SELECT count(*) FROM failures_failure f WHERE f.organization_id = i.organization_id AND f.incident_id = i.id
        AND f.withdrawn_at IS NOT NULL)
FROM failures_incident i
LEFT JOIN organizations_member o ON o.organization_id = i.organization_id AND o.id = i.owner_id
LEFT JOIN organizations_place p ON p.organization_id = i.organization_id AND p.id = i.place_id
LEFT JOIN promises_source s ON s.organization_id = i.organization_id AND s.id = i.source_id
WHERE i.organization_id = %(organization)s
    AND (%(places)s::bigint[] IS NULL OR i.place_id IS NULL OR i.place_id = ANY(%(places)s))
"""


@attrs.frozen(kw_only=True)
class IncidentFacts:
    """One incident and how many failures it holds; `withdrawn` of them late evidence has undone."""

    id: int
    number: int
    state: str
    reason: str
    title: str
    active_from: datetime
    active_to: datetime | None
    proposed_at: datetime
    decided_at: datetime | None
    owner: str
    owner_id: int | None
    place: str
    source: str
    cause_id: int | None
    explanation: list[dict[str, Any]]
    failures: int
    withdrawn: int


Places = tuple[int, ...] | None


def _incidents(where: str, **values: Any) -> list[IncidentFacts]:
    names = [field.name for field in attrs.fields(IncidentFacts)]
    values["places"] = None if values["places"] is None else list(values["places"])
    with connection.cursor() as cursor:
        cursor.execute(INCIDENTS + where, values)
        return [IncidentFacts(**dict(zip(names, row, strict=True))) for row in _rows(cursor, "explanation", names)]


def _rows(cursor: Any, json_column: str, names: list[str]) -> list[list[Any]]:
    """Read rows whose one JSON column may come back as text."""
    index = names.index(json_column)
    rows = [list(row) for row in cursor.fetchall()]
    for row in rows:
        if isinstance(row[index], str):
            row[index] = json.loads(row[index])
    return rows


def incidents_proposed(*, organization_id: int, places: Places) -> int:
    """This function will count the incidents that wait for a person's decision."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT count(*) FROM failures_incident WHERE organization_id = %s AND state = 'proposed'"
            " AND (%s::bigint[] IS NULL OR place_id IS NULL OR place_id = ANY(%s))",
            [organization_id, places and list(places), places and list(places)],
        )
        return int(cursor.fetchone()[0])


def incidents_counted(*, organization_id: int, places: Places, state: str = "") -> int:
    """This function will count the incidents of a state, or all, that a member of these places sees."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM failures_incident WHERE organization_id = %s AND (%s = '' OR state = %s)"
            " AND (%s::bigint[] IS NULL OR place_id IS NULL OR place_id = ANY(%s))",
            [organization_id, state, state, places and list(places), places and list(places)],
        )
        return int(cursor.fetchone()[0])


def incidents_list(
    *, organization_id: int, places: Places, states: tuple[str, ...] = (), offset: int = 0, most: int = 50
) -> list[IncidentFacts]:
    """This function will list incidents, those to decide first, then the newest."""
    return _incidents(
        " AND (%(states)s::text[] = '{}' OR i.state = ANY(%(states)s))"
        " ORDER BY (i.state = 'proposed') DESC, i.proposed_at DESC, i.id DESC OFFSET %(offset)s LIMIT %(most)s",
        organization=organization_id,
        places=places,
        states=list(states),
        offset=offset,
        most=most,
    )


def incident_one(*, organization_id: int, number: int, places: Places) -> IncidentFacts | None:
    """This function will read one incident by its number."""
    found = _incidents(" AND i.number = %(number)s", organization=organization_id, places=places, number=number)
    return found[0] if found else None


@attrs.frozen(kw_only=True)
class HeldFailure:
    """One failure of an incident that no recovery has taken yet."""

    id: int
    customer_id: int
    customer: str
    what: str
    happened_at: datetime
    gate: str
    withdrawn: bool


def incident_failures(*, organization_id: int, incident_id: int, offset: int = 0, most: int = 50) -> list[HeldFailure]:
    """This function will list an incident's failures, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, f.customer_id, c.name, coalesce(nullif(f.what, ''), p.what, ''), f.happened_at, f.gate,"
            " f.withdrawn_at IS NOT NULL FROM failures_failure f"
            " JOIN customers_customer c ON c.organization_id = f.organization_id AND c.id = f.customer_id"
            " LEFT JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id"
            " WHERE f.organization_id = %s AND f.incident_id = %s ORDER BY f.happened_at, f.id OFFSET %s LIMIT %s",
            [organization_id, incident_id, offset, most],
        )
        names = [field.name for field in attrs.fields(HeldFailure)]
        return [HeldFailure(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


@attrs.frozen(kw_only=True)
class SignalFacts:
    """Evidence that no rule could decide alone."""

    id: int
    kind: str
    customer_id: int
    customer: str
    source: str
    value: int | None
    happened_at: datetime
    place_id: int | None


def signals_open(*, organization_id: int, places: Places, most: int = 10) -> list[SignalFacts]:
    """This function will list the newest signals that a person has to look at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.id, g.kind, g.customer_id, c.name, coalesce(s.name, ''), g.value, g.happened_at, g.place_id"
            " FROM failures_signal g"
            " JOIN customers_customer c ON c.organization_id = g.organization_id AND c.id = g.customer_id"
            " LEFT JOIN promises_source s ON s.organization_id = g.organization_id AND s.id = g.source_id"
            " WHERE g.organization_id = %s AND g.state = 'open'"
            " AND (%s::bigint[] IS NULL OR g.place_id = ANY(%s))"
            " ORDER BY g.happened_at DESC LIMIT %s",
            [organization_id, places and list(places), places and list(places), most],
        )
        names = [field.name for field in attrs.fields(SignalFacts)]
        return [SignalFacts(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def signal_one(*, organization_id: int, signal_id: int, places: Places) -> SignalFacts | None:
    """This function will read one open signal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.id, g.kind, g.customer_id, c.name, coalesce(s.name, ''), g.value, g.happened_at, g.place_id"
            " FROM failures_signal g"
            " JOIN customers_customer c ON c.organization_id = g.organization_id AND c.id = g.customer_id"
            " LEFT JOIN promises_source s ON s.organization_id = g.organization_id AND s.id = g.source_id"
            " WHERE g.organization_id = %s AND g.id = %s AND g.state = 'open'"
            " AND (%s::bigint[] IS NULL OR g.place_id = ANY(%s))",
            [organization_id, signal_id, places and list(places), places and list(places)],
        )
        row = cursor.fetchone()
    names = [field.name for field in attrs.fields(SignalFacts)]
    return SignalFacts(**dict(zip(names, row, strict=True))) if row else None


@attrs.frozen(kw_only=True)
class FailureFacts:
    """One failure, with the gate's decision and its reasons."""

    id: int
    kind: str
    loss: str
    fault: str
    severity: int
    customer_id: int
    promise_id: int | None
    what: str
    gate: str
    gate_at: datetime
    gate_reasons: list[dict[str, Any]]
    found_by_us: bool
    happened_at: datetime
    detected_at: datetime
    complained_at: datetime | None
    withdrawn_at: datetime | None
    price_minor: int | None
    currency: str
    cause_id: int | None
    incident: int | None


FAILURES = """
SELECT f.id, f.kind, f.loss, f.fault, f.severity, f.customer_id, f.promise_id,
    coalesce(nullif(f.what, ''), p.what, ''), f.gate, f.gate_at, f.gate_reasons, f.found_by_us, f.happened_at,
    f.detected_at, f.complained_at, f.withdrawn_at, f.price_minor, f.currency, f.cause_id, i.number
FROM failures_failure f
LEFT JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id
LEFT JOIN failures_incident i ON i.organization_id = f.organization_id AND i.id = f.incident_id
WHERE f.organization_id = %s
"""


def _failures(where: str, values: list[Any]) -> list[FailureFacts]:
    names = [field.name for field in attrs.fields(FailureFacts)]
    with connection.cursor() as cursor:
        cursor.execute(FAILURES + where, values)
        return [FailureFacts(**dict(zip(names, row, strict=True))) for row in _rows(cursor, "gate_reasons", names)]


def told_by_customer(
    *, promise_id: int | None, found_by_us: bool, reported_by_id: int | None, source_id: int | None
) -> bool:
    """This function will say whether a customer told us of a failure: it was no promise, and no colleague saw it."""
    return promise_id is None and not found_by_us and (reported_by_id is None or source_id is not None)


def failures_some(*, organization_id: int, failure_ids: list[int]) -> list[FailureFacts]:
    """This function will read these failures, the oldest first."""
    return _failures(" AND f.id = ANY(%s) ORDER BY f.happened_at, f.id", [organization_id, failure_ids])


def failures_of_customer(
    *, organization_id: int, customer_id: int, places: Places, most: int = 20
) -> list[FailureFacts]:
    """This function will list a customer's failures at these places, the newest first."""
    served = None if places is None else list(places)
    return _failures(
        " AND f.customer_id = %s AND (%s::bigint[] IS NULL OR f.place_id = ANY(%s))"
        " ORDER BY f.happened_at DESC, f.id DESC LIMIT %s",
        [organization_id, customer_id, served, served, most],
    )


def failure_of_promise(*, organization_id: int, promise_id: int) -> FailureFacts | None:
    """This function will read what became of a broken promise: the failure that stands, else the last one withdrawn."""
    for which in ("f.withdrawn_at IS NULL", "f.withdrawn_at IS NOT NULL"):
        newest = f" AND f.promise_id = %s AND {which} ORDER BY f.id DESC LIMIT 1"
        if found := _failures(newest, [organization_id, promise_id]):
            return found[0]
    return None


@attrs.frozen(kw_only=True)
class CauseFacts:
    """One cause in the tree; `depth` is 0 at the root, `failures` counts its own in the window."""

    id: int
    name: str
    path: str
    parent_id: int | None
    depth: int
    failures: int


CAUSES = """
WITH RECURSIVE tree AS (
    SELECT id, name, parent_id, 0 AS depth, ARRAY[name::text] AS path FROM failures_cause
    WHERE organization_id = %(organization)s AND parent_id IS NULL AND retired_at IS NULL
    UNION ALL
    SELECT c.id, c.name, c.parent_id, t.depth + 1, t.path || c.name
    FROM failures_cause c JOIN tree t ON c.parent_id = t.id
    WHERE c.organization_id = %(organization)s AND c.retired_at IS NULL AND t.depth < 10),
counted AS (
    SELECT cause_id, count(*) AS failures FROM failures_failure
    WHERE organization_id = %(organization)s AND cause_id IS NOT NULL AND withdrawn_at IS NULL
        AND NOT starts_with(happening_key, 'test:')
        AND happened_at >= %(since)s GROUP BY cause_id)
SELECT t.id, t.name, array_to_string(t.path, ' / '), t.parent_id, t.depth, coalesce(n.failures, 0)
FROM tree t LEFT JOIN counted n ON n.cause_id = t.id ORDER BY t.path
"""


def causes_tree(*, organization_id: int, since_at: datetime) -> list[CauseFacts]:
    """This function will list the tree of causes from its roots, with the failures of each since a moment."""
    names = [field.name for field in attrs.fields(CauseFacts)]
    with connection.cursor() as cursor:
        cursor.execute(CAUSES, {"organization": organization_id, "since": since_at})
        return [CauseFacts(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def failures_shadowed(*, organization_id: int, failure_ids: Collection[int]) -> set[int]:
    """This function will find which of these failures are a shadow's: nothing leaves or is given for them."""
    rows = read(Failure, "id", organization_id=organization_id, id=list(failure_ids), shadow=True)
    return {failure_id for (failure_id,) in rows}
