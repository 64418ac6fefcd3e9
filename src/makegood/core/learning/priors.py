"""What is assumed of customers who come back, before own data say it: wide, labelled, and soon outweighed by data."""

from __future__ import annotations

import math
from typing import Final

import attrs

from makegood.core.reasons import Reason, because

WEIGHT: Final = 2.0
"""A prior counts as two customers: 90 % of it spans the whole range that TARP found, silent to quickly satisfied."""
LARGEST_WEIGHT: Final = 20.0


class UnusablePrior(ValueError):
    """A prior needs a mean between 0 and 1, both excluded, and a weight above 0 and up to 20 customers."""


@attrs.frozen(kw_only=True)
class Prior:
    """A Beta distribution over the share of customers who come back: its mean, and as how many customers it counts.

    `evidence` is an id of the register, or None where an organization gave its own. It is a starting point and never
    shown as anybody's result. Raises UnusablePrior.
    """

    name: str
    mean: float
    weight: float = WEIGHT
    evidence: str | None = None

    def __attrs_post_init__(self) -> None:
        if not (math.isfinite(self.mean) and 0 < self.mean < 1):
            raise UnusablePrior(f"Give the prior {self.name} a mean between 0 and 1, not {self.mean}")
        if not (math.isfinite(self.weight) and 0 < self.weight <= LARGEST_WEIGHT):
            raise UnusablePrior(
                f"Give the prior {self.name} a weight above 0 and up to {LARGEST_WEIGHT:g} customers, not {self.weight}"
            )

    @property
    def reason(self) -> Reason:
        """What was assumed, from where, and how little it counts."""
        return because(
            "learning.prior",
            f"Before own results: {self.mean:.0%} come back, which counts as {self.weight:g} customers "
            "(a starting point, nobody's result).",
            evidence=self.evidence,
        )


BIG_LOSS: Final = Prior(name="big_loss", mean=0.54, evidence="1.14")
"""Satisfied after a big loss: 54 % buy again; unsatisfied 19 %, quickly 82 % (TARP)."""
SMALL_LOSS: Final = Prior(name="small_loss", mean=0.70, evidence="1.14")
"""Satisfied after a small loss: 70 % buy again; unsatisfied 46 %, quickly 95 % (TARP)."""
