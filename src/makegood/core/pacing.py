"""Pacing: a price on budget, so that the money of a period lasts and goes where it does most.

Of what may be given to one customer, that is given whose worth less its cost at the price is largest. The price is the
dual of a linear program over the cases that are expected still to come: with what is left, it is where they would spend
just that. It is solved anew as cases come, on a sample of what is to come: the period before from the same phase on, at
this period's level and trend; without one, the cases seen last.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final

import attrs

SOLVE_EVERY: Final = 50
"""Cases after which the sample is looked at anew; what is left counts at each of them."""
RECENT: Final = 500
"""Cases by which this period's level is judged."""
SAMPLE: Final = 4_000
"""Most cases of the sample."""
FEWEST: Final = 30
"""Cases without which nothing is known: until then the money goes no faster than the time."""
TRUSTED: Final = 0.2
"""How far ahead a trend is followed, as a share of the time in which it was seen; beyond, it flattens."""
BINS: Final = 20
"""Stretches of a period whose levels are compared with those of the period before."""
SURE: Final = 3.0
"""Standard errors by which a level or a trend has to differ from that of the period before to be believed."""

Step = tuple[float, float]
"""One step of what may be given to a customer: worth for each unit of cost, and cost; ever less worth."""


@attrs.frozen(slots=True)
class Option:
    """One thing that may be given: its cost, above 0, and its worth, in one unit (minor units of one currency)."""

    cost: float
    worth: float


@attrs.frozen(kw_only=True, slots=True)
class Seen:
    """A case that was seen: at which phase of its period (0 its beginning, 1 its end), and its steps."""

    phase: float
    steps: tuple[Step, ...]


@attrs.frozen(kw_only=True, slots=True)
class Curve:
    """What cases spend at each price: the worth of each step for a unit of cost, falling, and the cost up to it."""

    falling: tuple[float, ...]
    spent: tuple[float, ...]
    cases: int


def steps_of(options: Iterable[Option]) -> tuple[Step, ...]:
    """This function will find the steps by which more is given to one customer as the price falls.

    They are the upper concave hull of the options over their cost, from nothing: an option below it is never best.
    """
    hull: list[tuple[float, float]] = [(0.0, 0.0)]
    for one in sorted(options, key=lambda one: (one.cost, -one.worth)):
        if one.worth <= hull[-1][1] or one.cost <= hull[-1][0]:
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-1], (one.cost, one.worth)):
            hull.pop()
        hull.append((one.cost, one.worth))
    return tuple((_slope(low, high), high[0] - low[0]) for low, high in pairwise(hull))


def _slope(low: tuple[float, float], high: tuple[float, float]) -> float:
    return (high[1] - low[1]) / (high[0] - low[0])


def best(*, options: Sequence[Option], price: float, left: float) -> int | None:
    """This function will say which option to give at a price, None for none: of those that what is left can pay.

    Its worth has to be above its cost at the price.
    """
    gains = [
        (one.worth - price * one.cost, -one.cost, -number) for number, one in enumerate(options) if one.cost <= left
    ]
    gain, _, number = max(gains, default=(0.0, 0.0, 0))
    return -number if gain > 0 else None


def curve_of(cases: Sequence[tuple[float, tuple[Step, ...]]]) -> Curve:
    """This function will add up what cases spend at each price; each comes with a factor for its worth."""
    steps = sorted(((slope * factor, cost) for factor, steps in cases for slope, cost in steps), reverse=True)
    return Curve(
        falling=tuple(slope for slope, _ in steps), spent=tuple(accumulate(cost for _, cost in steps)), cases=len(cases)
    )


def price_for(*, curve: Curve, left: float, to_come: float) -> float:
    """This function will find the price at which as many cases, spending as the curve does, spend what is left.

    0 where the money is enough for all they could be given.
    """
    if left <= 0:
        return math.inf
    if not curve.spent or to_come <= 0:
        return 0.0
    at = bisect_right(curve.spent, left * curve.cases / to_come)
    return curve.falling[at] if at < len(curve.falling) else 0.0


