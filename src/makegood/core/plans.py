"""Plans: how grave a failure is, who must own it, whom it hit, and how likely its clock is to be missed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason, because

Group = Literal["new", "regular", "unknown"]
GRAVEST: Final = 4
HIGHEST_TIER: Final = 3


@attrs.frozen(kw_only=True)
class SeverityRule:
    """A severity for failures of some kinds, losses or prices; an empty set or no price asks for nothing.

    `price_from` counts only against a price of the same currency.
    """

    severity: int
    kinds: frozenset[str] = frozenset()
    losses: frozenset[str] = frozenset()
    price_from: Money | None = None

    def fits(self, *, kind: str, loss: str, price: Money | None) -> bool:
        """This function will say whether the rule speaks of this failure."""
        if (self.kinds and kind not in self.kinds) or (self.losses and loss not in self.losses):
            return False
        if self.price_from is None:
            return True
        return price is not None and price.currency == self.price_from.currency and self.price_from <= price


@attrs.frozen(kw_only=True)
class Graded:
    """A severity from 1 to 4 and why."""

    severity: int
    reasons: tuple[Reason, ...]


def severity(
    *, kind: str, loss: str, price: Money | None, rules: Sequence[SeverityRule], at_least: int, repeated: bool = False
) -> Graded:
    """This function will grade a failure: the gravest rule that fits, one graver where it is repeated.

    It is never under `at_least`, which is how grave it was judged when it was noticed. `repeated` says that this
    customer had another failure within the playbook's watch (EVIDENCE 8 rule 14).
    """
    fitting = [rule.severity for rule in rules if rule.fits(kind=kind, loss=loss, price=price)]
    grade = max([*fitting, at_least])
    reasons: tuple[Reason, ...] = (_FITS if grade in fitting else _NOTICED,)
    if repeated and grade < GRAVEST:
        grade, reasons = grade + 1, (*reasons, _REPEATED)
    return Graded(severity=grade, reasons=reasons)


_FITS = because("severity.rule", "The gravest of the playbook's rules that fit its kind, loss and price.")
_NOTICED = because("severity.noticed", "As grave as it was judged when it was noticed; no rule makes it graver.")
_REPEATED = because("severity.repeated", "This customer was failed before within the watch.", evidence="D1")


def raised(*, level: int, by: int = 1, most: int = GRAVEST) -> int:
    """This function will raise a severity, or a tier with `most` 3, and never above the highest."""
    return min(most, level + by)


def group(*, first_purchase_at: datetime | None, this_purchase_at: datetime) -> Group:
    """This function will say whether the customer is new (no earlier purchase), regular or unknown.

    `this_purchase_at` is when what failed was bought, or when the failure happened where no purchase is known.
    """
    if first_purchase_at is None:
        return "unknown"
    return "regular" if first_purchase_at < this_purchase_at else "new"


def shortened(*, minutes: int, percent: int) -> int:
    """This function will take a share of a target's minutes, at least one if there were any."""
    return minutes if percent == 100 else max(min(minutes, 1), minutes * percent // 100)


def p_miss(*, left_seconds: float, slacks: Sequence[float], prior: Decimal, cases_needed: int) -> Decimal:
    """This function will estimate the chance that a clock with `left_seconds` to go is missed.

    `slacks` are, sorted, how many seconds before their deadline past clocks of this target were met; negative where
    they were missed. Of those that were still unmet with so much time left it is the share that missed; with fewer
    than `cases_needed` such cases it is the `prior`. Past the deadline it is 1.
    """
    if left_seconds <= 0:
        return Decimal(1)
    still_unmet = bisect_left(slacks, left_seconds)
    if still_unmet < cases_needed:
        return prior
    return Decimal(bisect_left(slacks, 0.0)) / still_unmet


def expected_loss(*, at_stake_minor: int, chance: Decimal) -> int:
    """This function will weigh what is at stake (price, floor and open make-good, minor units) with a chance."""
    return int((at_stake_minor * chance).to_integral_value(rounding=ROUND_HALF_UP))
