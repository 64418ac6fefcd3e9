"""What may be given without asking: how much room each limit and budget leaves, which one refuses, who may say yes.

Limits bound the extra only. What is owed and what puts it right are never held to any of them (EVIDENCE G1, rule 16).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, Literal

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason, because

Kind = Literal["day", "recovery", "customer", "budget"]
DEPUTY_AFTER: Final = timedelta(minutes=30)
"""How long who is asked for a yes has before a deputy is asked too. A policy, not a finding."""


@attrs.frozen(kw_only=True)
class Room:
    """What one limit or budget leaves: `limit` is the whole of it, `left` what is neither promised nor given yet.

    `name` says which budget it is; the other kinds need none.
    """

    kind: Kind
    limit: Money
    left: Money
    name: str = ""

    def fits(self, cost: Money) -> bool:
        """This function will say whether a cost fits; one in another currency does not, and nothing always does."""
        return not cost or (cost.currency == self.left.currency and cost.minor <= self.left.minor)


_LEAVES: Final = {
    "day": "you can give {left} more today",
    "recovery": "in one recovery you may give {limit} without asking, of which {left} is left here",
    "customer": "to one customer you may give {limit} in a year without asking, of which {left} is left",
    "budget": "{left} is left of the budget {name}",
}


def least(rooms: Sequence[Room]) -> Room:
    """This function will find which of these leaves least, the first of equals; all are of one currency."""
    return min(rooms, key=lambda one: one.left.minor)


def refusing(rooms: Iterable[Room], *, cost: Money) -> Room | None:
    """This function will find the first of these that a cost does not fit."""
    return next((one for one in rooms if not one.fits(cost)), None)


def leaves(room: Room) -> str:
    """This function will say in half a sentence what a limit or budget leaves."""
    return _LEAVES[room.kind].format(left=room.left, limit=room.limit, name=room.name)


def why_not(room: Room, *, cost: Money, ask: str) -> Reason:
    """This function will say why a cost does not fit, how much would, and whom to ask (a name, or what to do)."""
    if cost.currency != room.left.currency:
        whose = f"the budget {room.name} is" if room.kind == "budget" else "limits are"
        said = f"This costs {cost}, and {whose} in {room.left.currency}: choose something else, or ask {ask}."
    else:
        said = f"This costs {cost} and {leaves(room)}: choose something smaller, or ask {ask}."
    return because(f"limits.{room.kind}", said, evidence="G1")


@attrs.frozen(kw_only=True)
class Approver:
    """Somebody who may say yes for others: their tier (2 manager, 3 admin), and what they themselves may give."""

    member_id: int
    name: str
    tier: int
    present: bool
    rooms: tuple[Room, ...]


def approvers(team: Iterable[Approver], *, cost: Money) -> tuple[Approver, ...]:
    """This function will list those whose own limits cover a cost: who is here first, then the lowest tier.

    The first is asked; the second is the deputy.
    """
    able = [one for one in team if refusing(one.rooms, cost=cost) is None]
    return tuple(sorted(able, key=lambda one: (not one.present, one.tier, one.member_id)))
