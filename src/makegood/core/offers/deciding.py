"""Deciding what one customer is offered: what is owed, the fix, what matches, how much, and what goes beyond."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.offers.amounts import Amount, amount_for, most
from makegood.core.offers.case import Case, Floor, consistent
from makegood.core.offers.facts import usable
from makegood.core.offers.items import Catalogue, FixWords, Item
from makegood.core.offers.judging import judged
from makegood.core.offers.ranking import Extra, NotOffered, ranked, room_beside
from makegood.core.offers.worth import stake
from makegood.core.reasons import Reason, because
from makegood.core.remedies import MATCHES, Choice, Remedy, choose, incident_base

BANDS: Final = frozenset({"remedy.rejected", "remedy.kept", "remedy.kept_unknown"})
NO_CURRENCY: Final = "EUR"
"""Of amounts of nothing, where no amount of the case says otherwise."""
AGAIN: Final = frozenset({"refund", "chargeback"})


@attrs.frozen(kw_only=True, slots=True)
class Offered:
    """The remedy of a plan: what it is, whether it repays the loss in kind, and if not, why nothing does."""

    remedy: Remedy
    matches: bool
    why_not_match: str
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, object]:
        """This remedy in the shape of `makegood offer`."""
        return {
            "id": self.remedy.code,
            "title": self.remedy.title,
            "form": self.remedy.form,
            "amount": self.remedy.value.as_dict() if self.remedy.monetary else None,
            "cost": self.remedy.cost.as_dict(),
            "value": self.remedy.value.as_dict(),
            "matches": self.matches,
            "why_not_match": self.why_not_match or None,
            "reasons": _plain(self.reasons),
        }


@attrs.frozen(kw_only=True, slots=True)
class Whole:
    """The plan as a whole: what is given, what is said or done beside it, what it comes to, who has to say yes.

    `beyond` is what remedy and first extra are worth, `total` that with what is owed; `percent` is `total` of the
    price, None where the price is not known. `approval` names the limits that have to be asked about.
    """

    give: tuple[str, ...]
    non_monetary: tuple[str, ...]
    beyond: Money
    total: Money
    percent: int | None
    cost: Money
    approval: tuple[str, ...]
    not_offered: tuple[NotOffered, ...]
    price: float
    incident: str
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, object]:
        """This plan in the shape of `makegood offer`."""
        return {
            "give": list(self.give),
            "non_monetary": list(self.non_monetary),
            "beyond": self.beyond.as_dict(),
            "total": self.total.as_dict(),
            "percent_of_price": self.percent,
            "cost": self.cost.as_dict(),
            "approval": list(self.approval),
            "not_offered": [one.as_dict() for one in self.not_offered],
            "price_on_budget": self.price,
            "incident": self.incident or None,
            "reasons": _plain(self.reasons),
        }


@attrs.frozen(kw_only=True, slots=True)
class Answer:
    """What `decide` found. `plan` is None where the case itself was refused; `refused` says what was and why."""

    floor: Floor
    fix: FixWords
    remedy: Offered | None
    extras: tuple[Extra, ...]
    plan: Whole | None
    refused: tuple[Reason, ...]

    def as_dict(self) -> dict[str, object]:
        """The answer in the shape that the command line carries."""
        return {
            "floor": {"owed": [one.as_dict() for one in self.floor.owed], "reasons": _plain(self.floor.reasons)},
            "fix": {"title": self.fix.title, "says": self.fix.says, "reasons": _plain((_FIX,))},
            "remedy": self.remedy.as_dict() if self.remedy else None,
            "extras": [extra.as_dict() for extra in self.extras],
            "plan": self.plan.as_dict() if self.plan else None,
            "refused": _plain(self.refused),
        }


def _plain(reasons: Sequence[Reason]) -> list[dict[str, str | None]]:
    return [reason.as_dict() for reason in reasons]


_FIX = because("offer.fix", "What went wrong is put right first, whatever is given beside it.")
_ELSEWHERE = because(
    "offer.given_back",
    "Money went back to them elsewhere already: look at that before money goes back again.",
    evidence="O6",
)
_BUDGET = because("remedy.budget", "The budget of the period does not hold it: ask for approval; the fix goes ahead.")
_SAME = because(
    "offer.same", "Group and value change the extras only; fix, floor and remedy are the same for all.", evidence="V1"
)
_APPROVAL = because(
    "offer.approval",
    "What all of an incident get is above a limit here: ask for approval; fix and floor go ahead.",
    evidence="G1",
)
_FALLBACK_SAID = "Nothing that repays the loss in kind may be given here"


def decide(*, case: Case, catalogue: Catalogue, now: datetime) -> Answer:
    """This function will decide what one customer is offered, and say why.

    What is owed is taken over as it is. The remedy is that of the catalogue which matches the loss (6.2), its amount
    by `amount_for`, within the limits and the budget; the extras are `ranked`. In an incident the remedy depends on
    the incident's figures alone, so that everybody gets the same (rule 15). A proposed plan is judged in place of
    ours, and refused as a whole where it breaks a rule. `now` is for the expiry of facts and near occasions. Raises
    UnusableCase for a case that contradicts itself and UnusableRemedy for an unknown loss.
    """
    case = consistent(case)
    facts, refused = usable(facts=case.customer.facts, now=now)
    currency = _currency(case, catalogue.remedies)
    limit, bound_by = _bound(case)
    amount = amount_for(
        price=case.base_price,
        floor=case.base_floor,
        kept=case.kept_service,
        severity=case.base_severity,
        group=case.incident is not None,
    )
    priced = _priced(catalogue.remedies, case, amount, currency)
    choice = _chosen(case, priced, limit)
    remedy, offered = choice.remedy, _offered(choice, case, amount, catalogue.remedies, bound_by)
    approval: tuple[str, ...] = ()
    if case.incident is not None and remedy is not None and limit is not None and remedy.cost.minor > limit.minor:
        approval = tuple(name for name, one in _bounds(case) if one.minor < remedy.cost.minor)
    if _given_back(case) and remedy is not None and remedy.form == "money":
        approval = (*approval, "money that went back elsewhere")
    room = room_beside(
        case=case, given=remedy, floor=case.floor.total, limit=limit, bound_by=bound_by, currency=currency
    )
    hanging = stake(
        price=case.failure.price, value=case.customer.value, severity=case.failure.severity, fault=case.failure.fault
    )
    extras, left_out = ranked(items=catalogue.extras, case=case, facts=facts, room=room, hanging=hanging, now=now)
    faults = judged(
        case=case, catalogue=catalogue, amount=amount.money, base=remedy, bounds=_bounds(case), currency=currency
    )
    plan = None
    if not faults:
        passed_over = tuple(NotOffered(code=one.code, reason=_why(one.reason, bound_by)) for one in choice.refused)
        plan = _whole(case, choice, extras, (*passed_over, *left_out), approval, currency)
    return Answer(
        floor=case.floor,
        fix=catalogue.fix(case.failure.kind),
        remedy=offered,
        extras=extras,
        plan=plan,
        refused=(*faults, *refused),
    )


def _currency(case: Case, items: Sequence[Item]) -> str:
    """The currency of the case's amounts; where it has none, that of what the catalogue holds."""
    amounts = (
        case.base_price,
        case.base_floor,
        case.failure.price,
        case.floor.total,
        case.budget.left,
        *case.limits.values(),
    )
    for one in amounts:
        if one is not None:
            return one.currency
    return next((item.cost.currency for item in items if isinstance(item.cost, Money) and item.cost), NO_CURRENCY)


