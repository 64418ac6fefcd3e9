"""What one customer is likely to spend from here on, with an interval, and why that is said."""

from __future__ import annotations

from random import Random
from typing import Final

import attrs

from makegood.core.reasons import Reason, because
from makegood.core.value.fitting import Fit
from makegood.core.value.histories import History
from makegood.core.value.model import Drawn, expected_average, expected_purchases, p_alive

YEAR_WEEKS: Final = 52.0
FUTURES: Final = 600
"""Simulated futures of one customer: the ends of their interval then vary by about one part in sixty of its share."""
SHARE: Final = 0.8
"""The share of futures between the ends of the interval."""
SEED: Final = 2005
MOST_PURCHASES: Final = 366
"""Days of a year, the longest that is looked ahead: nobody buys on more, and no parameters run for ever."""


@attrs.frozen(kw_only=True, slots=True)
class Foreseen:
    """What a customer is likely to spend in the next `weeks`, in minor units, and in how many purchases (days).

    `minor` is the mean. In four futures of five they spend from `low_minor` to `high_minor`: that interval covers both
    what the parameters may be and what the customer may do, and holds the mean. `alive` is the chance that they still
    buy here.
    """

    weeks: float
    alive: float
    purchases: float
    minor: int
    low_minor: int
    high_minor: int
    reasons: tuple[Reason, ...]


def horizon(*, past_weeks: float) -> float:
    """This function will return how many weeks ahead is looked: a year, or no further than the past reaches back."""
    return min(YEAR_WEEKS, past_weeks)


def foresee(*, fit: Fit, past: History, weeks: float, seed: int = SEED) -> Foreseen:
    """This function will foresee what a customer spends in the next `weeks`.

    Nothing is discounted. The same customer, fit and seed give the same answer. Raises UnableToForesee for a history
    or horizon that cannot be.
    """
    best = fit.best
    purchases = expected_purchases(buying=best.buying, past=past, weeks=weeks)
    average = expected_average(spending=best.spending, past=past)
    minor = round(purchases * average)
    alive = p_alive(buying=best.buying, past=past)
    spent = sorted(_futures(fit=fit, past=past, weeks=weeks, chance=Random(seed)))  # noqa: S311  not a secret
    tail = round(FUTURES * (1 - SHARE) / 2)
    return Foreseen(
        weeks=weeks,
        alive=alive,
        purchases=purchases,
        minor=minor,
        low_minor=min(round(spent[tail]), minor),
        high_minor=max(round(spent[FUTURES - 1 - tail]), minor),
        reasons=_reasons(past, alive),
    )


def _reasons(past: History, alive: float) -> tuple[Reason, ...]:
    if past.repeats == 0:
        bought = "They bought once, so this is mostly what customers who came when they did go on to do."
    else:
        bought = (
            f"They bought on {past.repeats + 1} days, the last {past.age - past.last:.0f} weeks ago: the chance that"
            f" they still buy here is {alive:.0%}."
        )
    whose = "between their own average and everybody's" if past.paid else "at everybody's average"
    paid = because("value.spend", f"A purchase is reckoned {whose}.", evidence="Gamma-gamma")
    return (because("value.buying", bought, evidence="BG/NBD"), paid)


def _futures(*, fit: Fit, past: History, weeks: float, chance: Random) -> list[float]:
    sets = fit.draws or (fit.best,)
    return [_future(sets[number % len(sets)], past, weeks, chance) for number in range(FUTURES)]


def _future(drawn: Drawn, past: History, weeks: float, chance: Random) -> float:
    """What they spend in one future: their own rate, chance of leaving and average are drawn given their past."""
    buying, spending = drawn.buying, drawn.spending
    if chance.random() >= p_alive(buying=buying, past=past):
        return 0.0
    rate = chance.gammavariate(buying.r + past.repeats, 1 / (buying.alpha + past.age))
    leaving = chance.betavariate(buying.a, buying.b + past.repeats)
    bought, at = 0, 0.0
    while rate > 0 and bought < MOST_PURCHASES:
        at += chance.expovariate(rate)
        if at > weeks:
            break
        bought += 1
        if chance.random() < leaving:
            break
    if not bought:
        return 0.0
    shrink = chance.gammavariate(spending.q + spending.p * past.paid, 1 / (spending.v + past.paid * past.average))
    return chance.gammavariate(spending.p * bought, 1 / shrink) if shrink > 0 else 0.0
