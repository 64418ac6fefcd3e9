"""Whose fault the name of a cause speaks of."""

from __future__ import annotations

import pytest

from makegood.core.fault_words import fault_named


@pytest.mark.parametrize(
    ("cause", "fault"),
    [
        ("Weather", "nobody"),
        ("Departure / Snow on the runway", "nobody"),
        ("It was nobody", "nobody"),
        ("Delivery / Carrier lost it", "partner"),
        ("Payment provider was down", "partner"),
        ("Weather / Courier did not drive", "partner"),  # the last part is the most telling
        ("Double tap at the till", ""),
        ("We did not plan for storms", ""),  # what we left undone is ours
        ("Notice / Price list", ""),  # "ice" is a word of its own
        ("", ""),
    ],
)
def test_a_cause_speaks_of_its_fault(cause: str, fault: str) -> None:
    """Only plain words for the weather or for a partner do, and none where it speaks of us."""
    assert fault_named(cause=cause) == fault