def _bounds(case: Case) -> list[tuple[str, Money]]:
    bounds = [(f"the {name} limit", one) for name, one in case.limits.items()]
    return [*bounds, ("the budget", case.budget.left)] if case.budget.left is not None else bounds


def _bound(case: Case) -> tuple[Money | None, str]:
    """The tightest of limits and budget, and whose it is."""
    bounds = _bounds(case)
    if not bounds:
        return None, ""
    name, tightest = min(bounds, key=lambda one: one[1].minor)
    return tightest, name


def _priced(items: Sequence[Item], case: Case, amount: Amount, currency: str) -> list[Remedy]:
    """The remedies at this price and amount, without those of nothing.

    Outside an incident also without what cannot be had here, and without money where it went back elsewhere.
    """
    alone = case.incident is None
    elsewhere = alone and _given_back(case)
    found = []
    for item in items:
        if case.base_loss not in item.losses or (elsewhere and item.form == "money"):
            continue
        if alone and ((item.places and case.place not in item.places) or item.stock == 0):
            continue
        priced = item.priced(price=case.base_price, amount=amount.money, currency=currency)
        if priced is not None and not (item.by_evidence and not priced.value):
            found.append(priced)
    return found


def _given_back(case: Case) -> bool:
    return any(past.what in AGAIN for past in case.history)


