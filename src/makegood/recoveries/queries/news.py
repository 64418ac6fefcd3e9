"""Which word does the next step of a recovery, and from when it may leave: one window holds one kind of news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from makegood.core.nights import ONE_KIND_IN
from makegood.messages.reaching import told_otherwise

WRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"apologise": "apology", "respond": "update", "communicate": "outcome", "stay": "follow_up"}
)
MENDED: Final = ("done", "skipped")


def word_of(*, next_step: str, states: Mapping[str, str]) -> str:
    """This function will say which message does the next step, from the states of all steps; "" where none does.

    Once it is put right and made good the next word is how it ended, not how far we are.
    """
    ended = all(states.get(step) in MENDED for step in ("fix", "make_good"))
    return "outcome" if next_step == "respond" and ended else WRITES.get(next_step, "")


def words_from(*, organization_id: int, kinds: Mapping[int, str], now: datetime) -> dict[int, datetime]:
    """This function will say from when the words of these kinds, by thread, may leave, where they may not yet."""
    said = [(thread_id, kind, now) for thread_id, kind in kinds.items()]
    earlier = told_otherwise(organization_id=organization_id, said=said)
    return {thread_id: word.at + ONE_KIND_IN for thread_id, word in earlier.items()}
