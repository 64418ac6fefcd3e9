"""How much: flat, per unit, a share of a fact, or by band; and the reductions that the law allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from makegood.core.floors.conditions import Condition
from makegood.core.floors.facts import Known, MissingFact
from makegood.core.money import Money
from makegood.core.reasons import Reason


@attrs.frozen
class Flat:
    """A fixed amount."""

    amount: Money

    def of(self, facts: Known) -> Money:
        """The amount."""
        return self.amount


@attrs.frozen(kw_only=True)
class PerUnit:
    """An amount for every completed unit of a number beyond `above`: so much a day after the second, at most `cap`."""

    fact: str
    each: Money
    unit: int | float = 1
    above: int | float = 0
    cap: Money | None = None

    def of(self, facts: Known) -> Money:
        """The amount; nothing while no unit is complete."""
        units = max(0, int((_given(facts, self.fact) - self.above) // self.unit))
        return _capped(Money(minor=self.each.minor * units, currency=self.each.currency), self.cap)


@attrs.frozen(kw_only=True)
class Percent:
    """A share of an amount among the facts, such as the fare paid; at most `cap`."""

    fact: str
    percent: int | Decimal
    cap: Money | None = None

    def of(self, facts: Known) -> Money:
        """The amount, rounded half up to the minor unit."""
        paid: Money = _given(facts, self.fact)
        return _capped(paid.share(self.percent) if self.percent != 100 else paid, self.cap)


Simple = Flat | PerUnit | Percent


@attrs.frozen(kw_only=True)
class Band:
    """One row of a table of amounts; the first whose condition holds counts."""

    name: str
    when: Condition | None
    amount: Simple
    reason: Reason


@attrs.frozen
class Banded:
    """A table of amounts, read from the top; its last band has no condition."""

    bands: tuple[Band, ...]

    def band(self, facts: Known) -> Band:
        """The band that the facts fall in."""
        for band in self.bands[:-1]:
            if band.when is None or band.when.holds(facts):
                return band
        return self.bands[-1]


@attrs.frozen(kw_only=True)
class Reduction:
    """The share of the amount that is owed when a condition holds; in one band only, if `band` names it."""

    when: Condition
    percent: int | Decimal
    band: str | None
    reason: Reason


def amount_of(
    *,
    amount: Simple | Banded,
    reductions: tuple[Reduction, ...],
    facts: Known,
) -> tuple[Money, tuple[Reason, ...]]:
    """This function will work out an amount and say why; at most one reduction applies, the first that fits."""
    reasons: tuple[Reason, ...] = ()
    band_name = None
    if isinstance(amount, Banded):
        band = amount.band(facts)
        band_name, reasons, amount = band.name, (band.reason,), band.amount
    sum_owed = amount.of(facts)
    for reduction in reductions:
        if reduction.band in (None, band_name) and reduction.when.holds(facts):
            return sum_owed.share(reduction.percent), (*reasons, reduction.reason)
    return sum_owed, reasons


def _given(facts: Known, name: str) -> Any:
    value = facts.get(name)
    if value is None:
        raise MissingFact(name)
    return value


def _capped(amount: Money, cap: Money | None) -> Money:
    return amount if cap is None or amount <= cap else cap
