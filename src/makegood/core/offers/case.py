"""The case: all that is known when it is decided what one customer is offered, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import attrs

from makegood.core.floors import FloorDecision
from makegood.core.money import Money
from makegood.core.reasons import Reason, because

FAULTS: Final = ("ours", "partner", "nobody", "unknown")
PAST: Final = ("failure", "extra", "refund", "chargeback")
FRAGILE: Final = frozenset({"new", "fragile"})
"""Groups that are never left with nothing because others are worth more (V3)."""


class UnusableCase(ValueError):
    """A case cannot be decided on: something is missing, unknown or contradicts itself. The message says what to do."""


@attrs.frozen(kw_only=True, slots=True)
class Fact:
    """Something known of a customer: of which kind, its words, from where, whether they agreed, until when.

    `on_date` is the day of an occasion; `where` the fact's place in the case, which stands for it where its words may
    not be repeated.
    """

    where: str
    kind: str
    text: str
    source: str = ""
    consented: bool = False
    expires_at: datetime | None = None
    on_date: date | None = None


@attrs.frozen(kw_only=True, slots=True)
class Customer:
    """Who was failed: the group, how many purchases before, what they are expected to bring in a year, and facts.

    `value` is a margin, None where it is not known.
    """

    group: str = "unknown"
    purchases: int | None = None
    value: Money | None = None
    facts: tuple[Fact, ...] = ()


@attrs.frozen(kw_only=True, slots=True)
class Failed:
    """What failed: its kind, loss, fault and severity (1-4), its price, whether they kept it, whether we were late.

    `kept_service` and `price` are None where not known; `late` says that our first answer missed its clock.
    """

    kind: str
    loss: str
    fault: str
    severity: int
    kept_service: bool | None
    price: Money | None
    late: bool = False


@attrs.frozen(kw_only=True, slots=True)
class OwedAmount:
    """One amount that is owed, as `makegood floor` answers it: `due_by` is None where that was not told."""

    amount: Money
    form: str
    due_by: datetime | None = None
    rule: str = ""

    def as_dict(self) -> dict[str, object]:
        """This amount in the shape of `makegood floor`."""
        due_by = self.due_by.isoformat() if self.due_by else None
        return {"amount": self.amount.as_dict(), "form": self.form, "due_by": due_by, "rule": self.rule}


@attrs.frozen(kw_only=True, slots=True)
class Floor:
    """What is owed in this case, and why."""

    owed: tuple[OwedAmount, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, decision: FloorDecision) -> Floor:
        """Take over what `core.floors` decided, unchanged."""
        owed = (OwedAmount(amount=one.amount, form=one.form, due_by=one.due_by, rule=one.rule) for one in decision.owed)
        return cls(owed=tuple(owed), reasons=decision.reasons)

    @property
    def total(self) -> Money | None:
        """All that is owed, None where nothing is. Raises CurrenciesDiffer."""
        amounts = [one.amount for one in self.owed]
        return sum(amounts[1:], start=amounts[0]) if amounts else None


NOT_ASKED: Final = Floor(
    reasons=(
        because("offer.floor", "No floor was given: if anything may be owed, give what `makegood floor` answers."),
    )
)


@attrs.frozen(kw_only=True, slots=True)
class Past:
    """Something that happened with this customer before.

    `what` is a failure, an extra (`code` says which), or money that went back elsewhere: a refund or a chargeback.
    """

    what: str
    at: datetime | None = None
    code: str = ""
    amount: Money | None = None


@attrs.frozen(kw_only=True, slots=True)
class Incident:
    """The incident that the failure belongs to: what holds for all whom it hit, so that all get the same base.

    `loss` and `severity` are what it is judged as for all. `lowest_price` and `highest_floor` are those of all its
    customers; `late` says that one of them was answered late.
    """

    name: str
    loss: str
    severity: int
    lowest_price: Money | None
    highest_floor: Money | None
    kept_service: bool | None
    late: bool


@attrs.frozen(kw_only=True, slots=True)
class Budget:
    """What is left of the period's budget (None: there is none), and the price on it.

    `price` is the margin that one unit of the budget must be expected to keep; 0 asks for none.
    """

    left: Money | None = None
    price: float = 0.0


@attrs.frozen(kw_only=True, slots=True)
class Proposal:
    """A plan that a person made, to be judged: what is paid of what is owed, what is given, what is said or done."""

    paid: Money | None = None
    remedy: str = ""
    amount: Money | None = None
    extras: tuple[str, ...] = ()
    non_monetary: tuple[str, ...] = ()
    why_not_match: str = ""


@attrs.frozen(kw_only=True, slots=True)
class Case:
    """One failure of one customer, with what is owed, what may be spent (limits by name) and what was before."""

    customer: Customer
    failure: Failed
    place: str = ""
    history: tuple[Past, ...] = ()
    limits: Mapping[str, Money] = MappingProxyType({})
    budget: Budget = Budget()
    floor: Floor = NOT_ASKED
    incident: Incident | None = None
    proposed: Proposal | None = None

    @property
    def base_price(self) -> Money | None:
        """The price that the remedy is measured by: in an incident the lowest of all."""
        return self.incident.lowest_price if self.incident else self.failure.price

    @property
    def base_floor(self) -> Money | None:
        """What is owed as far as the remedy is concerned: in an incident the highest of all."""
        return self.incident.highest_floor if self.incident else self.floor.total

    @property
    def base_loss(self) -> str:
        """What was lost, as far as the remedy is concerned: in an incident as told for all."""
        return self.incident.loss if self.incident else self.failure.loss

    @property
    def base_severity(self) -> int:
        """How grave it is, as far as the remedy is concerned: in an incident as told for all."""
        return self.incident.severity if self.incident else self.failure.severity

    @property
    def kept_service(self) -> bool | None:
        """Whether they kept what they bought, or None; in an incident as told for all."""
        return self.incident.kept_service if self.incident else self.failure.kept_service

    @property
    def late(self) -> bool:
        """Whether our first answer missed its clock, to them or to anybody of their incident."""
        return self.failure.late or (self.incident is not None and self.incident.late)


def consistent(case: Case) -> Case:
    """This function will return the case if it does not contradict itself.

    Raises UnusableCase where amounts are in several currencies, or an incident's figures are not those of all.
    """
    failure, incident = case.failure, case.incident
    amounts = {
        "failure.price": failure.price,
        "customer.value": case.customer.value,
        "budget.left": case.budget.left,
        "incident.lowest_price": incident.lowest_price if incident else None,
        "incident.highest_floor": incident.highest_floor if incident else None,
        **{f"limits.{name}": one for name, one in case.limits.items()},
        **{f"floor.owed[{number}].amount": one.amount for number, one in enumerate(case.floor.owed)},
    }
    known = {name: one.currency for name, one in amounts.items() if one is not None}
    if len(set(known.values())) > 1:
        first, currency = next(iter(known.items()))
        other = next(name for name, one in known.items() if one != currency)
        raise UnusableCase(f"{other} is in {known[other]} and {first} in {currency}: give all amounts in one currency")
    if incident is None:
        return case
    if failure.late and not incident.late:
        raise UnusableCase("incident.late is false, but this one was answered late: it says whether anybody was")
    if failure.price is not None and incident.lowest_price is None:
        raise UnusableCase("incident.lowest_price is missing: give the lowest price of all whom the incident hit")
    if failure.price is not None and incident.lowest_price is not None and failure.price < incident.lowest_price:
        raise UnusableCase("incident.lowest_price is above failure.price: give the lowest of all whom it hit")
    total = case.floor.total
    if total and (incident.highest_floor is None or incident.highest_floor < total):
        raise UnusableCase("incident.highest_floor is below what is owed here: give the highest of all whom it hit")
    return case
