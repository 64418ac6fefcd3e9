"""Customers about whom nothing that comes from outside just now can be: what waits is left alone when they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from makegood.journal.operations import Happened

Unnamed = Literal["", "made_up", "long_gone"]
"""Why nothing that waits may name who is forgotten: we made them up for a test, or no sign of them came for years."""
NOT_NAMED: Final = frozenset({"made_up", "long_gone"})
"""What the journal's entry of an erasure says of them."""


def may_be_named(entries: Sequence[Happened]) -> bool:
    """This function will tell whether what came from outside may name any of those who are erased."""
    return any(not entry.data.keys() & NOT_NAMED for entry in entries)
