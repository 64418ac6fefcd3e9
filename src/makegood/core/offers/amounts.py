"""The amount: which share of the price, by whether the service was kept, by what is owed already, and in a group."""

from __future__ import annotations

from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason, because
from makegood.core.remedies import CAP_PERCENT, REJECTED_BAND

AIM_PERCENT: Final = 80
"""Of the price, where the service was rejected: the point of A3, inside the band of A1."""
FIRST_PERCENT: Final = {1: 5, 2: 10, 3: 15, 4: 20}
"""Of the price by severity, where the service was kept. A1 found the shape only; the sizes are our policy."""
GROUP_MOST_PERCENT: Final = sum(REJECTED_BAND) // 2
"""The most for one of a group that knows of each other, floor included: the middle of the band. A6 found that returns
end earlier; how much earlier is our policy."""


@attrs.frozen(kw_only=True, slots=True)
class Amount:
    """An amount beyond what is owed, or None where the price is not known, and why it is this one."""

    money: Money | None
    reasons: tuple[Reason, ...]


_UNKNOWN = Amount(
    money=None,
    reasons=(because("amount.unknown", "The price is not known, so no share of it can be worked out."),),
)


def most(*, price: Money, group: bool) -> Money:
    """This function will say what all together may be worth, what is owed included, in money of the price."""
    return Money(minor=price.minor * (GROUP_MOST_PERCENT if group else CAP_PERCENT) // 100, currency=price.currency)


def amount_for(*, price: Money | None, floor: Money | None, kept: bool | None, severity: int, group: bool) -> Amount:
    """This function will work out how much money or credit to offer beyond what is owed.

    Where the service was rejected, what is owed and this together come to 80 % of the price, which lies between the
    60 and 120 % that matter most (A1, A3). Where it was kept, or that is not known, it is the first part only: 5, 10,
    15 or 20 % by severity (1-4). All together never passes 150 % of the price (A2), nor 90 % in a group (A6); where
    what is owed reaches that alone, the amount is 0 and what is owed stays as it is. `floor` is in the currency of
    `price`.
    """
    if price is None:
        return _UNKNOWN
    owed = floor.minor if floor is not None else 0
    room = max(0, most(price=price, group=group).minor - owed)
    if kept is False:
        wanted = max(0, price.share(AIM_PERCENT).minor - owed)
        low, high = REJECTED_BAND
        reasons = [
            because(
                "amount.rejected",
                f"They rejected the service: with what is owed it comes to {AIM_PERCENT} % of the price,"
                f" within the {low} to {high} % that matter most.",
                evidence="A1",
            ),
            because(
                "amount.aim",
                f"{AIM_PERCENT} % satisfied hotel guests as an error-free stay did; elsewhere it is a first guess.",
                evidence="A3",
            ),
        ]
    else:
        percent = FIRST_PERCENT[severity]
        wanted = price.share(percent).minor
        known = "They kept the service" if kept else "Whether they kept the service is not known"
        reasons = [
            because("amount.kept", f"{known}: the first part does most, so it stays small.", evidence="A1"),
            because(
                "amount.first",
                f"{percent} % of the price at severity {severity}: our policy, no finding.",
            ),
        ]
    given = min(wanted, room)
    if given < wanted:
        reasons.append(_held_back(group=group, percent=GROUP_MOST_PERCENT if group else CAP_PERCENT))
    if owed and kept is False:
        reasons.append(because("amount.floor", "What is owed is paid besides and is never lowered.", evidence="2.3"))
    money = Money(minor=given, currency=price.currency)
    reasons.append(because("amount.sum", f"So {money} of a price of {price}."))
    return Amount(money=money, reasons=tuple(reasons))


def _held_back(*, group: bool, percent: int) -> Reason:
    if group:
        return because(
            "amount.group",
            f"Held at {percent} % of the price, what is owed included: all know that all get the same, and more does"
            " less then. That returns end earlier is found; where is our policy.",
            evidence="A6",
        )
    return because("amount.cap", f"Held at {percent} % of the price, what is owed included.", evidence="A2")
