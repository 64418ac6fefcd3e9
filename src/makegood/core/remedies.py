"""Remedies: which one make-good matches a loss, within the limit and the cap, and what must go with it.

The floor (what is owed) and the fix are not chosen here and are never reduced by what is: this is the extra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason, because

Loss = Literal["money", "goods", "service", "time", "attention", "trust"]
Form = Literal["money", "exchange", "reperformance", "credit", "coupon", "time_back", "personal", "gift"]

CAP_PERCENT: Final = 150
REJECTED_BAND: Final = (60, 120)
COUPON_LIKE: Final = frozenset({"credit", "coupon"})


@attrs.frozen(kw_only=True)
class Match:
    """What answers one kind of loss: the matching form, the fallback, and the least to say or do beside it."""

    form: Form | None
    fallback: Form | None
    non_monetary: str


MATCHES: Final[Mapping[str, Match]] = MappingProxyType(
    {
        "money": Match(
            form="money", fallback="credit", non_monetary="Acknowledge the mistake and send a corrected statement."
        ),
        "goods": Match(
            form="exchange", fallback="credit", non_monetary="Say what happened and when the new one arrives."
        ),
        "service": Match(form="reperformance", fallback="credit", non_monetary="Explain how it is being put right."),
        "time": Match(
            form="time_back",
            fallback="credit",
            non_monetary="Keep them posted or explain what happened; one of the two, not both.",
        ),
        "attention": Match(
            form="personal", fallback="gift", non_monetary="A named, accountable person listens and believes them."
        ),
        "trust": Match(
            form="personal",
            fallback=None,
            non_monetary="A senior owner takes the regulated path and says what is known.",
        ),
    }
)
"""EVIDENCE 6.2, after C1: a loss repaid in kind, else by the fallback."""

LATE_NON_MONETARY: Final = (
    "A named person speaks to them first and explains what is being done and why it took so long."
)

LOSSES: Final = frozenset(MATCHES)
FORMS: Final = frozenset({"money", "exchange", "reperformance", "credit", "coupon", "time_back", "personal", "gift"})


class UnusableRemedy(ValueError):
    """A catalogue item or a case names a loss or form that does not exist, or an amount below zero."""


@attrs.frozen(kw_only=True)
class Remedy:
    """One item of the catalogue: what it costs us, what it is worth to the customer, which losses it answers."""

    code: str
    title: str
    form: Form
    losses: frozenset[str] = attrs.field(converter=frozenset)
    cost: Money
    value: Money
    monetary: bool

    def __attrs_post_init__(self) -> None:
        unknown = sorted(self.losses - LOSSES)
        if unknown:
            raise UnusableRemedy(f"{self.code}: {unknown[0]!r} is no loss: use one of {', '.join(sorted(LOSSES))}")
        if self.form not in FORMS:
            raise UnusableRemedy(f"{self.code}: {self.form!r} is no form: use one of {', '.join(sorted(FORMS))}")
        if self.cost.minor < 0 or self.value.minor < 0:
            raise UnusableRemedy(f"{self.code}: give a cost and a value of at least 0")


@attrs.frozen(kw_only=True)
class Refused:
    """One catalogue item that would have answered the loss but may not be given, and why."""

    code: str
    reason: Reason


@attrs.frozen(kw_only=True)
class Choice:
    """The one make-good, or None; the amount where it is monetary; what is said or done beside it; and why."""

    remedy: Remedy | None
    amount: Money | None
    non_monetary: str
    reasons: tuple[Reason, ...]
    refused: tuple[Refused, ...]


_MATCH = because("remedy.match", "It repays the loss in kind.", evidence="C1")
_FALLBACK = because(
    "remedy.fallback",
    "It does not repay the loss in kind; of what may be given, it is the next best form.",
    evidence="C2",
)
_NOTHING = because("remedy.nothing", "No item of the catalogue answers this loss within the rules.", evidence="6.2")
_NON_MONETARY = because(
    "remedy.non_monetary", "Something said or done by a person goes with every remedy.", evidence="1.8"
)
_PRICE_UNKNOWN = because(
    "remedy.price_unknown",
    f"The price is not known, so the {CAP_PERCENT} % cap could not be applied: only the limit bounds it.",
    evidence="A2",
)
_REJECTED = because(
    "remedy.rejected",
    "They rejected the service: between 60 and 120 % of the price, floor included, matters most.",
    evidence="A1",
)
_KEPT = because("remedy.kept", "They kept the service: the first part of the amount matters most.", evidence="A1")
_KEPT_UNKNOWN = because(
    "remedy.kept_unknown", "Whether they kept the service or its price is not known: the least costly that fits."
)
_LATE = because("remedy.late", "The answer was late: no coupon or credit alone, a person first.", evidence="C5")
_TRUST = because("remedy.trust", "No coupon or credit until the facts are known.", evidence="6.2")
_LIMIT = because("remedy.limit", "Above the member's limit: ask for approval; the fix goes ahead.", evidence="G1")
_CAP = because("remedy.cap", f"Floor and extra together would pass {CAP_PERCENT} % of the price.", evidence="A2")
_CURRENCY = because("remedy.currency", "In another currency than the price, the floor or the limit.")
_EXPLAIN_LATE = because("remedy.explain", "After a slow answer explain the process.", evidence="P10")


def _refusal(
    remedy: Remedy,
    *,
    price: Money | None,
    limit: Money | None,
    floor: Money | None,
    late: bool,
) -> Reason | None:
    if late and remedy.form in COUPON_LIKE:
        return _LATE
    if limit is not None and remedy.cost:
        if remedy.cost.currency != limit.currency:
            return _CURRENCY
        if limit < remedy.cost:
            return _LIMIT
    if price is not None and remedy.value:
        owed = floor or Money(minor=0, currency=price.currency)
        if {remedy.value.currency, owed.currency} != {price.currency}:
            return _CURRENCY
        if CAP_PERCENT * price.minor < 100 * (owed.minor + remedy.value.minor):
            return _CAP
    return None


def _band_distance(total: int, price: int) -> tuple[int, bool]:
    """How far a total (in minor units) is from 60-120 % of the price, in hundredths; 0 inside it."""
    low, high = (price * percent for percent in REJECTED_BAND)
    if 100 * total < low:
        return low - 100 * total, False
    return max(0, 100 * total - high), True


def _best(
    remedies: Sequence[Remedy], *, price: Money | None, kept_service: bool | None, floor: Money | None
) -> tuple[Remedy, Reason]:
    """The one to give among those that may be given, independent of the catalogue's order."""
    if kept_service is False and price is not None:
        owed = floor.minor if floor else 0
        at = price.minor
        remedy = min(remedies, key=lambda one: (*_band_distance(owed + one.value.minor, at), one.cost.minor, one.code))
        return remedy, _REJECTED
    remedy = min(remedies, key=lambda one: (one.value.minor == 0, one.cost.minor, one.value.minor, one.code))
    return remedy, _KEPT if kept_service and price is not None else _KEPT_UNKNOWN


