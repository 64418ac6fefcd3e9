"""What is expected of each arm in each context: ridge regressions on a small basis, and the doubly robust scores.

A score of an arm in a row is what the model expects there, plus, in rows where the arm was given, what the model
missed, divided by the chance of giving it: its mean is right when either the model or the chances are (Robins,
Rotnitzky & Zhao 1994; Dudík, Langford & Li 2011). Models are fitted on other rows than they are asked about
(cross-fitting, Chernozhukov et al. 2018), so that they can't praise themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final

import attrs
import numpy as np

from makegood.core.learning.records import Column, Floats, Ints, Records

LEVEL_ROWS: Final = 20
"""A category seen in fewer rows of the learning part has no column of its own."""
MOST_LEVELS: Final = 20
RANKS: Final = 201
PENALTIES: Final = tuple(10.0**power for power in (-1, 0, 1, 2, 3, 4))
"""Ridge penalties tried, in units of a standardised column's sum of squares per row: weakest first, times rows/1000."""


@attrs.frozen(eq=False)
class Basis:
    """Columns made of contexts: ranks with bends at their terciles, categories, and products of two contexts.

    All are standardised by the rows that the basis was made of. There is no constant column.
    """

    _raw: Callable[[Mapping[str, Column]], Floats]
    _mean: Floats
    _spread: Floats

    @classmethod
    def made_of(cls, contexts: Mapping[str, Column]) -> Basis:
        """This function will make the basis of these rows; what does not vary in them has no column."""
        makers: dict[str, Callable[[Column], Floats]] = {}
        for name, values in contexts.items():
            made = _categories(values) if values.dtype.kind == "U" else _bends(values.astype(np.float64))
            if made is not None:
                makers[name] = made

        def raw(asked: Mapping[str, Column]) -> Floats:
            blocks = [make(asked[name]) for name, make in makers.items()]
            products = [
                (one[:, :, None] * other[:, None, :]).reshape(len(one), -1) for one, other in combinations(blocks, 2)
            ]
            return np.hstack([*blocks, *products]) if blocks else np.zeros((_rows(asked), 0))

        columns = raw(contexts)
        mean, spread = columns.mean(axis=0), columns.std(axis=0)
        return cls(raw, mean, np.where(spread > 1e-9, spread, np.inf))

    def of(self, contexts: Mapping[str, Column]) -> Floats:
        """The columns of these rows: rows x columns. What varied nowhere is 0."""
        made: Floats = (self._raw(contexts) - self._mean) / self._spread
        return made


def _rows(contexts: Mapping[str, Column]) -> int:
    return len(next(iter(contexts.values()), ()))


def _bends(values: Floats) -> Callable[[Column], Floats] | None:
    """A number by its rank, from -1 to 1, and its bends at the terciles; a number of two values by itself alone.

    By rank, since amounts are skewed: the few largest would otherwise bend the line for everybody.
    """
    different = np.unique(values)
    if len(different) < 2:
        return None
    if len(different) == 2:
        return lambda asked: np.column_stack([asked == different[1]]).astype(np.float64)
    steps = np.linspace(0, 1, RANKS)
    marks, places = np.unique(np.quantile(values, steps), return_index=True)

    def make(asked: Column) -> Floats:
        rank = 2 * np.interp(asked.astype(np.float64), marks, steps[places]) - 1
        return np.column_stack([rank, *(np.maximum(rank - knot, 0) for knot in (-1 / 3, 1 / 3))])

    return make


def _categories(values: Column) -> Callable[[Column], Floats] | None:
    levels, counts = np.unique(values, return_counts=True)
    common = levels[np.argsort(-counts, kind="stable")][:MOST_LEVELS]
    kept = [level for level in common if (values == level).sum() >= LEVEL_ROWS]
    if len(kept) < 2:
        return None
    return lambda asked: np.column_stack([asked == level for level in kept]).astype(np.float64)


@attrs.frozen(eq=False)
class Line:
    """A regression: the constant and a coefficient for each column."""

    constant: float
    slopes: Floats

    def of(self, columns: Floats) -> Floats:
        """What it expects in these rows."""
        expected: Floats = self.constant + columns @ self.slopes
        return expected


