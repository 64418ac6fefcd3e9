"""What was decided and what became of it: the records from which other ways of choosing are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Column = NDArray[np.float64] | NDArray[np.str_]

MOST_COLUMNS: Final = 12
EXACT: Final = 1e-6


class UnusableRecords(ValueError):
    """The records can't be judged by: a column, a chance or an outcome is missing or out of range."""


@attrs.frozen(kw_only=True, eq=False)
class Records:
    """Decisions in columns, one row each.

    `arms` are the extras' ids, with NOTHING among them; `contexts` what was known before deciding, by name: numbers, or
    texts as categories; `chosen` the number of the arm given; `propensities` rows x arms, each row adding up to 1, 0
    where an arm wasn't allowed; `outcomes` what became of it (1 came back, 0 did not, or an amount); `units` whose draw
    it was: rows of one incident share one, and count as one. Raises UnusableRecords.
    """

    arms: tuple[str, ...]
    contexts: Mapping[str, Column]
    chosen: Ints
    propensities: Floats
    outcomes: Floats
    units: Ints

    def __attrs_post_init__(self) -> None:
        rows = len(self.outcomes)
        if len(self.arms) < 2 or len(set(self.arms)) < len(self.arms):
            raise UnusableRecords("Give at least two arms, each once")
        if not 1 <= len(self.contexts) <= MOST_COLUMNS:
            raise UnusableRecords(f"Give 1 to {MOST_COLUMNS} columns of context, not {len(self.contexts)}")
        sizes = [len(self.chosen), len(self.propensities), len(self.units), *map(len, self.contexts.values())]
        if any(size != rows for size in sizes) or self.propensities.shape != (rows, len(self.arms)):
            raise UnusableRecords("Give every column one value a row, and a chance for every arm")
        for name, values in self.contexts.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise UnusableRecords(f"{name} holds what is no number: leave the rows out or make it a category")
        if not np.isfinite(self.outcomes).all():
            raise UnusableRecords("An outcome is no number: leave out rows whose outcome is not known")
        if rows and (self.chosen.min() < 0 or self.chosen.max() >= len(self.arms)):
            raise UnusableRecords(f"An arm given is none of {', '.join(map(repr, self.arms))}")
        if (self.propensities < 0).any() or (np.abs(self.propensities.sum(axis=1) - 1) > EXACT).any():
            raise UnusableRecords("Chances must be 0 or more, and those of a row add up to 1")
        if (self.chance_of_chosen <= 0).any():
            raise UnusableRecords("What was given had a chance of 0: its chance was not logged truly")

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def chance_of_chosen(self) -> Floats:
        """The chance that each row's arm had."""
        return self.propensities[np.arange(len(self)), self.chosen]

    def take(self, rows: Ints) -> Records:
        """These rows alone."""
        return Records(
            arms=self.arms,
            contexts={name: values[rows] for name, values in self.contexts.items()},
            chosen=self.chosen[rows],
            propensities=self.propensities[rows],
            outcomes=self.outcomes[rows],
            units=self.units[rows],
        )

    def parts(self, *, count: int, seed: int) -> list[Ints]:
        """This function will deal the units out into `count` parts at random and give each part's rows."""
        labels, numbers = np.unique(self.units, return_inverse=True)
        dealt = np.random.default_rng(seed).permutation(len(labels)) % count
        return [np.flatnonzero(dealt[numbers] == part) for part in range(count)]


def constant(*, records: Records, arm: int) -> Floats:
    """This function will give the way of choosing that gives everybody this arm: rows x arms, the chance of each."""
    chances = np.zeros((len(records), len(records.arms)))
    chances[:, arm] = 1
    return chances


def from_lists(
    *,
    contexts: Sequence[Mapping[str, float | str | bool]],
    given: Sequence[str],
    propensities: Sequence[Mapping[str, float]],
    outcomes: Sequence[float],
    units: Sequence[str],
) -> Records:
    """This function will make records of plain rows: contexts by name, arm given, each arm's chance, outcome, unit.

    A column holds a number in every row, or is a category of texts, "" where a row lacks it. The arms are all that have
    a chance anywhere, in the order of their ids. Raises UnusableRecords.
    """
    arms = tuple(sorted({arm for row in propensities for arm in row} | set(given)))
    number = {arm: place for place, arm in enumerate(arms)}
    names = sorted({name for row in contexts for name in row})
    columns: dict[str, Column] = {}
    for name in names:
        values = [row.get(name) for row in contexts]
        texts = sum(isinstance(value, str) for value in values)
        if texts and texts + values.count(None) == len(values):
            columns[name] = np.array([value or "" for value in values], dtype=np.str_)
        elif texts or None in values:
            raise UnusableRecords(f"Give {name} as a number in every row, or as text: some have it and some do not")
        else:
            columns[name] = np.array(values, dtype=np.float64)
    chances = np.zeros((len(given), len(arms)))
    for row, row_chances in enumerate(propensities):
        for arm, chance in row_chances.items():
            chances[row, number[arm]] = chance
    _, unit_numbers = np.unique(np.array(units, dtype=np.str_), return_inverse=True)
    return Records(
        arms=arms,
        contexts=columns,
        chosen=np.array([number[arm] for arm in given], dtype=np.int64),
        propensities=chances,
        outcomes=np.array(outcomes, dtype=np.float64),
        units=unit_numbers.astype(np.int64),
    )