def _chosen(case: Case, priced: Sequence[Remedy], limit: Money | None) -> Choice:
    """The remedy: in an incident whatever a limit here says, since everybody gets the same."""
    failure = case.failure
    if case.incident is None:
        return choose(
            loss=failure.loss,
            price=failure.price,
            kept_service=failure.kept_service,
            late=failure.late,
            catalogue=priced,
            limit=limit,
            floor=case.floor.total,
        )
    return incident_base(
        loss=case.incident.loss,
        prices=[case.incident.lowest_price] if case.incident.lowest_price is not None else [],
        floors=[case.incident.highest_floor] if case.incident.highest_floor is not None else [],
        kept_service=case.incident.kept_service,
        late=case.incident.late,
        catalogue=priced,
        limit=None,
    )


def _offered(choice: Choice, case: Case, amount: Amount, items: Sequence[Item], bound_by: str) -> Offered | None:
    remedy = choice.remedy
    if remedy is None:
        return None
    matches = remedy.form == MATCHES[case.base_loss].form
    why = ""
    if not matches:
        elsewhere = [_ELSEWHERE.text] if _given_back(case) else []
        told = [*elsewhere, *(_why(one.reason, bound_by).text for one in choice.refused)]
        why = (
            f"{_FALLBACK_SAID}: {' '.join(dict.fromkeys(told))}"
            if told
            else f"{_FALLBACK_SAID}: the catalogue holds none."
        )
    by_evidence = any(item.by_evidence for item in items if item.code == remedy.code)
    return Offered(
        remedy=remedy,
        matches=matches,
        why_not_match=why,
        reasons=(*_without_band(choice.reasons), *amount.reasons) if by_evidence else choice.reasons,
    )


def _without_band(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons for the choice, without those of the band that the amount's own reasons tell in full."""
    return [one for one in reasons if one.rule not in BANDS]


def _why(reason: Reason, bound_by: str) -> Reason:
    return _BUDGET if reason.rule == "remedy.limit" and bound_by == "the budget" else reason


def _whole(
    case: Case,
    choice: Choice,
    extras: Sequence[Extra],
    left_out: tuple[NotOffered, ...],
    approval: tuple[str, ...],
    currency: str,
) -> Whole:
    nothing = Money(minor=0, currency=currency)
    chosen: list[Remedy | Extra] = [one for one in (choice.remedy, extras[0] if extras else None) if one is not None]
    beyond = sum((one.value for one in chosen if one.value), start=nothing)
    total = beyond + (case.floor.total or nothing)
    price = case.failure.price
    reasons = [_SAME, *(() if choice.remedy else choice.reasons)]
    if price:
        percent = 100 * total.minor // price.minor
        top = most(price=price, group=case.incident is not None)
        within = f"With what is owed it comes to {percent} % of the price; at most {top} helps."
        if top < total:
            within = f"What is owed alone comes to {percent} % of the price: it stays, and nothing is added."
        reasons.append(because("offer.cap", within, evidence="A6" if case.incident else "A2"))
    if _given_back(case):
        reasons.append(_ELSEWHERE)
    if approval:
        reasons.append(_APPROVAL)
    if case.budget.price:
        reasons.append(
            because(
                "offer.budget_price",
                f"The price on budget is {case.budget.price:.2f}: an extra has to keep that much margin for each unit"
                " it costs, so that the money lasts the period and goes where it does most.",
            )
        )
    return Whole(
        give=tuple(one.code for one in chosen),
        non_monetary=(choice.non_monetary,),
        beyond=beyond,
        total=total,
        percent=100 * total.minor // price.minor if price else None,
        cost=sum((one.cost for one in chosen if one.cost), start=nothing),
        approval=approval,
        not_offered=left_out,
        price=case.budget.price,
        incident=case.incident.name if case.incident else "",
        reasons=tuple(reasons),
    )