@attrs.frozen(eq=False)
class Ridge:
    """What a ridge regression needs of its rows, taken apart once so that every penalty costs next to nothing."""

    _mean_x: Floats
    _mean_y: float
    _values: Floats
    _vectors: Floats
    _turned: Floats
    _square: float
    _rows: int

    @classmethod
    def of(cls, columns: Floats, targets: Floats) -> Ridge:
        """Take these rows apart."""
        return cls.of_each(columns, targets[:, None])[0]

    @classmethod
    def of_each(cls, columns: Floats, targets: Floats) -> list[Ridge]:
        """Take these rows apart for several targets (rows x targets) at the cost of one."""
        mean_x, mean_y = columns.mean(axis=0), targets.mean(axis=0)
        centred, apart = columns - mean_x, targets - mean_y
        values, vectors = np.linalg.eigh(centred.T @ centred)
        values, turned = np.maximum(values, 0), vectors.T @ (centred.T @ apart)
        square = (apart**2).sum(axis=0)
        return [
            cls(mean_x, float(mean_y[one]), values, vectors, turned[:, one], float(square[one]), len(targets))
            for one in range(targets.shape[1])
        ]

    def line(self, penalty: float) -> Line:
        """The regression under a penalty; the constant is not penalised, and an infinite penalty leaves it alone."""
        slopes = self._vectors @ (self._turned / (self._values + penalty))
        return Line(self._mean_y - float(self._mean_x @ slopes), slopes)

    def best(self) -> Line:
        """The regression under the penalty of least generalised cross-validation (Golub, Heath & Wahba 1979)."""

        def missed(penalty: float) -> float:
            kept = 1 / (self._values + penalty)
            left = self._square - float((self._turned**2 * kept * (2 - self._values * kept)).sum())
            freedom = 1 + float((self._values * kept).sum())
            return left / max(1 - freedom / self._rows, 1e-6) ** 2

        return self.line(min((*scaled(self._rows), np.inf), key=missed))


def scaled(rows: int) -> tuple[float, ...]:
    """This function will give the penalties that are tried on so many rows."""
    return tuple(penalty * max(rows, 1) / 1000 for penalty in PENALTIES)


@attrs.frozen(eq=False)
class Coded:
    """Rows in numbers: their columns in a basis, the arm given, its chance and what came of it.

    A basis looks at contexts alone, never at an outcome: one made of all rows tells nothing of the rows held back.
    """

    columns: Floats
    chosen: Ints
    chance: Floats
    outcomes: Floats
    arms: int

    @classmethod
    def of(cls, records: Records, basis: Basis) -> Coded:
        """These records in this basis."""
        columns = basis.of(records.contexts)
        return cls(columns, records.chosen, records.chance_of_chosen, records.outcomes, len(records.arms))

    def take(self, rows: Ints) -> Coded:
        """These rows alone."""
        return Coded(self.columns[rows], self.chosen[rows], self.chance[rows], self.outcomes[rows], self.arms)


def expectations(coded: Coded) -> tuple[Line, ...]:
    """This function will learn a regression for each arm; one that was never given is expected to do as all do."""
    lines = []
    for arm in range(coded.arms):
        rows = np.flatnonzero(coded.chosen == arm)
        rows = rows if len(rows) > 1 else np.arange(len(coded.chosen))
        lines.append(Ridge.of(coded.columns[rows], coded.outcomes[rows]).best())
    return tuple(lines)


def scores_by(lines: tuple[Line, ...], coded: Coded) -> Floats:
    """This function will give doubly robust scores of rows that the lines were not learned from: rows x arms."""
    scores = np.column_stack([line.of(coded.columns) for line in lines])
    rows = np.arange(len(scores))
    scores[rows, coded.chosen] += (coded.outcomes - scores[rows, coded.chosen]) / coded.chance
    return scores


def cross_fitted_scores(*, coded: Coded, parts: list[Ints]) -> Floats:
    """This function will give doubly robust scores, rows x arms, each part's by lines learned from the other parts.

    The parts must keep a unit's rows together.
    """
    scores = np.zeros((len(coded.chosen), coded.arms))
    for part in parts:
        others = np.ones(len(scores), dtype=bool)
        others[part] = False
        if len(part) and others.any():
            scores[part] = scores_by(expectations(coded.take(np.flatnonzero(others))), coded.take(part))
    return scores
