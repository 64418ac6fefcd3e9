"""The states of a make-good: one table of what may follow what, and one function."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a make-good stands. Offered is not delivered; what is owed begins as accepted, since it needs no yes.

    Shadowed is what delivered would be, had its source not only watched: nobody has it.
    """

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DECLINED = "declined"
    SWAPPED = "swapped"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SHADOWED = "shadowed"


class UnableToMoveMakeGood(ValueError):
    """This make-good is settled or was changed meanwhile: reload it to see what can be done."""


MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.OFFERED: frozenset(
            {
                State.ACCEPTED,
                State.DELIVERED,
                State.DECLINED,
                State.SWAPPED,
                State.EXPIRED,
                State.WITHDRAWN,
                State.SHADOWED,
            }
        ),
        State.ACCEPTED: frozenset({State.DELIVERED, State.WITHDRAWN, State.SHADOWED}),
        State.DELIVERED: frozenset(),
        State.DECLINED: frozenset(),
        State.SWAPPED: frozenset(),
        State.EXPIRED: frozenset(),
        State.WITHDRAWN: frozenset(),
        State.SHADOWED: frozenset(),
    }
)

CAME_TO_NOTHING: Final = frozenset({State.DECLINED, State.SWAPPED, State.EXPIRED, State.WITHDRAWN})
"""States whose cost is given back: to the ledger, and to the allowance of the person who offered it."""

HAD: Final = (State.DELIVERED, State.SHADOWED)
"""What a customer has, or would have."""

SETTLED_IN: Final[Mapping[str, str]] = MappingProxyType({"money": "cash", "credit": "credit", "coupon": "credit"})
"""The account that a form is settled in when it is delivered; every other form is settled in kind."""


def move(*, state: str, to: State) -> State:
    """This function will return the state after a move.

    Raises UnableToMoveMakeGood for a move that the table does not hold.
    """
    if to not in MOVES[State(state)]:
        raise UnableToMoveMakeGood(f"This make-good is {state}, so it cannot become {to}: reload it.")
    return to
