"""Bursts: more failures of one source or place in a quarter of an hour than chance explains.

A burst proposes an incident and holds what would reach customers; it changes no gate decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import attrs

from makegood.core.reasons import Reason, because

NEGLIGIBLE = 1e-25
LEAST_ROOM = 10


@attrs.frozen(kw_only=True)
class Burst:
    """Whether a count is a burst, the bound it was held against (a burst is above it), and why."""

    is_burst: bool
    bound: float
    reasons: tuple[Reason, ...]


@lru_cache(maxsize=4096)
def poisson_quantile(*, mean: float, quantile: float) -> int:
    """This function will find the smallest k with P(X <= k) >= quantile for a Poisson X of this mean.

    The probabilities are summed relative to the most likely one and divided by their sum, so nothing underflows
    at any mean. Raises ValueError for a negative mean or a quantile outside 0 to 1.
    """
    if not 0 <= mean < float("inf") or not 0 < quantile < 1:
        raise ValueError("Give a finite mean of at least 0 and a quantile between 0 and 1")
    mode = int(mean)
    below: list[float] = []
    weight = 1.0
    for k in range(mode, 0, -1):
        weight *= k / mean
        if weight < NEGLIGIBLE:
            break
        below.append(weight)
    above: list[float] = []
    weight = 1.0
    k = mode
    while weight >= NEGLIGIBLE:
        above.append(weight)
        k += 1
        weight *= mean / k
    lowest = mode - len(below)
    weights = below[::-1] + above
    wanted = quantile * sum(weights)
    reached = 0.0
    for k, weight in enumerate(weights, start=lowest):
        reached += weight
        if reached >= wanted:
            return k
    return lowest + len(weights) - 1


def burst(
    *,
    count: int,
    same_hour_counts: Sequence[int],
    weeks_of_history: int,
    fell_due: int,
    quantile: Decimal = Decimal("0.999"),
    weeks_needed: int = 4,
    minimum: int = 10,
    share: int = 20,
) -> Burst:
    """This function will say whether `count` failures within 15 minutes are a burst.

    `same_hour_counts` are the counts of every quarter of an hour in this hour of the day over the last 8 weeks,
    zeros included. With `weeks_needed` weeks of history a burst is more than the Poisson `quantile` of their mean;
    with less it is more than `minimum` and more than `share` per cent of the `fell_due` promises that fell due in
    the window. One failure alone is never a burst, since an incident hits many.
    """
    if count < 0 or fell_due < 0 or weeks_of_history < 0:
        raise ValueError("Counts and weeks of history cannot be negative")
    bound: float
    if weeks_of_history < weeks_needed or not same_hour_counts:
        bound = max(minimum, share * fell_due / 100)
        text = (
            f"{count} failed within 15 minutes. Up to {bound:g} would still be taken one by one: {minimum}, or"
            f" {share} % of the {fell_due} that fell due then if that is more. It is judged so until there are"
            f" {weeks_needed} weeks to compare with."
        )
        rule = "burst.young"
    else:
        mean = sum(same_hour_counts) / len(same_hour_counts)
        bound = max(1, poisson_quantile(mean=mean, quantile=float(quantile)))
        text = (
            f"{count} failed within 15 minutes. At this hour {mean:.4g} do on average, and in {quantile * 100:f} % of "
            f"all such quarters of an hour no more than {bound:g}."
        )
        rule = "burst.poisson"
    return Burst(is_burst=count > bound, bound=bound, reasons=(because(rule, text, evidence="P3"),))


def room(*, seen: int) -> int:
    """This function will say how many failures more a yes to `seen` of them reaches while their incident goes on.

    As many again, and at least 10; whoever asks for more than that is asking for another yes, since an apology to
    those who were not affected costs more than silence (P3). How many is our choice: nobody has measured it.
    """
    return max(seen, LEAST_ROOM)


def asks_again_at(*, proposed_at: datetime, now: datetime) -> datetime:
    """This function will say when a proposed incident that still waits asks once more for a yes or no.

    Each hour of its first day, and then each day: what it holds back stays unsaid for as long as nobody answers.
    """
    first_day = now < proposed_at + timedelta(days=1)
    return now + (timedelta(hours=1) if first_day else timedelta(days=1))


def windows(*, moments: Sequence[datetime], minutes: int = 15) -> Iterator[int]:
    """This function will yield, for each of the sorted moments, how many lie in the window that ends at it.

    A window of 15 minutes ending at t holds what is later than t - 15 minutes and not later than t; equal moments
    all see each other. Raises ValueError when the moments are not sorted.
    """
    width = timedelta(minutes=minutes)
    first = last = 0
    previous: datetime | None = None
    for moment in moments:
        if previous is not None and moment < previous:
            raise ValueError("The moments are not in order: sort them first")
        previous = moment
        while last < len(moments) and moments[last] <= moment:
            last += 1
        while moments[first] <= moment - width:
            first += 1
        yield last - first
