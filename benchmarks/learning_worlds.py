"""Worlds in which it is known what each extra does: for whom it helps, by how much, and what could be gained at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs
import numpy as np

from makegood.core.learning.records import Column, Floats, Records

World = Literal["by channel", "by spend", "by two together", "same for all", "nothing helps"]
HETEROGENEOUS: tuple[World, ...] = ("by channel", "by spend", "by two together")
HOMOGENEOUS: tuple[World, ...] = ("same for all", "nothing helps")
ARMS = ("", "note", "voucher")
CHANNELS = np.array(["phone", "shop", "web"])
EFFECT = 0.12


@attrs.frozen(eq=False)
class Drawn:
    """One draw of a world: its records, and what is true of each row, whatever was given."""

    records: Records
    truth: Floats

    def value(self, policy: Floats) -> float:
        """What a way of choosing truly brings these rows, on average."""
        return float((policy * self.truth).sum(axis=1).mean())

    @property
    def best_for_all(self) -> float:
        """What the best single arm truly brings."""
        return float(self.truth.mean(axis=0).max())

    @property
    def possible(self) -> float:
        """What the best arm of each row brings more than that."""
        return float(self.truth.max(axis=1).mean()) - self.best_for_all


def contexts(*, rows: int, chance: np.random.Generator) -> dict[str, Column]:
    """Customers: what they spent (skewed), how they came, whether they are new, and days since (which tells nothing)."""
    return {
        "spent": chance.lognormal(4.5, 1.0, rows),
        "channel": chance.choice(CHANNELS, size=rows, p=[0.3, 0.3, 0.4]),
        "new": (chance.random(rows) < 0.4).astype(np.float64),
        "days": chance.integers(0, 365, rows).astype(np.float64),
    }


def truth(*, world: World, known: Mapping[str, Column]) -> Floats:
    """The chance to come back, rows x arms. The base depends on the context in every world, the effects in some."""
    logged = np.log(known["spent"].astype(np.float64)) - 4.5
    new, channel = known["new"].astype(np.float64), known["channel"]
    base = np.clip(0.45 + 0.08 * np.tanh(logged) - 0.06 * new, 0.05, 0.95)
    nothing = np.zeros_like(base)
    if world == "by channel":
        note, voucher = np.where(channel == "phone", EFFECT, -0.02), np.where(channel == "web", EFFECT, -0.02)
    elif world == "by spend":
        note, voucher = EFFECT * np.tanh(1.5 * logged), -EFFECT * np.tanh(1.5 * logged)
    elif world == "by two together":
        apart = np.where((channel == "web") == (new > 0), EFFECT, -EFFECT)
        note, voucher = apart, -apart
    elif world == "same for all":
        note, voucher = nothing + 0.03, nothing + 0.05
    else:
        note, voucher = nothing, nothing
    return np.column_stack([base, base + note, base + voucher])


def draw(*, world: World, rows: int, seed: int, logged: Literal["evenly", "by context"] = "by context") -> Drawn:
    """Draw customers, what they were given by lot (the chances evenly or by their context), and what became of it."""
    chance = np.random.default_rng(seed)
    known = contexts(rows=rows, chance=chance)
    true = truth(world=world, known=known)
    propensities = np.full((rows, len(ARMS)), 1 / len(ARMS))
    if logged == "by context":
        pull = np.tanh(np.log(known["spent"].astype(np.float64)) - 4.5)
        weights = np.exp(np.column_stack([0 * pull, 0.7 * pull, -0.7 * pull]))
        propensities = weights / weights.sum(axis=1, keepdims=True)
    chosen = (chance.random((rows, 1)) > propensities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    outcomes = (chance.random(rows) < true[np.arange(rows), chosen]).astype(np.float64)
    records = Records(
        arms=ARMS,
        contexts=known,
        chosen=chosen,
        propensities=propensities,
        outcomes=outcomes,
        units=np.arange(rows),
    )
    return Drawn(records, true)
