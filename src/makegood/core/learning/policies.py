"""A way of choosing by context, learned from records and proposed to a person; it switches nothing on.

Learned: from doubly robust scores, how much better than the best single arm each other arm does in which context, by a
regression whose slopes are shrunken until they earn their keep in cross-validation; where they don't, the best single
arm is left (a DR-learner, Kennedy 2023, on the contrasts of an X-learner). Tested: on the half of the units that it did
not see, `SPLITS` times over. The interval is the median of the splits' intervals at half the error each, which holds at
its level however the splits depend on each other (Chernozhukov, Demirer, Duflo & Fernández-Val 2018). A gain is claimed
only over *every* single arm (an intersection-union test), so that a lucky pick of the "best" one can't make a gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np

from makegood.core.learning.estimates import LEAST, Estimate, estimate
from makegood.core.learning.models import (
    Basis,
    Coded,
    Line,
    Ridge,
    cross_fitted_scores,
    expectations,
    scaled,
    scores_by,
)
from makegood.core.learning.records import Column, Floats, Ints, Records, UnusableRecords, constant

SPLITS: Final = 20
LEVEL: Final = 0.95
NOTHING_SAID: Final = "nothing extra"
LEAST_EACH: Final = 50
"""An arm that was given to fewer rows in the whole is not chosen by a learned policy."""
FOLDS: Final = 3
TIE: Final = 1e-12
"""By less than this no arm is better than the best single one."""


@attrs.frozen(eq=False)
class Policy:
    """Gives each context the arm that is expected to gain most over the best single arm, or that arm itself.

    `lines` hold each arm's expected gain; None where the arm is the best one or had too few records.
    """

    arms: tuple[str, ...]
    best: int
    basis: Basis
    lines: tuple[Line | None, ...]

    def choose(self, contexts: Mapping[str, Column]) -> Floats:
        """Rows x arms: 1 for the arm that each row would get, else 0. A tie goes to the best single arm."""
        return self.of_columns(self.basis.of(contexts))

    def of_columns(self, columns: Floats) -> Floats:
        """The same for rows that are told in the policy's own basis."""
        gains = np.full((len(columns), len(self.arms)), -np.inf)
        for arm, line in enumerate(self.lines):
            if line is not None:
                gains[:, arm] = line.of(columns)
        gains[:, self.best] = TIE
        chosen: Floats = np.eye(len(self.arms))[gains.argmax(axis=1)]
        return chosen


def learn(*, records: Records, seed: int) -> Policy:
    """This function will learn a policy from these rows: the best single arm, left only where another earns it.

    Every arm must have been possible in every row. The same rows and `seed` learn the same. Raises UnusableRecords.
    """
    _all_possible(records)
    basis = Basis.made_of(records.contexts)
    return _learned(records=records, coded=Coded.of(records, basis), basis=basis, seed=seed)


def _all_possible(records: Records) -> None:
    if (records.propensities <= 0).any():
        raise UnusableRecords("Learn from rows in which every arm was possible: leave the others out")


def _learned(*, records: Records, coded: Coded, basis: Basis, seed: int) -> Policy:
    """A policy from these rows, and the same rows in a basis."""
    parts = records.parts(count=FOLDS, seed=seed)
    scores = cross_fitted_scores(coded=coded, parts=parts)
    counts = np.bincount(coded.chosen, minlength=coded.arms)
    usable = counts >= min(LEAST_EACH, counts.max())
    best = int(np.where(usable, scores.mean(axis=0), -np.inf).argmax())
    others = [arm for arm in range(coded.arms) if usable[arm] and arm != best]
    earned = _earned(coded.columns, scores[:, others] - scores[:, [best]], parts) if others else []
    lines: list[Line | None] = [None] * coded.arms
    for arm, line in zip(others, earned, strict=True):
        lines[arm] = line
    return Policy(records.arms, best, basis, tuple(lines))


def _earned(columns: Floats, gains: Floats, parts: list[Ints]) -> list[Line]:
    """For each arm's gains the regression whose penalty predicts other rows best: none at all (flat) is among them."""
    penalties = (*scaled(len(gains)), np.inf)
    missed = np.zeros((len(penalties), gains.shape[1]))
    for part in parts:
        others = np.ones(len(gains), dtype=bool)
        others[part] = False
        for arm, apart in enumerate(Ridge.of_each(columns[others], gains[others])):
            lines = [apart.line(penalty) for penalty in penalties]
            slopes = np.column_stack([line.slopes for line in lines])
            expected = columns[part] @ slopes + np.array([line.constant for line in lines])
            missed[:, arm] += ((gains[part, arm][:, None] - expected) ** 2).sum(axis=0)
    whole = Ridge.of_each(columns, gains)
    return [one.line(penalties[int(missed[:, arm].argmin())]) for arm, one in enumerate(whole)]


