"""Reads of make-goods: plain frozen data for recoveries and faces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum

from makegood.core.money import Money
from makegood.journal.models import Effect
from makegood.makegoods.allowances import allowance_left
from makegood.makegoods.giving import Gift, Gifts, what_may_i_give
from makegood.makegoods.models import LedgerEntry, MakeGood
from makegood.store.preparing import prepared

__all__ = [
    "Gift",
    "Gifts",
    "MakeGoodRow",
    "Totals",
    "allowance_left",
    "given_by_cause",
    "makegood_stands",
    "makegoods_counted",
    "makegoods_of_failures",
    "makegoods_page",
    "offers_open",
    "payouts_by_hand",
    "payouts_by_hand_counted",
    "totals",
    "what_may_i_give",
]


@attrs.frozen(kw_only=True)
class MakeGoodRow:
    """One make-good as faces show it; `payout` is the state of its payment ("" for none), `trouble` what went wrong.

    `owed` is false where evidence withdrew its failure.
    """

    id: int
    failure_id: int
    customer_id: int
    part: str
    remedy: str
    title: str
    form: str
    value: Money
    cost: Money
    rule: str
    reasons: tuple[dict[str, Any], ...]
    offered_by_id: int | None
    swapped_for_id: int | None
    state: str
    offered_at: datetime
    due_at: datetime | None
    next_at: datetime | None
    reminded_at: datetime | None
    settled_at: datetime | None
    payout: str
    trouble: str
    owed: bool


def _rows(found: QuerySet[MakeGood]) -> list[MakeGoodRow]:
    effects = Effect.objects.filter(
        organization_id=OuterRef("organization_id"), subject="makegood", subject_id=OuterRef("id"), kind="payout"
    ).order_by("-id")
    rows = found.annotate(payout=Subquery(effects.values("state")[:1]), said=Subquery(effects.values("outcome")[:1]))
    return [
        MakeGoodRow(
            id=row.id,
            failure_id=row.failure_id,
            customer_id=row.customer_id,
            part=row.part,
            remedy=row.remedy,
            title=row.title,
            form=row.form,
            value=Money(minor=row.value_minor, currency=row.currency),
            cost=Money(minor=row.cost_minor, currency=row.currency),
            rule=row.rule,
            reasons=tuple(row.reasons),
            offered_by_id=row.offered_by_id,
            swapped_for_id=row.swapped_for_id,
            state=row.state,
            offered_at=row.offered_at,
            due_at=row.due_at,
            next_at=row.next_at,
            reminded_at=row.reminded_at,
            settled_at=row.settled_at,
            payout=row.payout or "",
            trouble=row.said or "" if row.payout in ("failed", "unknown") else "",
            owed=row.failure.withdrawn_at is None,
        )
        for row in rows.select_related("failure")
    ]


def makegoods_of_failures(*, organization_id: int, failure_ids: Sequence[int]) -> list[MakeGoodRow]:
    """This function will list the make-goods of these failures (a recovery's), the oldest first."""
    return _rows(
        MakeGood.objects.filter(organization_id=organization_id, failure_id__in=list(failure_ids)).order_by("id")
    )


def offers_open(*, organization_id: int, limit: int = 100) -> list[MakeGoodRow]:
    """This function will list the offers that wait for an answer, those that end soonest first."""
    return _rows(
        MakeGood.objects.filter(organization_id=organization_id, state="offered").order_by("next_at", "id")[:limit]
    )


TO_PAY = """
SELECT g.id FROM makegoods_makegood g WHERE g.organization_id = %s AND g.state = 'accepted' AND g.form = 'money'
    AND (%s::bigint IS NULL OR g.id = %s)
    AND EXISTS (SELECT FROM journal_effect e WHERE e.organization_id = g.organization_id AND e.subject = 'makegood'
        AND e.subject_id = g.id AND e.kind = 'payout' AND e.state IN ('failed', 'unknown'))
ORDER BY g.offered_at, g.id LIMIT %s
"""


def payouts_by_hand(*, organization_id: int, makegood_id: int | None = None, limit: int = 100) -> list[MakeGoodRow]:
    """This function will list the money that finance has to pay by hand, the oldest first, or one such make-good.

    It is accepted, and no payment system could pay it: none is connected, it refused, or its answer is unknown
    (`payout`), in which case ask it first. What a proposed incident holds is not among it.
    """
    found = _to_pay(organization_id, makegood_id=makegood_id, limit=limit)
    return _rows(MakeGood.objects.filter(organization_id=organization_id, id__in=found).order_by("offered_at", "id"))


def payouts_by_hand_counted(*, organization_id: int, most: int = 1000) -> int:
    """This function will count the money that finance has to pay by hand, up to `most`."""
    return len(_to_pay(organization_id, limit=most))


def _to_pay(organization_id: int, *, makegood_id: int | None = None, limit: int) -> list[int]:
    with prepared() as cursor:
        cursor.execute(TO_PAY, [organization_id, makegood_id, makegood_id, limit])
        return [one for (one,) in cursor.fetchall()]


def makegoods_page(
    *, organization_id: int, before_id: int | None = None, state: str = "", part: str = "", limit: int = 50
) -> list[MakeGoodRow]:
    """This function will list a page of make-goods, the newest first; `before_id` is the last id of the page before."""
    found = MakeGood.objects.filter(organization_id=organization_id)
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    if state:
        found = found.filter(state=state)
    if part:
        found = found.filter(part=part)
    return _rows(found.order_by("-id")[:limit])


def makegoods_counted(*, organization_id: int, failure_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """This function will count each failure's make-goods by state: for closing, and for thousands at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT failure_id, state, count(*) FROM makegoods_makegood"
            " WHERE organization_id = %s AND failure_id = ANY(%s) GROUP BY 1, 2",
            [organization_id, list(failure_ids)],
        )
        counted: dict[int, dict[str, int]] = {}
        for failure_id, state, count in cursor.fetchall():
            counted.setdefault(failure_id, {})[state] = count
    return counted


def makegood_stands(*, organization_id: int, failure_id: int, remedy: str) -> bool:
    """This function will say whether an extra of the playbook stands offered or accepted for a failure."""
    waiting = {"part": "extra", "remedy": remedy[:60], "state__in": ("offered", "accepted")}
    return MakeGood.objects.filter(organization_id=organization_id, failure_id=failure_id, **waiting).exists()


def given_by_cause(*, organization_id: int, since_at: datetime) -> dict[int, list[Money]]:
    """This function will sum what was delivered for the failures since a moment, at cost, by the cause of each.

    Each cause has one sum for each currency. Failures that evidence withdrew are left out, as the tree leaves them out.
    """
    found = (
        MakeGood.objects.filter(
            organization_id=organization_id,
            state="delivered",
            failure__cause_id__isnull=False,
            failure__withdrawn_at=None,
            failure__happened_at__gte=since_at,
        )
        .values_list("failure__cause_id", "currency")
        .annotate(minor=Sum("cost_minor"))
        .order_by("currency")
    )
    sums: dict[int, list[Money]] = {}
    for cause_id, currency, minor in found:
        sums.setdefault(cause_id, []).append(Money(minor=minor, currency=currency))
    return sums


@attrs.frozen(kw_only=True)
class Totals:
    """What make-goods cost in a period, in one currency, by the ledger: `floor` apart from `fix` and `extra`.

    Each is what was newly owed or offered; `released` is what came to nothing, `settled` what was delivered.
    """

    floor: Money
    fix: Money
    extra: Money
    released: Money
    settled: Money


def totals(*, organization_id: int, from_at: datetime, to_at: datetime) -> dict[str, Totals]:
    """This function will add up the ledger of a period (`to_at` exclusive), by currency."""
    moved = (
        LedgerEntry.objects.filter(organization_id=organization_id, at__gte=from_at, at__lt=to_at)
        .values_list("currency", "debit", "credit")
        .annotate(minor=Sum("amount_minor"))
        .order_by()
    )
    sums: dict[str, dict[str, int]] = {}
    for currency, debit, credit, minor in moved:
        account = debit if debit != "owed" else ("released" if credit == "released" else "settled")
        mine = sums.setdefault(currency, {})
        mine[account] = mine.get(account, 0) + minor
    return {
        currency: Totals(
            **{
                name: Money(minor=mine.get(name, 0), currency=currency)
                for name in ("floor", "fix", "extra", "released", "settled")
            }
        )
        for currency, mine in sums.items()
    }
