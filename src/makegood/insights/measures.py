"""What recovery did and cost, counted: each measure says what it counts, over what window, out of how many.

Plain frozen data out; a measure with too few cases says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db import connection

ENOUGH = 10
"""Fewer cases than this make no share or median (policy, not a finding)."""
SPEND_WINDOW = timedelta(days=84)
"""Spending is compared over 84 days before and after a failure, as the field experiment P1 tracked it."""


@attrs.frozen(kw_only=True)
class Window:
    """A time from `since` up to, not including, `until`; both aware."""

    since: datetime
    until: datetime


@attrs.frozen(kw_only=True)
class ClockKept:
    """One target's clocks that started in the window and are decided. Minutes are elapsed time, start to met."""

    target: str
    decided: int
    kept: int
    running: int
    median_minutes: float | None
    p90_minutes: float | None

    @property
    def share(self) -> float | None:
        """The share kept, or None with fewer than ENOUGH decided."""
        return self.kept / self.decided if self.decided >= ENOUGH else None


@attrs.frozen(kw_only=True)
class Found:
    """Contact failures that happened in the window: found by us before the customer said anything.

    `complained` are those of which the customer told us; the median lead is over these, in hours, negatives included.
    """

    contacts: int
    found_first: int
    complained: int
    median_lead_hours: float | None

    @property
    def share(self) -> float | None:
        """The share found by us first, or None with fewer than ENOUGH contacts."""
        return self.found_first / self.contacts if self.contacts >= ENOUGH else None


@attrs.frozen(kw_only=True)
class Gated:
    """How many failures of the window the gate decided in one way, for one rule."""

    gate: str
    rule: str
    count: int


@attrs.frozen(kw_only=True)
class Given:
    """What was given in the window in one currency, at cost, in minor units: what was owed apart from extras."""

    currency: str
    floor_minor: int
    fix_minor: int
    extra_minor: int
    makegoods: int


@attrs.frozen(kw_only=True)
class Scores:
    """Ratings asked in the window: how many were answered, their mean, and how many at each score from 1 to 7."""

    asked: int
    answered: int
    mean: float | None
    at: tuple[int, ...]


@attrs.frozen(kw_only=True)
class SpendChange:
    """Of customers who gave one score and whose spending is known: how many spent more, the same, less afterwards."""

    score: int
    more: int
    same: int
    less: int


@attrs.frozen(kw_only=True)
class CauseCount:
    """How many failures of the window one cause made, and what they cost at price, in minor units by currency."""

    cause_id: int | None
    name: str
    failures: int


@attrs.frozen(kw_only=True)
class Promises:
    """Promises that were settled in the window."""

    kept: int
    broken: int
    released: int


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def promises_settled(*, organization_id: int, window: Window) -> Promises:
    """Count the promises that were kept, broken and released in the window."""
    rows = _rows(
        "SELECT count(*) FILTER (WHERE state = 'kept'), count(*) FILTER (WHERE state = 'broken'),"
        " count(*) FILTER (WHERE state = 'released') FROM promises_promise"
        " WHERE organization_id = %s AND settled_at >= %s AND settled_at < %s",
        [organization_id, window.since, window.until],
    )
    kept, broken, released = rows[0]
    return Promises(kept=kept, broken=broken, released=released)


def clocks_kept(*, organization_id: int, window: Window) -> list[ClockKept]:
    """Count each target's clocks that started in the window: kept, missed, and how long those met took."""
    rows = _rows(
        "SELECT c.target, count(*) FILTER (WHERE c.state IN ('met', 'missed')), count(*) FILTER (WHERE c.state = 'met'),"
        " count(*) FILTER (WHERE c.state IN ('running', 'paused')),"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM c.met_at - c.started_at) / 60),"
        " percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM c.met_at - c.started_at) / 60)"
        " FROM recoveries_recoveryclock c"
        " WHERE c.organization_id = %s AND c.started_at >= %s AND c.started_at < %s"
        " GROUP BY c.target ORDER BY array_position(ARRAY['acknowledge', 'own', 'respond', 'fix', 'make_good'],"
        " c.target::text)",
        [organization_id, window.since, window.until],
    )
    return [
        ClockKept(target=target, decided=decided, kept=kept, running=running, median_minutes=median, p90_minutes=p90)
        for target, decided, kept, running, median, p90 in rows
    ]


def found_first(*, organization_id: int, window: Window) -> Found:
    """Count the contact failures of the window that we knew of before the customer told us."""
    rows = _rows(
        "SELECT count(*), count(*) FILTER (WHERE found_by_us AND (complained_at IS NULL OR complained_at > detected_at)),"
        " count(complained_at),"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM complained_at - detected_at) / 3600)"
        " FILTER (WHERE complained_at IS NOT NULL)"
        " FROM failures_failure WHERE organization_id = %s AND gate = 'contact' AND withdrawn_at IS NULL"
        " AND happened_at >= %s AND happened_at < %s",
        [organization_id, window.since, window.until],
    )
    contacts, first, complained, lead = rows[0]
    return Found(
        contacts=contacts,
        found_first=first,
        complained=complained,
        median_lead_hours=lead if complained >= ENOUGH else None,
    )