@attrs.frozen(kw_only=True, eq=False)
class Proposal:
    """What learning found: shown or not, over which best arm, by how much, and the policy that a person may switch on.

    `best` is the single arm that was best, by the splits' learning halves, most often. `gain` is over the best arm of
    each learning half; `over` the gain over each single arm. `splits` are the gains split by split. `policy` is learned
    anew from all rows, and is None where no gain was shown: then the best arm for all stands.
    """

    best: str
    gain: Estimate
    over: Mapping[str, Estimate]
    splits: tuple[Estimate, ...]
    policy: Policy | None
    shares: Mapping[str, float]

    @property
    def shown(self) -> bool:
        """Whether a gain was shown: over the best arm of each learning half, and over every single arm."""
        return self.policy is not None

    @property
    def said(self) -> str:
        """The finding in one sentence."""
        what = f"A policy by context, over {self.best or NOTHING_SAID} for all"
        if self.shown:
            return f"{what}: {self.gain.said}. Yours to switch on."
        if self.gain.shown and self.gain.low > 0:
            closest = min(self.over.values(), key=lambda one: one.low)
            return f"A policy by context is not shown to beat every single arm: {closest.said}"
        if self.gain.shown:
            return f"{what}: it loses, {self.gain.value:+.4g} ({self.gain.low:+.4g} to {self.gain.high:+.4g})"
        alike = sum(one.effective == 0 for one in self.splits)
        if alike > len(self.splits) / 2:
            return (
                f"{what}: not shown: {self.gain.rows:,} so far; in {alike} of {len(self.splits)} splits it learned "
                "to give everybody the same"
            )
        return f"{what}: {self.gain.said}"


def propose(*, records: Records, seed: int, splits: int = SPLITS, level: float = LEVEL) -> Proposal:
    """This function will learn on one half of the units, test on the other, `splits` times, and propose what was shown.

    Rows in which an arm was not possible are not for this; leave them out before. Raises UnusableRecords also for fewer
    than 2 x 30 units. The same rows and `seed` propose the same.
    """
    if len(np.unique(records.units)) < 2 * LEAST:
        raise UnusableRecords(f"{len(records):,} records so far: a policy is learned from {2 * LEAST} units on")
    _all_possible(records)
    basis = Basis.made_of(records.contexts)
    coded = Coded.of(records, basis)
    gains, over, picked = [], [], []
    for split in range(splits):
        dealt = int(np.random.SeedSequence([seed, split]).generate_state(1)[0])
        tried = _tried(records=records, coded=coded, basis=basis, seed=dealt, level=1 - (1 - level) / 2)
        gains.append(tried[0])
        over.append(tried[1])
        picked.extend(tried[2])
    together = _median(gains, level=level)
    over_each = {arm: _median([one[place] for one in over], level=level) for place, arm in enumerate(records.arms)}
    shown = all(one.shown and one.low > 0 for one in (together, *over_each.values()))
    proposed = learn(records=records, seed=seed) if shown else None
    best = records.arms[int(np.bincount(picked).argmax())]
    return Proposal(
        best=best,
        gain=together,
        over=over_each,
        splits=tuple(gains),
        policy=proposed,
        shares=_shares(proposed, records, best),
    )


def _tried(
    *, records: Records, coded: Coded, basis: Basis, seed: int, level: float
) -> tuple[Estimate, list[Estimate], list[int]]:
    """One split, each half tested by what the other taught: the gain over its best arm, over each, and which."""
    shape = (len(records), len(records.arms))
    scores, way, best, picked = np.zeros(shape), np.zeros(shape), np.zeros(shape), []
    one, other = records.parts(count=2, seed=seed)
    for learning, testing in ((one, other), (other, one)):
        taught, asked = coded.take(learning), coded.take(testing)
        policy = _learned(records=records.take(learning), coded=taught, basis=basis, seed=seed)
        scores[testing] = scores_by(expectations(taught), asked)
        way[testing] = policy.of_columns(asked.columns)
        best[testing, policy.best] = 1
        picked.append(policy.best)

    def more_than(against: Floats) -> Estimate:
        return estimate(records=records, policy=way, against=against, scores=scores, level=level)

    each = [more_than(constant(records=records, arm=arm)) for arm in range(len(records.arms))]
    return more_than(best), each, picked


def _shares(policy: Policy | None, records: Records, best: str) -> dict[str, float]:
    """What share of the rows would get which arm."""
    if policy is None:
        return {arm: float(arm == best) for arm in records.arms}
    return dict(zip(records.arms, map(float, policy.choose(records.contexts).mean(axis=0)), strict=True))


def _median(estimates: list[Estimate], *, level: float) -> Estimate:
    """One estimate of many splits': the medians of values, of lower and of upper ends (at half the error each)."""
    middle = {
        name: float(np.median([getattr(one, name) for one in estimates]))
        for name in ("value", "low", "high", "effective")
    }
    return Estimate(level=level, rows=estimates[0].rows, **middle)
