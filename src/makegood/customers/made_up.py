"""Customers whom we made up ourselves, for a test: nothing that comes from outside can be about them."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.journal.operations import Happened

MADE_UP = "made_up"
"""What the journal's entry of an erasure says of who was made up."""


def may_be_named(entries: Sequence[Happened]) -> bool:
    """This function will tell whether what came from outside may name any of those who are erased."""
    return any(not entry.data.get(MADE_UP) for entry in entries)
