"""Customers of a world whose parameters are known: what they buy is drawn from the model itself, by a seed."""

from __future__ import annotations

from random import Random

import attrs

from makegood.core.value.histories import History
from makegood.core.value.model import Buying, Drawn, Spending

TRUTH = Drawn(buying=Buying(r=0.6, alpha=5.0, a=0.8, b=3.0), spending=Spending(p=5.0, q=4.0, v=2400.0))
LATEST = 12.0
"""Everybody's first purchase lies within the first so many weeks, evenly spread."""


@attrs.frozen(kw_only=True)
class Lived:
    """One customer: their history up to a moment, and how often and for how much they bought in the weeks after."""

    past: History
    bought: int
    spent: float


def customers(*, count: int, weeks: float, after: float, seed: int, truth: Drawn = TRUTH) -> list[Lived]:
    """Let so many customers live `weeks`, and go on for the weeks `after`."""
    chance = Random(seed)
    each = min(LATEST, weeks / 2) / count
    return [_one(chance, truth, weeks - number * each, after) for number in range(count)]


def _one(chance: Random, truth: Drawn, age: float, after: float) -> Lived:
    buying, spending = truth.buying, truth.spending
    rate = chance.gammavariate(buying.r, 1 / buying.alpha)
    leaves = chance.betavariate(buying.a, buying.b)
    scale = 1 / chance.gammavariate(spending.q, 1 / spending.v)
    days: list[float] = []
    at = chance.expovariate(rate)
    while at <= age + after:
        days.append(at)
        if chance.random() < leaves:
            break
        at += chance.expovariate(rate)
    amounts = [chance.gammavariate(spending.p, scale) for _ in days]
    before = sum(day <= age for day in days)
    past = History(
        repeats=before,
        last=days[before - 1] if before else 0.0,
        age=age,
        paid=before,
        average=sum(amounts[:before]) / before if before else 0.0,
    )
    return Lived(past=past, bought=len(days) - before, spent=sum(amounts[before:]))
