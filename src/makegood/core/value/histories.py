"""What a customer bought, in the four figures that the model asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import attrs

WEEK_DAYS: Final = 7


@attrs.frozen(kw_only=True, slots=True)
class Bought:
    """What one customer bought on one day, all together, in minor units of one currency; never below zero."""

    on: date
    minor: int


@attrs.frozen(kw_only=True, slots=True)
class History:
    """One customer's purchases as the model reads them; times are in weeks since their first purchase.

    `repeats` are the days on which they bought again (x), `last` when the last of these was (t_x, 0 without any),
    `age` how long ago the first was (T), `average` the mean of the days on which they bought again for more than
    nothing (m_x, minor units), of which there are `paid`.
    """

    repeats: int
    last: float
    age: float
    paid: int = 0
    average: float = 0.0


def history(*, bought: Iterable[Bought], until: date) -> History | None:
    """This function will sum one customer's purchases up, those of one day as one; None before their first.

    `until` is the last day that counts. A purchase for nothing counts as one, but says nothing of how much they spend.
    After Fader, Hardie & Lee 2005, "Counting your customers the easy way", Marketing Science 24(2).
    """
    days: dict[date, int] = {}
    for one in bought:
        if one.on <= until:
            days[one.on] = days.get(one.on, 0) + one.minor
    if not days:
        return None
    first, *later = sorted(days)
    amounts = [days[day] for day in later if days[day] > 0]
    return History(
        repeats=len(later),
        last=(later[-1] - first).days / WEEK_DAYS if later else 0.0,
        age=(until - first).days / WEEK_DAYS,
        paid=len(amounts),
        average=sum(amounts) / len(amounts) if amounts else 0.0,
    )