def gates(*, organization_id: int, window: Window) -> list[Gated]:
    """Count the failures of the window by the gate's decision and the rule that made it, the most frequent first."""
    rows = _rows(
        "SELECT gate, gate_reasons -> 0 ->> 'rule', count(*) FROM failures_failure"
        " WHERE organization_id = %s AND withdrawn_at IS NULL AND happened_at >= %s AND happened_at < %s"
        " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        [organization_id, window.since, window.until],
    )
    return [Gated(gate=gate, rule=rule or "", count=count) for gate, rule, count in rows]


def given(*, organization_id: int, window: Window) -> list[Given]:
    """Sum what make-goods delivered in the window cost, by currency: floor, fix and extra apart."""
    rows = _rows(
        "SELECT currency, coalesce(sum(cost_minor) FILTER (WHERE part = 'floor'), 0)::bigint,"
        " coalesce(sum(cost_minor) FILTER (WHERE part = 'fix'), 0)::bigint,"
        " coalesce(sum(cost_minor) FILTER (WHERE part = 'extra'), 0)::bigint, count(*)"
        " FROM makegoods_makegood WHERE organization_id = %s AND state = 'delivered'"
        " AND settled_at >= %s AND settled_at < %s GROUP BY currency ORDER BY currency",
        [organization_id, window.since, window.until],
    )
    return [
        Given(currency=currency, floor_minor=floor, fix_minor=fix, extra_minor=extra, makegoods=count)
        for currency, floor, fix, extra, count in rows
    ]


def scores(*, organization_id: int, window: Window) -> Scores:
    """Count the ratings asked in the window; silence is counted, never scored."""
    rows = _rows(
        "SELECT score, count(*) FROM recoveries_rating"
        " WHERE organization_id = %s AND asked_at >= %s AND asked_at < %s GROUP BY score",
        [organization_id, window.since, window.until],
    )
    counts = dict(rows)
    at = tuple(counts.get(score, 0) for score in range(1, 8))
    answered = sum(at)
    total = sum(score * count for score, count in enumerate(at, start=1))
    return Scores(
        asked=answered + counts.get(None, 0),
        answered=answered,
        mean=total / answered if answered >= ENOUGH else None,
        at=at,
    )


def spend_by_score(*, organization_id: int, window: Window, now: datetime) -> list[SpendChange]:
    """Compare spending before and after, by score, of customers who bought before and whose 84 days after are over.

    More and less mean by more than a tenth of what was spent before. Spending in two currencies is left out.
    """
    rows = _rows(
        "WITH rated AS ("
        "  SELECT r.score, v.customer_id, v.clock_from FROM recoveries_rating r JOIN recoveries_recovery v"
        "  ON v.organization_id = r.organization_id AND v.id = r.recovery_id"
        "  WHERE r.organization_id = %s AND r.score IS NOT NULL AND r.answered_at >= %s AND r.answered_at < %s"
        "  AND v.clock_from <= %s),"
        " spent AS ("
        "  SELECT rated.score, rated.customer_id, rated.clock_from,"
        "   coalesce(sum(p.total_minor) FILTER (WHERE p.placed_at < rated.clock_from), 0) AS before,"
        "   coalesce(sum(p.total_minor) FILTER (WHERE p.placed_at >= rated.clock_from), 0) AS after,"
        "   count(DISTINCT p.currency) AS currencies"
        "  FROM rated JOIN customers_purchase p ON p.organization_id = %s AND p.customer_id = rated.customer_id"
        "  AND p.placed_at >= rated.clock_from - %s AND p.placed_at < rated.clock_from + %s GROUP BY 1, 2, 3)"
        " SELECT score, count(*) FILTER (WHERE after > before * 1.1), count(*) FILTER (WHERE after <= before * 1.1"
        " AND after >= before * 0.9), count(*) FILTER (WHERE after < before * 0.9)"
        " FROM spent WHERE before > 0 AND currencies = 1 GROUP BY score ORDER BY score",
        [
            organization_id,
            window.since,
            window.until,
            now - SPEND_WINDOW,
            organization_id,
            SPEND_WINDOW,
            SPEND_WINDOW,
        ],
    )
    return [SpendChange(score=score, more=more, same=same, less=less) for score, more, same, less in rows]


def causes(*, organization_id: int, window: Window) -> list[CauseCount]:
    """Count the contact and review failures of the window by cause, the most frequent first; None is not known yet."""
    rows = _rows(
        "SELECT f.cause_id, coalesce(c.name, ''), count(*) FROM failures_failure f LEFT JOIN failures_cause c"
        " ON c.organization_id = f.organization_id AND c.id = f.cause_id"
        " WHERE f.organization_id = %s AND f.gate IN ('contact', 'review') AND f.withdrawn_at IS NULL"
        " AND f.happened_at >= %s AND f.happened_at < %s GROUP BY 1, 2 ORDER BY 3 DESC, 1",
        [organization_id, window.since, window.until],
    )
    return [CauseCount(cause_id=cause_id, name=name, failures=count) for cause_id, name, count in rows]
