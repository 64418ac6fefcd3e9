"""The card of a customer's page that tells of their group and of what they are likely to spend."""

from __future__ import annotations

from typing import Final

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.viewmodels.ledger import WorthCard
from makegood.core.value.foreseen import YEAR_WEEKS
from makegood.customers.worth import Learning, Worth

GROUPS: Final = {
    "unknown": "Not known yet",
    "new": "New",
    "fragile": "Regular, fragile",
    "regular": "Regular",
    "high_value": "Regular, of high value",
}


def worth_card(desk: Desk, worth: Worth) -> WorthCard:
    """This function will tell of a customer's worth in plain words, and say so where it is not known."""
    seen = worth.foreseen
    reasons = [one.as_dict() for one in (*worth.stood.reasons, *(seen.reasons if seen else ()))]
    if seen is None or worth.learning is None:
        return WorthCard(group=GROUPS[worth.stood.group], reasons=words.reason_lines(reasons), unknown=worth.unknown)
    returned_once = len({one["rule"] for one in reasons} & {"group.new", "group.once", "group.unknown"})
    return WorthCard(
        group=GROUPS[worth.stood.group],
        reasons=words.reason_lines(reasons),
        expected=desk.money(seen.minor, worth.currency),
        low=desk.money(seen.low_minor, worth.currency),
        high=desk.money(seen.high_minor, worth.currency),
        ahead="12 months" if seen.weeks >= YEAR_WEEKS else f"{seen.weeks:.0f} weeks",
        alive="" if returned_once else f"{seen.alive:.0%}",
        learnt=_learnt(worth.learning),
    )


def _learnt(learning: Learning) -> str:
    return (
        f"Learnt from {learning.customers:,} customers, of whom {learning.returned:,} bought again, by their purchases"
        f" up to {learning.until:%-d %B %Y}."
    )
