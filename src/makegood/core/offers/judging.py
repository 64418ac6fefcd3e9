"""Judging a plan that a person made: each rule that it breaks, by the same rules that make our own plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.offers.amounts import most
from makegood.core.offers.case import Case, Proposal, UnusableCase
from makegood.core.offers.items import Catalogue, Item
from makegood.core.reasons import Reason, because
from makegood.core.remedies import MATCHES, Remedy, plan_faults

_FLOOR = because(
    "proposed.floor", "It pays less than is owed: pay all of that, whatever is given beside it.", evidence="2.3"
)
_NO_WHY = because(
    "proposed.match",
    "It does not repay the loss in kind: offer what does, or write down in proposed.why_not_match why not.",
    evidence="C1",
)
_SAME: Final = "All customers of one incident get the same beyond what each is owed"


def judged(
    *,
    case: Case,
    catalogue: Catalogue,
    amount: Money | None,
    base: Remedy | None,
    bounds: Sequence[tuple[str, Money]],
    currency: str,
) -> tuple[Reason, ...]:
    """This function will say which rules the case's proposed plan breaks; nothing where it may stand or there is none.

    It may not pay less than is owed, come to more than 150 % of the price with it (90 % for money in a group), cost
    more than a limit or the budget, answer the loss otherwise than in kind without a written reason, differ from the
    incident's, or break a rule of `plan_faults`. `amount` is that by evidence, `base` our remedy, `bounds` the
    limits and the budget by name. Raises UnusableCase where it names something that is not in the catalogue.
    """
    proposed = case.proposed
    if proposed is None:
        return ()
    remedy = _remedy(proposed, catalogue, amount, case, currency)
    extras = [_extra(code, catalogue, case, currency) for code in proposed.extras]
    given = [*([remedy] if remedy else []), *extras]
    faults = []
    owed = case.floor.total
    if owed and proposed.paid is not None and (proposed.paid.currency != owed.currency or proposed.paid < owed):
        faults.append(_FLOOR)
    faults += plan_faults(loss=case.base_loss, late=case.late, remedies=given, non_monetary=proposed.non_monetary)
    if remedy is not None and remedy.form != MATCHES[case.base_loss].form and not proposed.why_not_match.strip():
        faults.append(_NO_WHY)
    faults += _above(case, given, owed, bounds)
    if case.incident is not None and remedy != base:
        ours = f": here {base.code} of {base.value}" if base else ": here nothing"
        faults.append(because("proposed.incident", f"{_SAME}{ours}.", evidence="V1"))
    return tuple(faults)


def _item(code: str, items: Sequence[Item], where: str) -> Item:
    found = next((one for one in items if one.code == code), None)
    if found is None:
        raise UnusableCase(f"{where} names {code!r}, which is not in the catalogue: use one of {_codes(items)}")
    return found


def _codes(items: Sequence[Item]) -> str:
    return ", ".join(sorted(one.code for one in items)) or "none"


def _remedy(proposed: Proposal, catalogue: Catalogue, amount: Money | None, case: Case, currency: str) -> Remedy | None:
    if not proposed.remedy:
        return None
    item = _item(proposed.remedy, catalogue.remedies, "proposed.remedy")
    if proposed.amount is not None and not item.by_evidence:
        raise UnusableCase(f"proposed.amount is given for {item.code}, whose value is fixed: leave it out")
    found = item.priced(
        price=case.base_price, amount=amount if proposed.amount is None else proposed.amount, currency=currency
    )
    if found is None:
        raise UnusableCase(f"what {item.code} is worth is not known: give failure.price or proposed.amount")
    return found


def _extra(code: str, catalogue: Catalogue, case: Case, currency: str) -> Remedy:
    found = _item(code, catalogue.extras, "proposed.extras").priced(
        price=case.failure.price, amount=None, currency=currency
    )
    if found is None:
        raise UnusableCase(f"what {code} costs is a share of the price: give failure.price")
    return found


def _above(
    case: Case, given: Sequence[Remedy], owed: Money | None, bounds: Sequence[tuple[str, Money]]
) -> list[Reason]:
    faults = []
    amounts = [amount for one in given for amount in (one.cost, one.value) if amount]
    currencies = {one.currency for one in (*amounts, *(one for _, one in bounds), *([owed] if owed else []))}
    price = case.failure.price
    if len(currencies | ({price.currency} if price else set())) > 1:
        return [because("proposed.currency", "It is in several currencies: propose it in the currency of the price.")]
    value, cost = sum(one.value.minor for one in given), sum(one.cost.minor for one in given)
    if price is not None and value:
        group = case.incident is not None and any(one.monetary for one in given)
        top = most(price=price, group=group)
        if value + (owed.minor if owed else 0) > top.minor:
            room = Money(minor=max(0, top.minor - (owed.minor if owed else 0)), currency=price.currency)
            text = f"With what is owed it comes to more than {top}: give at most {room} beyond."
            faults.append(because("proposed.cap", text, evidence="A6" if group else "A2"))
    for name, bound in bounds:
        if cost > bound.minor:
            text = f"It costs {attrs.evolve(bound, minor=cost)} and {name} leaves {bound}: ask, or give less."
            faults.append(because("proposed.limit", text, evidence="G1"))
    return faults