class Pacer:
    """The price on one budget over one period, as cases come. The same cases in the same order give the same prices.

    `before` are the cases of the period before, in order of their phases; without them the start is cold.
    """

    def __init__(self, *, budget: float, before: Sequence[Seen] = ()) -> None:
        self.left = budget
        self._budget = budget
        self._before = tuple(before)
        self._phases = [one.phase for one in self._before]
        self._bins = _binned(self._before)
        self._seen: list[Seen] = []
        self._curve = Curve(falling=(), spent=(), cases=0)

    def price(self, *, phase: float) -> float:
        """This function will say the price at a phase of the period, from 0 to 1."""
        if len(self._seen) % SOLVE_EVERY == 0:
            self._curve = self._solved(phase)
        unknown = not self._before and len(self._seen) < FEWEST
        if unknown and self._budget - self.left > self._budget * phase:
            return math.inf
        return price_for(curve=self._curve, left=self.left, to_come=self._to_come(phase))

    def saw(self, *, phase: float, options: Sequence[Option], spent: float) -> None:
        """This function will take note of a case, what it might have been given, and what was spent on it."""
        self._seen.append(Seen(phase=phase, steps=steps_of(options)))
        self.left -= spent

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The cases of this period so far: at its end, what the next one begins with."""
        return tuple(self._seen)

    def _to_come(self, phase: float) -> float:
        """How many cases are expected still to come, this one included."""
        count = len(self._seen)
        if not self._before:
            return max(1.0, (count + 1) * (1 - phase) / max(phase, 1 / (count + 2)))
        passed = bisect_left(self._phases, phase)
        faster = (count + RECENT) / (passed + RECENT)
        return max(1.0, (len(self._before) - passed) * faster)

    def _solved(self, phase: float) -> Curve:
        """What the cases still to come are expected to spend: those of the period before, else those seen last."""
        now, trend = self._trend()
        recent = self._seen[-RECENT:]
        if self._before:
            passed = bisect_left(self._phases, phase)
            stride = max(1, (len(self._before) - passed) // SAMPLE)
            ahead = [(one.phase, now, one.steps) for one in self._before[passed::stride]]
            recent = recent[len(recent) - max(0, min(len(recent), RECENT - len(ahead))) :]
        else:
            ahead = []
        spread = (1 - phase) / max(1, len(recent))
        ahead += [
            (phase + spread * number, trend * (phase - one.phase), one.steps) for number, one in enumerate(recent)
        ]
        damp = max(phase * TRUSTED, 1e-9)
        return curve_of([
            (math.exp(level + trend * damp * -math.expm1((phase - at) / damp)), steps) for at, level, steps in ahead
        ])  # fmt: skip

    def _trend(self) -> tuple[float, float]:
        """How much higher the worth is now than at this phase of the period before, and how it rises: both logarithms.

        A least-squares line through the cases seen last; 0 where it is not sure.
        """
        window = self._seen[-max(RECENT, len(self._seen) // 2) :]
        if len(window) < FEWEST:
            return 0.0, 0.0
        at = [one.phase for one in window]
        off = [_level(one.steps) - self._usual(one.phase) for one in window]
        count, middle, mean = len(at), sum(at) / len(at), sum(off) / len(off)
        spread = sum((one - middle) ** 2 for one in at)
        slope = sum((x - middle) * (y - mean) for x, y in zip(at, off, strict=True)) / spread if spread else 0.0
        rest = sum((y - mean - slope * (x - middle)) ** 2 for x, y in zip(at, off, strict=True)) / max(1, count - 2)
        if not spread or abs(slope) <= SURE * math.sqrt(rest / spread):
            slope = 0.0
        if not slope and abs(mean) <= SURE * math.sqrt(2 * rest / count):
            mean = 0.0
        return mean + slope * (at[-1] - middle), slope

    def _usual(self, phase: float) -> float:
        """The level of the period before around a phase; 0 without one."""
        if not self._before:
            return 0.0
        return self._bins[min(BINS - 1, int(phase * BINS))]


def _level(steps: Sequence[Step]) -> float:
    """The logarithm of the worth of a case's best step for its cost."""
    return math.log(max(steps[0][0], 1e-9)) if steps else 0.0


def _binned(cases: Sequence[Seen]) -> tuple[float, ...]:
    """The mean level of cases in each of so many equal stretches of their period; where there is none, of all."""
    if not cases:
        return (0.0,) * BINS
    whole = sum(_level(one.steps) for one in cases) / len(cases)
    bins: list[list[float]] = [[] for _ in range(BINS)]
    for one in cases:
        bins[min(BINS - 1, int(one.phase * BINS))].append(_level(one.steps))
    return tuple(sum(levels) / len(levels) if levels else whole for levels in bins)
