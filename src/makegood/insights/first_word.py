"""How long customers were without a word from us, from when we knew of it; which clocks are over, and who is held now.

A clock to acknowledge starts when a recovery opens. What an incident held before its yes, a customer waited as well: it
is counted here, and not there. Of shadows, which say nothing to anybody, nothing is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

import attrs

from makegood.insights.windows import ENOUGH, Window, rows

LATEST = 1_000
"""Only the organization's latest so many recoveries are read, so that the page stays quick."""

WAITED = """
SELECT count(*), count(met_at), percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY minutes) FROM (
    SELECT clock.met_at, coalesce(date_part('epoch', clock.met_at - known.at) / 60, 'infinity') AS minutes
    FROM (
        SELECT id FROM recoveries_recovery
        WHERE organization_id = %(org)s AND left(happening_key, 7) <> 'shadow:'
            AND number > (SELECT max(number) FROM recoveries_recovery WHERE organization_id = %(org)s) - %(latest)s
        OFFSET 0
    ) AS r
    JOIN recoveries_recoveryclock clock ON clock.organization_id = %(org)s AND clock.recovery_id = r.id
        AND clock.target = 'acknowledge' AND clock.state IN ('met', 'missed')
        AND (clock.started_at >= %(since)s AND clock.started_at < %(until)s) IS TRUE
    CROSS JOIN LATERAL (
        SELECT min(f.detected_at) AS at FROM recoveries_recoveryfailure rf
        JOIN failures_failure f ON f.organization_id = rf.organization_id AND f.id = rf.failure_id
        WHERE rf.organization_id = %(org)s AND rf.recovery_id = r.id
    ) AS known
) AS waited
"""
"""IS TRUE has it read the clock of each of these recoveries, instead of every clock that started in the window."""

OVER = """
SELECT c.target, count(*), count(*) FILTER (WHERE c.nth = 1) FROM (
    SELECT c.target, row_number() OVER (PARTITION BY c.recovery_id ORDER BY c.id) AS nth
    FROM recoveries_recovery r
    JOIN recoveries_recoveryclock c ON c.organization_id = r.organization_id AND c.recovery_id = r.id
    WHERE r.organization_id = %s AND left(r.happening_key, 7) <> 'shadow:' AND r.state = 'open'
        AND c.state = 'missed' AND c.met_at IS NULL
) AS c GROUP BY c.target
"""

HELD = """
SELECT count(*), min(f.detected_at) FROM failures_incident i
JOIN failures_failure f ON f.organization_id = i.organization_id AND f.incident_id = i.id
WHERE i.organization_id = %s AND i.state = 'proposed'
    AND f.gate = 'contact' AND f.withdrawn_at IS NULL AND NOT f.shadow
"""


@attrs.frozen(kw_only=True)
class FirstWord:
    """How long recoveries whose first clock was decided waited for our first word, in minutes, from when we knew.

    `decided` were told, or their clock ran out; `told` were told at all. The median and the 90th percentile are values
    that occurred; who was never told waited longest, so None is also what is said where half (or a tenth) never were.
    """

    decided: int
    told: int
    median_minutes: float | None
    p90_minutes: float | None


@attrs.frozen(kw_only=True)
class OverNow:
    """Open recoveries with a clock that ran out and is not met at this moment, and how many clocks by target."""

    recoveries: int
    clocks: Mapping[str, int]


@attrs.frozen(kw_only=True)
class HeldNow:
    """Failures to be told of that incidents hold until somebody says what they are, and since when we know of one."""

    failures: int
    since_at: datetime | None


def first_words(*, organization_id: int, window: Window) -> FirstWord:
    """This function will measure the wait for our first word, by when a recovery's clock for it started."""
    asked = {"org": organization_id, "since": window.since, "until": window.until, "latest": LATEST}
    decided, told, both = rows(WAITED, asked)[0]
    median, p90 = (None if one == math.inf else one for one in both) if decided >= ENOUGH else (None, None)
    return FirstWord(decided=decided, told=told, median_minutes=median, p90_minutes=p90)


def over_now(*, organization_id: int) -> OverNow:
    """This function will count the open recoveries with a clock that ran out and is not met, and those clocks."""
    found = rows(OVER, [organization_id])
    return OverNow(recoveries=sum(first for _, _, first in found), clocks={target: count for target, count, _ in found})


def held_now(*, organization_id: int) -> HeldNow:
    """This function will count what proposed incidents hold at this moment; none of it is in any figure of clocks."""
    ((failures, since_at),) = rows(HELD, [organization_id])
    return HeldNow(failures=failures, since_at=since_at)
