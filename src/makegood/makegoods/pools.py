"""What is held and given out of budgets, and towards limits over a recovery or a customer: a row each, in the database.

Offered is held, delivered is given, what comes to nothing goes back. A pool's check is the limit, and one statement
locks its row and adds only what still fits, so two clerks never give the same last euro. Pools are locked by kind,
subject and period, always in that order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal

import attrs

from makegood.core.limits import Room
from makegood.core.money import Money
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

WHOLE = date(1970, 1, 1)
"""The period of what has none: a recovery is one whole."""


@attrs.frozen(kw_only=True, slots=True)
class Giving:
    """Something beyond what is owed, as far as limits and budgets ask: `member_id` None is the playbook."""

    failure_id: int
    member_id: int | None
    day_date: date
    cost: Money


@attrs.frozen(kw_only=True, slots=True, order=True)
class Purse:
    """Which pool something comes out of."""

    kind: Literal["budget", "customer", "recovery"]
    subject: str
    period: date
    currency: str


@attrs.frozen(kw_only=True, slots=True)
class Bound:
    """A purse with what may come out of it in all (None: no limit) and, for a budget, its own currency and name."""

    purse: Purse
    limit_minor: int | None
    currency: str = ""
    place_id: int | None = None
    until: date | None = None


BOUNDS = """
WITH RECURSIVE failed AS (
    SELECT f.id, coalesce(c.merged_into_id, c.id) AS person, f.happening_key, f.place_id FROM failures_failure f
    JOIN customers_customer c ON c.organization_id = f.organization_id AND c.id = f.customer_id
    WHERE f.organization_id = %(organization)s AND f.id = ANY(%(failures)s)
), up AS (
    SELECT p.id AS place_id, p.id, p.parent_id FROM organizations_place p
    WHERE p.organization_id = %(organization)s AND p.id IN (SELECT place_id FROM failed)
    UNION
    SELECT up.place_id, p.id, p.parent_id FROM up
    JOIN organizations_place p ON p.organization_id = %(organization)s AND p.id = up.parent_id
), budget AS (
    SELECT b.id, b.place_id, b.active_from, b.active_to, b.amount_minor, b.currency, up.place_id AS here
    FROM makegoods_budget b LEFT JOIN up ON up.id = b.place_id
    WHERE b.organization_id = %(organization)s AND b.active_from <= %(last)s AND b.active_to > %(first)s
        AND (b.place_id IS NULL OR up.id IS NOT NULL)
), smallest AS (
    SELECT m.id, l.over, min(l.amount_minor) AS minor FROM organizations_member m
    JOIN makegoods_limit l ON l.organization_id = m.organization_id AND (l.role = m.role OR l.member_id = m.id)
    WHERE m.organization_id = %(organization)s AND m.id = ANY(%(members)s) GROUP BY 1, 2
)
SELECT json_build_object(
    'failed', (SELECT json_agg(json_build_array(id, person, happening_key, place_id)) FROM failed),
    'budgets', (SELECT json_agg(
        json_build_array(id, place_id, active_from, active_to, amount_minor, currency, here)
        ORDER BY place_id NULLS LAST, id) FROM budget),
    'limits', (SELECT json_agg(json_build_array(id, over, minor)) FROM smallest))::text
