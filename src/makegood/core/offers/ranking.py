"""Ranking extras: how relevant, how compelling now, how new to them, at what cost; in words to be read aloud."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.offers.amounts import most
from makegood.core.offers.case import FRAGILE, Case, Fact
from makegood.core.offers.items import Item
from makegood.core.offers.worth import Stake
from makegood.core.reasons import Reason, because
from makegood.core.remedies import COUPON_LIKE, LOSSES, Remedy

MOST_EXTRAS: Final = 3
OCCASION_DAYS: Final = 14
"""So near an occasion has to be, on either side, to make an extra compelling now. A policy."""
WORD: Final = re.compile(r"[^\W_]+")
SHARE_FACT, SHARE_LOSS, SHARE_ANY = 1.0, 0.6, 0.3
"""How relevant an extra is: it meets a fact of the customer, answers what they lost, or neither. A policy."""
AT_HAND, SOON, LATER = 1.0, 0.7, 0.4
"""How compelling it is now: at hand or for a near occasion; here tomorrow; later. A policy."""


@attrs.frozen(kw_only=True, slots=True)
class Extra:
    """One extra that may be given: its cost and value, what we expect it to keep (minor units), and why."""

    code: str
    title: str
    form: str
    cost: Money
    value: Money
    score: float
    worth_minor: float
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, object]:
        """This extra in the shape of `makegood offer`."""
        return {
            "id": self.code,
            "cost": self.cost.as_dict(),
            "value": self.value.as_dict(),
            "reasons": [reason.as_dict() for reason in self.reasons],
        }


@attrs.frozen(kw_only=True, slots=True)
class NotOffered:
    """One thing that was left out, and why."""

    code: str
    reason: Reason

    def as_dict(self) -> dict[str, object]:
        """This in the shape of `makegood offer`."""
        return {"id": self.code, "reasons": [self.reason.as_dict()]}


@attrs.frozen(kw_only=True, slots=True)
class Room:
    """What is left for an extra: the most it may cost, by whose limit, and the most it may be worth (minor units).

    None is no bound. `price` is the price on budget.
    """

    cost: int | None
    bound_by: str
    value: int | None
    price: float
    currency: str

    def too_dear(self) -> Reason:
        """Why something is left out that keeps less than the price on budget asks."""
        return because(
            "extra.budget_price",
            f"It may keep less than the {self.price:.2f} for each unit of cost that the price on budget asks: the money"
            " does more elsewhere.",
        )

    def too_costly(self) -> Reason:
        """Why something is left out that costs more than is left."""
        left = Money(minor=self.cost or 0, currency=self.currency)
        return because("extra.limit", f"It costs more than the {left} that {self.bound_by} leaves.", evidence="G1")


_HAND = because("extra.now", "It can be given now.")
_SOON = because("extra.now", "It is there tomorrow.")
_OCCASION = because("extra.now", "It is for an occasion that is near.")
_NEW = because("extra.novel", "They have not had it from us before.")
_LOSS = because("extra.relevant", "It answers what they lost.", evidence="C1")
_ANY = because("extra.relevant", "It is a gesture that fits anybody.", evidence="1.8")
_PLACE = because("extra.place", "It cannot be had at this place.")
_STOCK = because("extra.stock", "There is none left.")
_DISLIKE = because("extra.dislike", "They told us that they do not like it.")
_LATE = because("extra.late", "Our answer was late: no coupon or credit as an extra.", evidence="C5")
_TRUST = because("extra.trust", "No coupon or credit until the facts are known.", evidence="6.2")
_NO_SUM = because("extra.sum", "What it costs is not known: it is a share of an unknown price, or in another currency.")
_CAP = because("extra.cap", "With the rest it would pass the share of the price that helps.", evidence="A2")
_FRAGILE = because(
    "extra.fragile",
    "They are new or fragile: the least costly extra stays open to them, whatever the price on budget.",
    evidence="V3",
)


@attrs.frozen(kw_only=True, slots=True)
class _Candidate:
    """An item that may be given, in minor units, with the fact that it meets and how often they had it before."""

    item: Item
    cost: int
    value: int
    met: Fact | None
    had: int
    score: float
    worth: float


def room_beside(
    *, case: Case, given: Remedy | None, floor: Money | None, limit: Money | None, bound_by: str, currency: str
) -> Room:
    """This function will work out what is left for an extra once the remedy is given."""
    price = case.failure.price
    owed = floor.minor if floor is not None else 0
    top = most(price=price, group=case.incident is not None).minor if price is not None else None
    return Room(
        cost=max(0, limit.minor - (given.cost.minor if given else 0)) if limit is not None else None,
        bound_by=bound_by,
        value=max(0, top - owed - (given.value.minor if given else 0)) if top is not None else None,
        price=case.budget.price,
        currency=currency,
    )


def ranked(
    *, items: Sequence[Item], case: Case, facts: Sequence[Fact], room: Room, hanging: Stake, now: datetime
) -> tuple[tuple[Extra, ...], tuple[NotOffered, ...]]:
    """This function will rank the extras that answer the loss, at most three, and say why others are left out.

    Each of them fits beside the remedy by itself. First comes the one whose expected kept margin, less its cost at the
    price on budget (at least 1), is largest; then the more fitting, the less costly, the code. The score is relevance
    times what is compelling now times novelty, each between 0 and 1. An extra that would keep less than the price on
    budget asks is left out; for a new or fragile customer the least costly one never is (V3).
    """
    told = [(fact, frozenset(WORD.findall(fact.text.lower()))) for fact in facts]
    liked = {word: fact for fact, words in told if fact.kind != "dislike" for word in words}
    disliked = frozenset[str]().union(*(words for fact, words in told if fact.kind == "dislike"))
    had = Counter(past.code for past in case.history if past.what == "extra")
    price = case.failure.price.minor if case.failure.price is not None else None
    fitting: list[_Candidate] = []
    dear: list[_Candidate] = []
    left_out: list[NotOffered] = []
    for item in items:
        if case.failure.loss not in item.losses:
            continue
        sums = item.sums(price=price, currency=room.currency)
        refusal = _barred(item, case, disliked) or (_NO_SUM if sums is None else _too_much(*sums, room))
        if refusal is not None or sums is None:
            left_out.append(NotOffered(code=item.code, reason=refusal or _NO_SUM))
            continue
        one = _candidate(item, sums, liked, had[item.code], hanging, now.date())
        (dear if room.price and one.worth < room.price * one.cost else fitting).append(one)
    spared = None
    if dear and not fitting and case.customer.group in FRAGILE:
        spared = min(dear, key=lambda one: (one.cost, -one.score, one.item.code))
        dear.remove(spared)
        fitting.append(spared)
    if dear:
        reason = room.too_dear()
        left_out += [NotOffered(code=one.item.code, reason=reason) for one in dear]
    weight = max(1.0, room.price)
    fitting.sort(key=lambda one: (weight * one.cost - one.worth, -one.score, one.cost, one.item.code))
    best = fitting[:MOST_EXTRAS]
    extras = [_extra(one, hanging, room.currency, now.date(), spared=one is spared) for one in best]
    return tuple(extras), tuple(left_out)


def _barred(item: Item, case: Case, disliked: frozenset[str]) -> Reason | None:
    """Why an item is not for this customer here and now, whatever it costs."""
    if item.places and case.place not in item.places:
        return _PLACE
    if item.stock is not None and item.stock <= 0:
        return _STOCK
    if disliked and not disliked.isdisjoint(item.tags):
        return _DISLIKE
    if item.form in COUPON_LIKE and (case.late or case.failure.loss == "trust"):
        return _LATE if case.late else _TRUST
    return None


def _too_much(cost: int, value: int, room: Room) -> Reason | None:
    if room.cost is not None and cost > room.cost:
        return room.too_costly()
    return _CAP if room.value is not None and value > room.value else None


def _candidate(
    item: Item, sums: tuple[int, int], liked: Mapping[str, Fact], had: int, hanging: Stake, today: date
) -> _Candidate:
    met = next((liked[tag] for tag in item.tags if tag in liked), None)
    score = _relevance(item, met)[0] * _compelling(item, met, today)[0] / (1 + had)
    return _Candidate(
        item=item, cost=sums[0], value=sums[1], met=met, had=had, score=score, worth=hanging.minor * score
    )


def _extra(one: _Candidate, hanging: Stake, currency: str, today: date, *, spared: bool) -> Extra:
    item, cost = one.item, Money(minor=one.cost, currency=currency)
    kept = Money(minor=round(one.worth), currency=currency)
    before = f"They have had it {'once' if one.had == 1 else f'{one.had} times'} before."
    return Extra(
        code=item.code,
        title=item.title,
        form=item.form,
        cost=cost,
        value=Money(minor=one.value, currency=currency),
        score=one.score,
        worth_minor=one.worth,
        reasons=(
            because("extra.say", _aloud(item, one.met) + (item.says or f"{item.title}.")),
            _meets(item, one.met) if one.met else _relevance(item, None)[1],
            _compelling(item, one.met, today)[1],
            because("extra.novel", before) if one.had else _NEW,
            because("extra.worth", f"It costs us {cost} and may keep {kept} of margin (a prior)."),
            *hanging.reasons,
            *((_FRAGILE,) if spared else ()),
        ),
    )


ALOUD: Final = {
    "occasion": "You told us of the {tag}. ",
    "stage": "You told us of the {tag}. ",
    "last_visit": "Last time it was the {tag}. ",
}


def _tag(item: Item, met: Fact) -> str:
    words = WORD.findall(met.text.lower())
    return next(tag for tag in item.tags if tag in words)


def _aloud(item: Item, met: Fact | None) -> str:
    if met is None:
        return ""
    return ALOUD.get(met.kind, "You told us that you like {tag}. ").format(tag=_tag(item, met))


def _meets(item: Item, met: Fact) -> Reason:
    return because("extra.relevant", f"It meets what they told us ({met.source}): {_tag(item, met)}.")


def _relevance(item: Item, met: Fact | None) -> tuple[float, Reason]:
    if met is not None:
        return SHARE_FACT, _ANY
    return (SHARE_LOSS, _LOSS) if len(item.losses) < len(LOSSES) else (SHARE_ANY, _ANY)


def _compelling(item: Item, met: Fact | None, today: date) -> tuple[float, Reason]:
    if met is not None and met.on_date is not None and item.lead_days <= OCCASION_DAYS:
        away = (met.on_date - today).days
        if abs(away) <= OCCASION_DAYS and item.lead_days <= max(away, 0):
            return AT_HAND, _OCCASION
    if item.lead_days == 0:
        return AT_HAND, _HAND
    return (SOON, _SOON) if item.lead_days == 1 else (LATER, because("extra.now", f"It takes {item.lead_days} days."))
