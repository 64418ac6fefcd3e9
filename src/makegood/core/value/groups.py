"""Groups of customers by rule: new, fragile, regular, high value, or unknown, and why.

A group speaks of the extra alone. What is owed, what puts it right, how fast and by whom never come to less for any
group (V3); a playbook may only be quicker for who is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import attrs

from makegood.core.reasons import Reason, because
from makegood.core.value.fitting import Fit
from makegood.core.value.foreseen import Foreseen
from makegood.core.value.histories import History
from makegood.core.value.model import expected_average, expected_purchases

Standing = Literal["unknown", "new", "fragile", "regular", "high_value"]
FEW_DAYS: Final = 3
"""Up to so many days with a purchase a customer counts as having few, which buffer less. Our choice, after D2."""
QUIET: Final = 0.5
"""Under this chance that they still buy here, a customer counts as going quiet."""
HIGHEST_SHARE: Final = 0.1
"""The share of customers from whom most is expected; from the least of them on, a customer is of high value."""


ASKED_MOST: Final = 5_000
"""Of so many customers, evenly drawn, it is reckoned from where on somebody is among the highest."""


def high_from(*, fit: Fit, pasts: Sequence[History], weeks: float) -> int:
    """This function will return from what expected spending on (minor units) a customer is among the highest.

    At least one customer is asked of; the answer is the same whatever their order.
    """
    ranked = sorted(pasts, key=attrs.astuple)[:: -(-len(pasts) // ASKED_MOST)]
    best = fit.best
    expected = sorted(
        expected_purchases(buying=best.buying, past=past, weeks=weeks)
        * expected_average(spending=best.spending, past=past)
        for past in ranked
    )
    return round(expected[min(len(expected) - 1, int(len(expected) * (1 - HIGHEST_SHARE)))])


@attrs.frozen(kw_only=True, slots=True)
class Stood:
    """A customer's group and why."""

    group: Standing
    reasons: tuple[Reason, ...]


def acquainted(*, purchases: int) -> Literal["unknown", "new", "regular"]:
    """This function will say how well a customer is known by what they bought: new is who bought once, ever."""
    return "regular" if purchases > 1 else "new" if purchases == 1 else "unknown"


def standing(*, purchases: int, days: int, foreseen: Foreseen | None, high_from_minor: int | None) -> Stood:
    """This function will say which group a customer is of, by the first of these rules that fits.

    Nothing bought: unknown. Bought once: new (`acquainted`). On few days, or likely gone: fragile. Much expected of
    them: high value. Else regular. `days` are those with one of the `purchases`; `foreseen` and `high_from_minor`
    (minor units over the same weeks, of the same currency) are None where too little is known to foresee. Being
    fragile comes before being worth much, so that value never takes away what care gives.
    """
    known = acquainted(purchases=purchases)
    if known != "regular":
        return Stood(group=known, reasons=(_UNKNOWN if known == "unknown" else _NEW,))
    if days <= FEW_DAYS:
        rule, on = ("group.once", "one day") if days == 1 else ("group.few", f"{days} days")
        few = because(rule, f"They bought on {on} so far: few purchases buffer less.", evidence="D2")
        return Stood(group="fragile", reasons=(few, _STARVED))
    if foreseen is not None and foreseen.alive < QUIET:
        said = f"They were away for longer than usual: the chance that they still buy here is {foreseen.alive:.0%}."
        return Stood(group="fragile", reasons=(because("group.quiet", said, evidence="BG/NBD"), _STARVED))
    if foreseen is not None and high_from_minor is not None and 0 < high_from_minor <= foreseen.minor:
        return Stood(group="high_value", reasons=(_HIGH, _EXTRA_ONLY))
    return Stood(group="regular", reasons=(because("group.regular", f"They bought on {days} days so far."),))


_UNKNOWN = because("group.unknown", "No purchase of theirs is known.")
_NEW = because("group.new", "Their first purchase so far: new customers are the most likely to leave.", evidence="V3")
_STARVED = because("group.fragile", "Who is fragile comes before who is worth most.", evidence="V3")
_HIGH = because(
    "group.high_value",
    f"They are among the {HIGHEST_SHARE:.0%} of customers from whom most is expected.",
    evidence="BG/NBD",
)
_EXTRA_ONLY = because("group.extra", "That may change the extra, never what is owed or puts it right.", evidence="V5")
