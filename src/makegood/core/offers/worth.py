"""What an extra is expected to be worth to us: the margin that a customer would take elsewhere otherwise.

Every figure is a prior (EVIDENCE 1.14), wide and not the house's own; `customer.value` replaces one of them.
"""

from __future__ import annotations

from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason, because

AT_RISK: Final = {
    1: (0.05, "P1", "5 % of later spending is lost after a mild failure"),
    2: (0.10, "P1", "10 % of later spending is lost after a failure that was noticed"),
    3: (0.24, "T2", "24 of 100 more buy again once satisfied, after a smaller problem"),
    4: (0.35, "T2", "35 of 100 more buy again once satisfied, after a large problem"),
}
"""By severity: the share of later margin that a good recovery keeps, where it comes from, and in words.

P1 found 5-10 % after trips that came late; TARP's table says 46 and 70 % (small), 19 and 54 % (large).
"""


@attrs.frozen(kw_only=True, slots=True)
class Stake:
    """The margin that hangs on recovering this customer, in minor units, and why."""

    minor: float
    reasons: tuple[Reason, ...]


def stake(*, price: Money | None, value: Money | None, severity: int, fault: str) -> Stake:
    """This function will estimate the margin at stake: what they are expected to bring, times the share at risk.

    What they bring is `value`, and never less than one more purchase at this price, so that nobody counts for nothing
    (V3). Where nobody is at fault, compensation does not move whether they buy again (C6): then it is 0.
    """
    if fault == "nobody":
        why = because(
            "worth.fault", "Nobody is at fault: giving more changes nothing in whether they return.", evidence="C6"
        )
        return Stake(minor=0.0, reasons=(why,))
    share, evidence, words = AT_RISK[severity]
    least = price.minor if price is not None else 0
    minor = max(least, value.minor) if value is not None else least
    told = because("worth.at_risk", f"{words}: a prior, not your own figure.".capitalize(), evidence=evidence)
    if value is None or value.minor < least:
        once = because(
            "worth.once", "One more purchase at this price is taken as what they would bring.", evidence="V3"
        )
        return Stake(minor=minor * share, reasons=(told, once))
    return Stake(minor=minor * share, reasons=(told,))
