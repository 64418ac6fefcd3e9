"""Capacity: how many recoveries a day a failure rate means, and how many people keep their clock.

The queue is simulated with a fixed seed. Its assumptions are named constants here and are stated in the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from heapq import heapreplace
from itertools import accumulate
from random import Random
from typing import Final

import attrs

from makegood.core.reasons import Reason, because

ALLOWED_MISS: Final = 0.01
HANDLING_SPREAD: Final = 0.5
"""Standard deviation of the handling time as a share of its mean: an assumption, not a finding."""
SIMULATED: Final = 1_000_000
MONTH_DAYS: Final = 20
"""Working days after which the simulation starts again with nothing left over. Without an end, a load of 99 % lets
backlogs grow for months, as no manager would, and the chance of missing would be the luck of the seed."""
LARGEST_TEAM_DAY: Final = 20_000
LARGEST_TEAM: Final = 2_000
SEED: Final = 548


class UnableToPlan(ValueError):
    """The figures cannot be planned with: one is out of range, or a handling is longer than its target."""


@attrs.frozen(kw_only=True)
class Capacity:
    """Recoveries a day and hours of work they take (exact), people needed each working day, and the chance of missing.

    `p_miss` is for `people`; `people` is the fewest with at most 1 %.
    """

    per_day: Decimal
    staff_hours_per_day: Decimal
    people: int
    p_miss: float
    reasons: tuple[Reason, ...]

    @property
    def shown_per_day(self) -> int | float:
        """Recoveries a day as people read it: whole from ten up, else three figures."""
        if self.per_day >= 10:
            return int(self.per_day.to_integral_value(rounding=ROUND_HALF_UP))
        return float(f"{self.per_day:.3g}")

    @property
    def shown_staff_hours(self) -> float:
        """Hours of work a day as people read it: one place from ten up, else three figures."""
        if self.staff_hours_per_day >= 10:
            return float(round(self.staff_hours_per_day, 1))
        return float(f"{self.staff_hours_per_day:.3g}")


def _check(
    *,
    opportunities: Decimal,
    failure_rate: Decimal,
    days: Decimal,
    handle_minutes: Decimal,
    target_hours: Decimal,
    productive_hours: Decimal,
) -> None:
    for name, value in (
        ("opportunities", opportunities),
        ("failure rate", failure_rate),
        ("days", days),
        ("handle minutes", handle_minutes),
        ("target hours", target_hours),
        ("productive hours", productive_hours),
    ):
        if not value.is_finite():
            raise UnableToPlan(f"Give a number for {name}")
    if not 0 <= opportunities <= Decimal(10) ** 13:
        raise UnableToPlan("Give opportunities between 0 and 10,000,000,000,000")
    if not 0 <= failure_rate <= 1:
        raise UnableToPlan("Give a failure rate between 0 and 1 (0.01 or 1%)")
    if not 1 <= days <= 36_525:
        raise UnableToPlan("Give between 1 and 36,525 days")
    if not 0 < productive_hours <= 24:
        raise UnableToPlan("Give productive hours above 0 and up to 24")
    if not 0 < handle_minutes <= 100_000:
        raise UnableToPlan("Give handle minutes above 0 and up to 100,000")
    if not 0 < target_hours <= 100_000:
        raise UnableToPlan("Give target hours above 0 and up to 100,000")


def working_target(*, target_hours: Decimal, productive_hours: Decimal) -> Decimal:
    """This function will turn a target into productive hours: 24 hours are one working day, less is at most a day."""
    whole, rest = divmod(target_hours, 24)
    return whole * productive_hours + min(rest, productive_hours)


def _simulator(
    *, per_hour: float, handle_hours: float, allowed_wait: float, month_hours: float, seed: int
) -> Callable[[int], float]:
    """A function from the number of people to the share that waits too long, on one fixed set of arrivals.

    First come, first served, each recovery with its own handling time, so that one person more never makes any wait
    longer and the fewest people can be found by halving. The draws are scaled to the exact mean load, since near full
    load a sample's own mean would decide more than anything else.
    """
    random = Random(seed)  # noqa: S311  a simulation, not a secret
    spread = math.sqrt(math.log(1 + HANDLING_SPREAD**2))
    arrivals = list(accumulate(random.expovariate(1) for _ in range(SIMULATED)))
    handlings = [random.lognormvariate(0, spread) for _ in range(SIMULATED)]
    per_draw, hours_per_draw = SIMULATED / per_hour / arrivals[-1], SIMULATED * handle_hours / sum(handlings)
    arrivals = [arrival * per_draw for arrival in arrivals]
    handlings = [handling * hours_per_draw for handling in handlings]

    def share_missed(people: int) -> float:
        free_at = [0.0] * people
        month_ends = month_hours
        missed = 0
        for arrival, handling in zip(arrivals, handlings, strict=True):
            if arrival >= month_ends:
                month_ends = (arrival // month_hours + 1) * month_hours
                free_at = [arrival] * people
            start = free_at[0]
            if start <= arrival:
                start = arrival
            elif start - arrival > allowed_wait:
                missed += 1
            heapreplace(free_at, start + handling)
        return missed / SIMULATED

    return share_missed


def _fewest(share_missed: Callable[[int], float], *, least: int) -> tuple[int, float]:
    """The smallest number of people, from `least` up, that misses no more than is allowed, and its share."""
    step = 1
    low, high = least - 1, least
    reached = share_missed(high)
    while reached > ALLOWED_MISS:
        low, high = high, high + step
        step *= 2
        reached = share_missed(high)
    while high - low > 1:
        middle = (low + high) // 2
        share = share_missed(middle)
        if share <= ALLOWED_MISS:
            high, reached = middle, share
        else:
            low = middle
    return high, reached


def _reasons(per_day: Decimal, hours: Decimal, teams: int, wait: Decimal, productive: Decimal) -> tuple[Reason, ...]:
    reasons = [
        because(
            "capacity.load",
            f"Recoveries a day = opportunities x rate / days = {per_day:,.2f}; {hours:,.1f} hours of handling a day.",
        ),
        because(
            "capacity.queue",
            "Simulated with a fixed seed: arrivals by chance (Poisson) over the working day, "
            f"handling log-normal with a standard deviation of {HANDLING_SPREAD:.0%} of its mean (an assumption), "
            f"first come first served, {SIMULATED:,} recoveries, every {MONTH_DAYS} working days starting with "
            "nothing left over.",
        ),
        because(
            "capacity.target",
            f"Time is working time, {productive:g} productive hours a day; a target of 24 hours "
            f"is one working day. Missed = it waits more than {wait:,.2f} hours, so that an average handling no "
            "longer ends in time.",
        ),
        because("capacity.people", "People at work each day; absences and free days come on top."),
    ]
    if teams > 1:
        reasons.append(
            because(
                "capacity.teams",
                f"Simulated as {teams:,} equal teams with a queue each, which needs "
                "slightly more people than one queue.",
            )
        )
    return tuple(reasons)


def plan(
    *,
    opportunities: Decimal,
    failure_rate: Decimal,
    days: Decimal,
    handle_minutes: Decimal,
    target_hours: Decimal,
    productive_hours: Decimal = Decimal(6),
    seed: int = SEED,
) -> Capacity:
    """This function will work out recoveries a day, hours of work, and the fewest people who miss at most 1 %.

    `failure_rate` is a share of the opportunities (0.01 is 1 %) over `days` days. More people than the average load
    are always needed, since a queue at its full load never settles. Source: EVIDENCE 5 (20,000,000 at 1 % in 365 days
    are 548 a day). Raises UnableToPlan with what to give instead.
    """
    _check(
        opportunities=opportunities,
        failure_rate=failure_rate,
        days=days,
        handle_minutes=handle_minutes,
        target_hours=target_hours,
        productive_hours=productive_hours,
    )
    per_day = opportunities * failure_rate / days
    hours = per_day * handle_minutes / 60
    wait = working_target(target_hours=target_hours, productive_hours=productive_hours) - handle_minutes / 60
    if wait < 0:
        raise UnableToPlan(
            f"A handling of {handle_minutes:f} minutes does not fit into a target of {target_hours:f} hours at "
            f"{productive_hours:f} productive hours a day: give a longer target or a shorter handling"
        )
    load = hours / productive_hours
    teams = max(1, math.ceil(per_day / LARGEST_TEAM_DAY), math.ceil(load / LARGEST_TEAM))
    reasons = _reasons(per_day, hours, teams, wait, productive_hours)
    if not per_day:
        return Capacity(per_day=per_day, staff_hours_per_day=hours, people=0, p_miss=0.0, reasons=reasons)
    share_missed = _simulator(
        per_hour=float(per_day / productive_hours / teams),
        handle_hours=float(handle_minutes / 60),
        allowed_wait=float(wait),
        month_hours=float(MONTH_DAYS * productive_hours),
        seed=seed,
    )
    people, p_miss = _fewest(share_missed, least=int(load / teams) + 1)
    return Capacity(per_day=per_day, staff_hours_per_day=hours, people=people * teams, p_miss=p_miss, reasons=reasons)
