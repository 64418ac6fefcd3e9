"""What can be given: items of a fixed cost and value, of a share of the price, or of the amount by evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from makegood.core.money import Money
from makegood.core.remedies import FORMS, LOSSES, Form, Remedy, UnusableRemedy


@attrs.frozen(kw_only=True, slots=True)
class Item:
    """One thing that may be given.

    `cost` and `value` are money or a percentage of the price; with `by_evidence` the value is the amount that the
    bands of A1 give, and `cost` the percentage of that amount which it costs us. `tags` say what it is about (words
    that facts of customers may hold); `places` where it can be had, empty for everywhere; `lead_days` how long it
    takes; `stock` how many there are, None for any number; `says` the sentence an employee says of it.
    """

    code: str
    title: str
    form: Form
    losses: frozenset[str] = LOSSES
    cost: Money | int
    value: Money | int = 0
    by_evidence: bool = False
    monetary: bool = False
    tags: tuple[str, ...] = ()
    places: frozenset[str] = frozenset()
    lead_days: int = 0
    stock: int | None = None
    says: str = ""

    def __attrs_post_init__(self) -> None:
        if unknown := sorted(self.losses - LOSSES):
            raise UnusableRemedy(f"{self.code}: {unknown[0]!r} is no loss: use one of {', '.join(sorted(LOSSES))}")
        if self.form not in FORMS:
            raise UnusableRemedy(f"{self.code}: {self.form!r} is no form: use one of {', '.join(sorted(FORMS))}")
        if self.by_evidence and isinstance(self.cost, Money):
            raise UnusableRemedy(f"{self.code}: by evidence, its cost is a percentage of the amount")

    @classmethod
    def of(cls, remedy: Remedy) -> Item:
        """Make an item of a playbook's remedy, whose cost and value are fixed."""
        return cls(
            code=remedy.code,
            title=remedy.title,
            form=remedy.form,
            losses=remedy.losses,
            cost=remedy.cost,
            value=remedy.value,
            monetary=remedy.monetary,
        )

    def priced(self, *, price: Money | None, amount: Money | None, currency: str) -> Remedy | None:
        """This function will say what it costs and is worth in this currency; None where that is not known."""
        if self.by_evidence:
            if amount is None or isinstance(self.cost, Money):
                return None
            value, cost = amount, amount.share(self.cost)
        else:
            sums = self.sums(price=price.minor if price is not None else None, currency=currency)
            if sums is None:
                return None
            cost, value = (Money(minor=minor, currency=currency) for minor in sums)
        return Remedy(
            code=self.code,
            title=self.title,
            form=self.form,
            losses=cast("Any", self.losses),
            cost=cost,
            value=value,
            monetary=self.monetary,
        )

    def sums(self, *, price: int | None, currency: str) -> tuple[int, int] | None:
        """This function will say what it costs and is worth, in minor units of a currency, at a price in minor units.

        None where it is a share of a price that is not known, or of another currency.
        """
        cost, value = _at(self.cost, price, currency), _at(self.value, price, currency)
        return None if cost is None or value is None else (cost, value)


def _at(amount: Money | int, price: int | None, currency: str) -> int | None:
    """Money of this currency or nothing, or a percentage of the price, rounded half up."""
    if isinstance(amount, Money):
        return amount.minor if amount.currency == currency or not amount.minor else None
    if amount == 0:
        return 0
    return None if price is None else (2 * price * amount + 100) // 200


@attrs.frozen(kw_only=True, slots=True)
class FixWords:
    """What puts one kind of failure right: a title, and the sentence that the customer hears of it."""

    title: str
    says: str


@attrs.frozen(kw_only=True, slots=True)
class Catalogue:
    """What a house has: fixes by the failure's kind (`any` for the others), remedies that match losses, and extras."""

    fixes: Mapping[str, FixWords]
    remedies: tuple[Item, ...]
    extras: tuple[Item, ...] = ()

    def fix(self, kind: str) -> FixWords:
        """This function will say what puts this kind of failure right."""
        return self.fixes.get(kind) or self.fixes["any"]
