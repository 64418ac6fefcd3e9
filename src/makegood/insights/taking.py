"""How long clocks took: the median and the 90th percentile, read off an index where a window holds much of it all."""

from __future__ import annotations

import math
from collections.abc import Mapping

from makegood.insights.windows import ENOUGH, Window, rows

TARGETS = ("acknowledge", "own", "respond", "remedy", "fix", "make_good")
"""The targets in the order in which they are shown; the clock of the next word starts over, and is not among them."""
MANY = 5_000
MUCH = 8
"""From MANY clocks on, a window with one of MUCH clocks of all time is read off the index, which holds all of them."""

SHADOWS = "SELECT id FROM recoveries_recovery WHERE organization_id = %(org)s AND left(happening_key, 7) = 'shadow:'"
REAL = f" AND recovery_id NOT IN ({SHADOWS})"
"""What a source only watched is left out, where there is any such."""
SORTED = """
SELECT target, percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY minutes) FROM (
    SELECT target, coalesce(date_part('epoch', met_at - started_at) / 60, 'infinity') AS minutes
    FROM {clocks} WHERE target = ANY(%(targets)s)) AS clock
GROUP BY target
"""
OF_WINDOW = """(
    SELECT target, met_at, started_at FROM recoveries_recoveryclock
    WHERE organization_id = %(org)s AND state IN ('met', 'missed')
        AND started_at >= %(since)s AND started_at < %(until)s{real} {whole}
) AS one
"""
WHOLE = "AND id > 0 OFFSET 0"
"""Has a window read by when its clocks started: without it, all clocks there ever were are read off another index."""
RANKED = """
SELECT (
    SELECT met_at - started_at FROM recoveries_recoveryclock
    WHERE organization_id = %(org)s AND target = %(target)s AND state IN ('met', 'missed')
        AND started_at >= %(since)s AND started_at < %(until)s{real}
    ORDER BY met_at - started_at OFFSET %(median)s LIMIT 1
), (
    SELECT met_at - started_at FROM recoveries_recoveryclock
    WHERE organization_id = %(org)s AND target = %(target)s AND state IN ('met', 'missed')
        AND started_at >= %(since)s AND started_at < %(until)s{real}
    ORDER BY met_at - started_at DESC OFFSET %(p90)s LIMIT 1
)
"""
EVER = """
SELECT key ->> 0, sum(count)::bigint FROM insights_tally
WHERE organization_id = %(org)s AND measure = 'clocks' AND key ->> 1 IN ('met', 'missed') GROUP BY key ->> 0
"""


def minutes_taken(
    *, organization_id: int, window: Window, decided: Mapping[str, int]
) -> dict[str, tuple[float | None, float | None]]:
    """This function will find each target's median and 90th percentile, in minutes, of those decided in the window.

    `decided` says how many there are of each. One that was never done takes longer than any: None stands for it, and
    for fewer than ENOUGH. Both are values that occurred (nearest rank), whichever way they are found.
    """
    asked = {"org": organization_id, "since": window.since, "until": window.until}
    real = REAL if rows(f"SELECT EXISTS ({SHADOWS})", asked)[0][0] else ""
    many = [target for target, count in decided.items() if count >= MANY]
    ever = dict(rows(EVER, asked)) if many else {}
    ranked = [target for target in many if decided[target] * MUCH >= ever[target]]
    few = [target for target, count in decided.items() if count >= ENOUGH and target not in ranked]
    taken: dict[str, tuple[float | None, float | None]] = dict.fromkeys(decided, (None, None))
    clocks = OF_WINDOW.format(real=real, whole="" if ranked else WHOLE)
    for target, both in rows(SORTED.format(clocks=clocks), {**asked, "targets": few}) if few else ():
        median, p90 = (None if minutes == math.inf else minutes for minutes in both)
        taken[target] = (median, p90)
    for target in ranked:
        ranks = {
            "median": math.ceil(0.5 * decided[target]) - 1,
            "p90": decided[target] - math.ceil(0.9 * decided[target]),
        }
        found = rows(RANKED.format(real=real), {**asked, **ranks, "target": target})[0]
        median, p90 = (None if length is None else length.total_seconds() / 60 for length in found)
        taken[target] = (median, p90)
    return taken