def choose(
    *,
    loss: str,
    price: Money | None,
    kept_service: bool | None,
    late: bool,
    catalogue: Sequence[Remedy],
    limit: Money | None,
    floor: Money | None,
) -> Choice:
    """This function will choose the one make-good beyond the floor, or none, and say why.

    `price` is what the failed service cost, None where unknown; `kept_service` whether the customer kept it; `late`
    whether our first answer missed its clock; `limit` what the giver may spend without asking, None for no limit;
    `floor` what is owed and paid apart from this. The cost stays within the limit; the value together with the floor
    within 150 % of the price, so a floor above that leaves no extra and is itself untouched. First the form that
    matches the loss, then its fallback (6.2); within a form the band of A1, then the least cost. A loss of
    trust has no fallback, so no coupon. An item in another currency than the price, floor or limit is refused. Raises
    UnusableRemedy for an unknown loss or a negative amount.
    """
    if loss not in MATCHES:
        raise UnusableRemedy(f"{loss!r} is no loss: use one of {', '.join(sorted(LOSSES))}")
    if any(amount is not None and amount.minor < 0 for amount in (price, limit, floor)):
        raise UnusableRemedy("Give a price, a limit and a floor of at least 0")
    match = MATCHES[loss]
    answering = [one for one in catalogue if loss in one.losses]
    refused: list[Refused] = []
    chosen: Remedy | None = None
    reasons: tuple[Reason, ...] = (_NOTHING,)
    for form, why in ((match.form, _MATCH), (match.fallback, _FALLBACK)):
        fitting = []
        for remedy in answering:
            if remedy.form == form:
                reason = _refusal(remedy, price=price, limit=limit, floor=floor, late=late)
                if reason:
                    refused.append(Refused(code=remedy.code, reason=reason))
                else:
                    fitting.append(remedy)
        if fitting:
            chosen, band = _best(fitting, price=price, kept_service=kept_service, floor=floor)
            reasons = (why, band, *((_PRICE_UNKNOWN,) if price is None else ()))
            break
    said = f"{LATE_NON_MONETARY} {match.non_monetary}" if late else match.non_monetary
    reasons += (_NON_MONETARY, *((_EXPLAIN_LATE,) if late else ()))
    return Choice(
        remedy=chosen,
        amount=chosen.value if chosen and chosen.monetary else None,
        non_monetary=said,
        reasons=reasons,
        refused=tuple(sorted(refused, key=lambda one: one.code)),
    )


def incident_base(
    *,
    loss: str,
    prices: Sequence[Money],
    floors: Sequence[Money],
    kept_service: bool | None,
    late: bool,
    catalogue: Sequence[Remedy],
    limit: Money | None,
) -> Choice:
    """This function will choose the one make-good that every customer of an incident gets beyond their own floor.

    It is chosen for the lowest price and the highest floor among them, so that it keeps the cap for each (invariants
    6 and 12; V1). All amounts are of one currency, else CurrenciesDiffer is raised.
    """
    choice = choose(
        loss=loss,
        price=min(prices, default=None),
        kept_service=kept_service,
        late=late,
        catalogue=catalogue,
        limit=limit,
        floor=max(floors, default=None),
    )
    same = because(
        "remedy.incident", "All customers of one incident get the same beyond their own floor.", evidence="V1"
    )
    return attrs.evolve(choice, reasons=(same, *choice.reasons))


def plan_faults(
    *, loss: str, late: bool, remedies: Sequence[Remedy], non_monetary: Sequence[str], facts_known: bool = False
) -> tuple[Reason, ...]:
    """This function will say what is wrong with a plan made by a person; nothing, if it may stand.

    Every plan holds something non-monetary (rule 9); a late one is not coupons and credit only (rule 8); a billing
    mistake is never answered by points or gifts only (rule 4); a loss of trust gets no coupon or credit while
    the facts are not known (6.2).
    """
    faults = []
    if not any(one.strip() for one in non_monetary):
        faults.append(_NON_MONETARY)
    forms = {remedy.form for remedy in remedies}
    if late and forms and forms <= COUPON_LIKE:
        faults.append(_LATE)
    if loss == "trust" and not facts_known and forms & COUPON_LIKE:
        faults.append(_TRUST)
    if loss == "money" and forms and not forms & {"money", "credit"}:
        faults.append(because("remedy.money_first", "Money lost is answered with money or credit.", evidence="C1"))
    return tuple(faults)