"""


def bounds_of(*, organization_id: int, givings: Sequence[Giving]) -> list[tuple[Bound, ...]]:
    """This function will find, for each of these, out of which purses it comes and what each of them allows."""
    if not givings:
        return []
    days = [one.day_date for one in givings]
    with prepared() as cursor:
        cursor.execute(
            BOUNDS,
            {
                "organization": organization_id,
                "failures": sorted({one.failure_id for one in givings}),
                "members": sorted({one.member_id for one in givings if one.member_id is not None}),
                "first": min(days),
                "last": max(days),
            },
        )
        known = json.loads(cursor.fetchone()[0])
    failed = {failure_id: facts for failure_id, *facts in known["failed"] or ()}
    limits = {(member_id, over): minor for member_id, over, minor in known["limits"] or ()}
    budgets = [
        (budget_id, at, date.fromisoformat(begins), date.fromisoformat(ends), amount, currency, here)
        for budget_id, at, begins, ends, amount, currency, here in known["budgets"] or ()
    ]
    found: list[tuple[Bound, ...]] = []
    for one in givings:
        if one.failure_id not in failed:
            found.append(())
            continue
        person, happening, place_id = failed[one.failure_id]
        mine: list[Bound] = [
            Bound(
                purse=Purse(kind="budget", subject=str(budget_id), period=begins, currency=currency),
                limit_minor=amount,
                currency=currency,
                place_id=at,
                until=ends,
            )
            for budget_id, at, begins, ends, amount, currency, here in budgets
            if begins <= one.day_date < ends and (at is None or here == place_id)
        ]
        currency = one.cost.currency
        for kind, subject, period in (
            ("customer", str(person), one.day_date.replace(month=1, day=1)),
            ("recovery", f"{person}:{happening}", WHOLE),
        ):
            limit = None if one.member_id is None else limits.get((one.member_id, kind))
            purse = Purse(kind=kind, subject=subject, period=period, currency=currency)  # type: ignore[arg-type]
            mine.append(Bound(purse=purse, limit_minor=limit))
        found.append(tuple(mine))
    return found


USED = """
SELECT p.kind, p.subject, p.period, p.currency, p.held_minor + p.given_minor FROM makegoods_pool p JOIN {rows}
ON p.kind = w.kind AND p.subject = w.subject AND p.period = w.period AND p.currency = w.currency
WHERE p.organization_id = %s
"""
COLUMNS = {"kind": "text", "subject": "text", "period": "date", "currency": "text"}


def pools_used(*, organization_id: int, purses: Collection[Purse]) -> dict[Purse, int]:
    """This function will say how much is held and given out of these purses; one that is not there holds nothing."""
    if not purses:
        return {}
    rows, parameter = record_set("w", COLUMNS, [_columns(one) for one in sorted(purses)])
    with prepared() as cursor:
        cursor.execute(USED.format(rows=rows), [parameter, organization_id])
        return {
            Purse(kind=kind, subject=subject, period=period, currency=currency): used
            for kind, subject, period, currency, used in cursor.fetchall()
        }


def _columns(purse: Purse) -> tuple[str, str, date, str]:
    return purse.kind, purse.subject, purse.period, purse.currency


def rooms_of(*, bounds: Sequence[Bound], used: Mapping[Purse, int], names: Mapping[int, str]) -> tuple[Room, ...]:
    """This function will say what each purse that has a limit leaves; `names` are those of places."""
    rooms = []
    for one in bounds:
        if one.limit_minor is None:
            continue
        limit = Money(minor=one.limit_minor, currency=one.purse.currency)
        left = Money(minor=max(0, one.limit_minor - used.get(one.purse, 0)), currency=one.purse.currency)
        rooms.append(Room(kind=one.purse.kind, limit=limit, left=left, name=_named(one, names)))
    return tuple(rooms)


def _named(bound: Bound, names: Mapping[int, str]) -> str:
    if bound.purse.kind != "budget" or bound.until is None:
        return ""
    whose = names.get(bound.place_id, "") if bound.place_id else ""
    return f"{f'of {whose}' if whose else 'of all places'} until {date.fromordinal(bound.until.toordinal() - 1):%-d %B}"


TAKE = """
INSERT INTO makegoods_pool AS p (organization_id, kind, subject, period, currency, limit_minor, held_minor, given_minor)
SELECT %s, w.kind, w.subject, w.period, w.currency, w.limit_minor, w.minor, 0 FROM {rows}
WHERE w.limit_minor IS NULL OR w.minor <= w.limit_minor
ORDER BY w.kind, w.subject, w.period, w.currency
ON CONFLICT (organization_id, kind, subject, period, currency) DO UPDATE
SET limit_minor = excluded.limit_minor, held_minor = p.held_minor + excluded.held_minor
WHERE excluded.limit_minor IS NULL OR p.held_minor + p.given_minor + excluded.held_minor <= excluded.limit_minor
RETURNING p.kind, p.subject, p.period, p.currency, p.id
"""


def pools_take(*, organization_id: int, wanted: Mapping[Purse, tuple[int | None, int]]) -> dict[Purse, int]:
    """This function will hold amounts out of purses, as (limit or None, minor units); return the pools that had room.

    Whoever asks for one that is not among them undoes all of it.
    """
    if not wanted:
        return {}
    rows, parameter = record_set(
        "w",
        {**COLUMNS, "limit_minor": "bigint", "minor": "bigint"},
        [(*_columns(one), *wanted[one]) for one in sorted(wanted)],
    )
    with prepared() as cursor:
        cursor.execute(TAKE.format(rows=rows), [organization_id, parameter])
        return {
            Purse(kind=kind, subject=subject, period=period, currency=currency): pool_id
            for kind, subject, period, currency, pool_id in cursor.fetchall()
        }


HELD = """
SELECT p.id FROM makegoods_pool p WHERE p.organization_id = %(organization)s AND p.id IN (
    SELECT h.pool_id FROM makegoods_hold h
    WHERE h.organization_id = %(organization)s AND h.makegood_id = ANY(%(makegoods)s))
ORDER BY p.kind, p.subject, p.period, p.currency FOR NO KEY UPDATE
"""
SETTLE = """
UPDATE makegoods_pool p SET held_minor = p.held_minor - s.minor,
    given_minor = p.given_minor + CASE WHEN %(given)s THEN s.minor ELSE 0 END
FROM (SELECT h.pool_id, sum(g.cost_minor)::bigint AS minor FROM makegoods_hold h
    JOIN makegoods_makegood g ON g.organization_id = h.organization_id AND g.id = h.makegood_id
    WHERE h.organization_id = %(organization)s AND h.makegood_id = ANY(%(makegoods)s) GROUP BY 1) s
WHERE p.organization_id = %(organization)s AND p.id = s.pool_id
"""
AGAIN = """
UPDATE makegoods_pool p SET held_minor = p.held_minor + %(minor)s WHERE p.organization_id = %(organization)s
AND p.id IN (SELECT h.pool_id FROM makegoods_hold h
    WHERE h.organization_id = %(organization)s AND h.makegood_id = %(makegood)s)
RETURNING p.id
"""


def pools_settle(*, organization_id: int, makegood_ids: Sequence[int], given: bool) -> None:
    """This function will end what these make-goods hold: it is `given` now, or it goes back to where it came from."""
    if not makegood_ids:
        return
    values = {"organization": organization_id, "makegoods": sorted(makegood_ids), "given": given}
    with prepared() as cursor:
        cursor.execute(HELD, values)
        if cursor.fetchall():
            cursor.execute(SETTLE, values)


def pools_retake(*, organization_id: int, makegood_id: int, minor: int) -> tuple[int, ...]:
    """This function will hold a smaller amount out of the pools to which a make-good's was just given back."""
    if not minor:
        return ()
    with prepared() as cursor:
        cursor.execute(AGAIN, {"organization": organization_id, "makegood": makegood_id, "minor": minor})
        return tuple(sorted(row[0] for row in cursor.fetchall()))
