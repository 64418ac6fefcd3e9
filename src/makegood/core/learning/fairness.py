"""Same case, different offer: who was offered more or less than others in the same case, by group and by employee.

Offers are ranked within each case, so that a few large ones decide nothing, and each level's rank sum is held against
what dealing the same offers out by lot would give (the stratified rank sum test of van Elteren 1960, its exact mean and
variance given the ties). Holm's step-down (1979) over all levels of all attributes keeps the chance of naming anybody
wrongly, in the whole report, at 5 %. It tells of ways of giving, not of persons: what explains a difference is for
people to find out.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import Final

import attrs

from makegood.core.reasons import Reason, because

LEAST_OFFERS: Final = 10
"""A level with fewer offers in cases that others had too is not judged: its rank sum is not near enough to normal."""
ERROR: Final = 0.05


class UnusableOffers(ValueError):
    """Offers can't be compared: an amount is no number, or one lacks an attribute that the others have."""


@attrs.frozen(kw_only=True)
class Offer:
    """One extra that was offered, or none (0): the case it was offered in, how much, and by attribute whose it was.

    `case` says what makes cases the same (failure kind, severity, loss, price band); `amount` in minor units or as a
    share of the price, alike in all; `who` holds for each attribute its level: {"group": "new", "employee": "m-17"}.
    """

    case: str
    amount: float
    who: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Difference:
    """One level of an attribute, against all others in the same cases.

    `offers` is how many of its offers could be compared, `cases` in how many cases; `by` how much more (or less) it was
    offered on average there, in the amount's unit; `p` adjusted for all comparisons of the report, None where too few.
    """

    attribute: str
    level: str
    offers: int
    cases: int
    by: float | None
    p: float | None

    @property
    def shown(self) -> bool:
        """Whether a difference is shown, with at most 5 % chance that any of the report is named wrongly."""
        return self.p is not None and self.p <= ERROR

    @property
    def reason(self) -> Reason:
        """The finding in one sentence."""
        who = f"{self.attribute} {self.level}"
        if self.p is None or self.by is None:
            text = (
                f"{who}: too few to compare, {self.offers} offers in cases that others had too ({LEAST_OFFERS} needed)."
            )
        elif self.shown:
            text = (
                f"{who}: offered {abs(self.by):.4g} {'more' if self.by > 0 else 'less'} than others in the same "
                f"{self.cases} cases ({self.offers} offers, p = {self.p:.2g} after all comparisons)."
            )
        else:
            text = f"{who}: no difference shown from {self.offers} offers in {self.cases} cases (p = {self.p:.2g})."
        return because("learning.fairness", text, evidence="V1")


@attrs.frozen
class _Case:
    """One case's offers: amounts with their midranks, and the ranks' spread."""

    amounts: tuple[float, ...]
    ranks: tuple[float, ...]

    @property
    def spread(self) -> float:
        """The ranks' sum of squares around their mean, over n - 1."""
        middle = (len(self.ranks) + 1) / 2
        return sum((rank - middle) ** 2 for rank in self.ranks) / (len(self.ranks) - 1)


def _ranked(amounts: Sequence[float]) -> _Case:
    counts, below, rank = Counter(amounts), 0, {}
    for amount in sorted(counts):
        rank[amount] = below + (counts[amount] + 1) / 2
        below += counts[amount]
    return _Case(tuple(amounts), tuple(rank[amount] for amount in amounts))


def compare(*, offers: Iterable[Offer]) -> tuple[Difference, ...]:
    """This function will compare each level of each attribute with all others in the same case, most telling first.

    Raises UnusableOffers.
    """
    cases: dict[str, list[Offer]] = defaultdict(list)
    attributes: set[frozenset[str]] = set()
    for offer in offers:
        if not math.isfinite(offer.amount):
            raise UnusableOffers(f"Give each offer an amount, not {offer.amount}")
        attributes.add(frozenset(offer.who))
        cases[offer.case].append(offer)
    if len(attributes) > 1:
        raise UnusableOffers("Give every offer the same attributes")
    ranked = [(inside, _ranked([offer.amount for offer in inside])) for inside in cases.values() if len(inside) > 1]
    names = sorted(next(iter(attributes), ()))
    raw = [
        _against_others(name, level, ranked)
        for name in names
        for level in sorted({offer.who[name] for inside in cases.values() for offer in inside})
    ]
    return _held(raw)


def _against_others(attribute: str, level: str, ranked: Sequence[tuple[list[Offer], _Case]]) -> Difference:
    """One level's stratified rank sum, each case weighed by 1/(n+1) as van Elteren does; `p` is not yet adjusted."""
    off, variance, mine_count, case_count, apart, weight = 0.0, 0.0, 0, 0, 0.0, 0.0
    for offers, case in ranked:
        mine = [place for place, offer in enumerate(offers) if offer.who[attribute] == level]
        size, own = len(offers), len(mine)
        if not 0 < own < size:
            continue
        scale = 1 / (size + 1)
        off += scale * (sum(case.ranks[place] for place in mine) - own * (size + 1) / 2)
        variance += scale**2 * own * (size - own) / size * case.spread
        total, ours = sum(case.amounts), sum(case.amounts[place] for place in mine)
        worth = own * (size - own) / size
        apart += worth * (ours / own - (total - ours) / (size - own))
        weight += worth
        mine_count, case_count = mine_count + own, case_count + 1
    if mine_count < LEAST_OFFERS:
        return Difference(attribute=attribute, level=level, offers=mine_count, cases=case_count, by=None, p=None)
    p = 2 * NormalDist().cdf(-abs(off) / math.sqrt(variance)) if variance else 1.0
    return Difference(attribute=attribute, level=level, offers=mine_count, cases=case_count, by=apart / weight, p=p)


def _held(raw: Sequence[Difference]) -> tuple[Difference, ...]:
    """Holm's adjusted p: each times how many are left, never below the one before."""
    judged = sorted((one for one in raw if one.p is not None), key=lambda one: (one.p or 0.0, one.attribute, one.level))
    held, least = [], 0.0
    for place, one in enumerate(judged):
        least = max(least, min(1.0, (len(judged) - place) * (one.p or 0.0)))
        held.append(attrs.evolve(one, p=least))
    return (*held, *(one for one in raw if one.p is None))
