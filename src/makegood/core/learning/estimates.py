"""What another way of choosing would have brought, from records of how it was chosen, with an interval.

Inverse propensity scoring (Horvitz & Thompson 1952), the same normalised by its own weights (Hájek 1971; Swaminathan &
Joachims 2015), and doubly robust with cross-fitting (Dudík et al. 2011; Chernozhukov et al. 2018). Intervals come from
each unit's influence, so rows of one incident count once.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final, Literal

import attrs
import numpy as np

from makegood.core.learning.models import Basis, Coded, cross_fitted_scores
from makegood.core.learning.records import Floats, Records, UnusableRecords

Method = Literal["ips", "self_normalised", "doubly_robust"]
FOLDS: Final = 5
LEAST: Final = 30
"""Under so many units that bear on the answer (Kish's effective number) nothing is shown, whatever the interval."""


@attrs.frozen(kw_only=True)
class Estimate:
    """A value or a difference in the outcome's unit, its interval at `level`, from so many rows.

    `effective` is how many units, weighed by how much the records say of the way asked about. `low` and `high` are
    infinite where fewer than two units can tell.
    """

    value: float
    low: float
    high: float
    level: float
    rows: int
    effective: float

    @property
    def shown(self) -> bool:
        """Whether a difference is shown: enough units, and an interval without 0."""
        return self.effective >= LEAST and not self.low <= 0 <= self.high

    @property
    def said(self) -> str:
        """A difference in one sentence that claims nothing that was not shown."""
        interval = f"{100 * self.level:.3g}% interval {self.low:+.4g} to {self.high:+.4g}"
        if self.shown:
            return f"shown: {self.value:+.4g} ({interval}, {self.rows:,} so far)"
        if self.effective < LEAST:
            return f"not shown: {self.rows:,} so far, of which {self.effective:.0f} bear on it; it takes {LEAST}"
        return f"not shown: {self.rows:,} so far, {self.value:+.4g}, the {interval} contains 0"


def student(*, level: float, freedom: float) -> float:
    """This function will give how many standard errors a two-sided interval takes (Student's t).

    By the expansion of Abramowitz & Stegun 26.7.5, right to 0.1 % from 10 degrees of freedom; `freedom` is at least 1.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def interval_of(*, value: float, influence: Floats, records: Records, weights: Floats, level: float) -> Estimate:
    """This function will give the interval around a value from each row's influence on it, summed by unit.

    `weights` are how much each row bears on the answer; only their shares matter.
    """
    _, numbers = np.unique(records.units, return_inverse=True)
    by_unit = np.bincount(numbers, weights=influence)
    heavy = np.bincount(numbers, weights=weights)
    units, square = len(by_unit), float((heavy**2).sum())
    effective = float(heavy.sum()) ** 2 / square if square else 0.0
    half = math.inf
    if units > 1:
        error = math.sqrt(float((by_unit**2).sum()) * units / (units - 1)) / len(records)
        half = student(level=level, freedom=units - 1) * error
    return Estimate(
        value=value, low=value - half, high=value + half, level=level, rows=len(records), effective=effective
    )


def _possible(records: Records, policy: Floats) -> None:
    if policy.shape != records.propensities.shape or (np.abs(policy.sum(axis=1) - 1) > 1e-6).any():
        raise UnusableRecords("Give a chance for every arm in every row, adding up to 1")
    asked = (policy > 0) & (records.propensities <= 0)
    if asked.any():
        arm = records.arms[int(np.flatnonzero(asked.any(axis=0))[0])]
        raise UnusableRecords(
            f"{int(asked.any(axis=1).sum()):,} rows tell nothing of this way of choosing: {arm!r} was not possible in "
            "them. Leave these rows out, or choose among what was possible"
        )


def estimate(
    *,
    records: Records,
    policy: Floats,
    against: Floats | None = None,
    method: Method = "doubly_robust",
    scores: Floats | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """This function will say what a way of choosing would have brought a row, or how much more than another one.

    `policy` and `against` are rows x arms, the chance that each way would have given each arm; without `against` the
    value itself is estimated. `scores` are doubly robust scores made before (else cross-fitted here, dealt out by
    `seed`). Raises UnusableRecords where there are no rows, or a way gives what had no chance in a row.
    """
    if not len(records):
        raise UnusableRecords("There are no records yet")
    _possible(records, policy)
    if against is not None:
        _possible(records, against)
    rows = np.arange(len(records))
    chance = records.chance_of_chosen
    apart = policy if against is None else policy - against
    weight = apart[rows, records.chosen] / chance
    if method == "doubly_robust":
        scores = _scores(records, seed) if scores is None else scores
        each: Floats = (apart * scores).sum(axis=1)
    elif method == "ips":
        each = weight * records.outcomes
    else:
        each = _normalised(records.outcomes, policy[rows, records.chosen] / chance)
        if against is not None:
            each = each - _normalised(records.outcomes, against[rows, records.chosen] / chance)
    value = float(each.mean())
    return interval_of(value=value, influence=each - value, records=records, weights=np.abs(weight), level=level)


def _scores(records: Records, seed: int) -> Floats:
    coded = Coded.of(records, Basis.made_of(records.contexts))
    return cross_fitted_scores(coded=coded, parts=records.parts(count=FOLDS, seed=seed))


def _normalised(outcomes: Floats, weights: Floats) -> Floats:
    """Each row's share in the self-normalised mean, linearised: their mean is the estimate, their spread its error."""
    total = float(weights.mean())
    if total == 0:
        raise UnusableRecords("No record agrees with this way of choosing: nothing can be said of it yet")
    value = float((weights * outcomes).mean()) / total
    linear: Floats = value + weights * (outcomes - value) / total
    return linear
