"""How much: flat, per unit, per day, a share of a fact, or by band; and the reductions that the law allows."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

import attrs

from makegood.core.floors.conditions import Condition, fields_of
from makegood.core.floors.deadlines import WorkingDays
from makegood.core.floors.facts import Known, MissingFact
from makegood.core.money import Money
from makegood.core.reasons import Reason

Percentage = int | Decimal


@attrs.frozen
class Flat:
    """A fixed amount."""

    amount: Money

    def of(self, facts: Known, percent: Percentage = 100) -> Money:
        """The amount, or so many per cent of it."""
        return _reduced(self.amount, percent)


@attrs.frozen(kw_only=True)
class PerUnit:
    """An amount for every completed unit of a number beyond `above`: so much a day after the second, at most `cap`."""

    fact: str
    each: Money
    unit: int | float = 1
    above: int | float = 0
    cap: Money | None = None

    def of(self, facts: Known, percent: Percentage = 100) -> Money:
        """The amount, or so many per cent of it; nothing while no unit is complete."""
        units = max(0, int((_given(facts, self.fact) - self.above) // self.unit))
        return _reduced(_times(self.each, units, self.cap), percent)


@attrs.frozen(kw_only=True)
class PerDay:
    """An amount for every calendar day from one moment to another, at most `cap`.

    The first counts up to the end of the day that is `after_working_days` after it, which pays nothing; the day of
    the second is the last that pays. Days are those of `zone` (None: of each moment's own offset). The days that the
    fact `less` numbers do not count.
    """

    since: str
    until: str
    each: Money
    after_working_days: int = 0
    less: str = ""
    cap: Money | None = None
    zone: tzinfo | None = None
    working_days: WorkingDays = attrs.field(factory=WorkingDays)

    def of(self, facts: Known, percent: Percentage = 100) -> Money:
        """The amount, or so many per cent of it; nothing where the second moment comes in time."""
        return _reduced(_times(self.each, self.days(facts), self.cap), percent)

    def days(self, facts: Known) -> int:
        """How many days pay."""
        since: datetime = _given(facts, self.since)
        until: datetime = _given(facts, self.until)
        if self.zone is not None:
            since, until = since.astimezone(self.zone), until.astimezone(self.zone)
        begins = self.working_days.after(since.date(), self.after_working_days)
        less: int = _given(facts, self.less) if self.less else 0
        return max(0, (until.date() - begins).days - less)


@attrs.frozen(kw_only=True)
class Percent:
    """A share of an amount among the facts, such as the fare paid; at most `cap`.

    A text names a fact instead: for `percent` and `divided_by` a number (the journeys that a season ticket is reckoned
    to hold), for `cap` money, without which there is no cap.
    """

    fact: str
    percent: Percentage | str
    cap: Money | str | None = None
    divided_by: int | str = 1

    def of(self, facts: Known, percent: Percentage = 100) -> Money:
        """The amount, or so many per cent of it, rounded once: half up to the minor unit."""
        paid: Money = _given(facts, self.fact)
        share: Percentage = _given(facts, self.percent) if isinstance(self.percent, str) else self.percent
        parts: int = _given(facts, self.divided_by) if isinstance(self.divided_by, str) else self.divided_by
        cap: Money | None = facts.get(self.cap) if isinstance(self.cap, str) else self.cap
        if cap is not None:
            return _reduced(_capped(paid.share(share, divided_by=parts), cap), percent)
        if share == percent == 100 and parts == 1:
            return paid
        return paid.share(share * percent, divided_by=100 * parts)


Simple = Flat | PerUnit | PerDay | Percent


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
    percent: Percentage
    band: str | None
    reason: Reason


def facts_of(amount: Simple | Banded) -> tuple[str, ...]:
    """This function will name the facts that an amount looks at, each once, in order."""
    names: tuple[str, ...]
    match amount:
        case Banded():
            from_bands = ((*fields_of(band.when), *facts_of(band.amount)) for band in amount.bands)
            names = tuple(name for band in from_bands for name in band)
        case PerDay():
            names = (amount.since, amount.until, amount.less)
        case Percent():
            given = (amount.percent, amount.divided_by, amount.cap)
            names = (amount.fact, *(one for one in given if isinstance(one, str)))
        case PerUnit():
            names = (amount.fact,)
        case Flat():
            names = ()
    return tuple(dict.fromkeys(name for name in names if name))


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
    for reduction in reductions:
        if reduction.band in (None, band_name) and reduction.when.holds(facts):
            return amount.of(facts, reduction.percent), (*reasons, reduction.reason)
    return amount.of(facts), reasons


def _given(facts: Known, name: str) -> Any:
    value = facts.get(name)
    if value is None:
        raise MissingFact(name)
    return value


def _times(each: Money, count: int, cap: Money | None) -> Money:
    return _capped(Money(minor=each.minor * count, currency=each.currency), cap)


def _capped(amount: Money, cap: Money | None) -> Money:
    return amount if cap is None or amount <= cap else cap


def _reduced(amount: Money, percent: Percentage) -> Money:
    return amount if percent == 100 else amount.share(percent)
