"""The single sentences that the naming of rules learns from: each of a kind that teaches, none told twice."""

from __future__ import annotations

from collections import Counter

import pytest
from benchmarks.naming_examples import VOICES, spoken


def test_each_voice_says_sentences_of_known_kinds_and_none_twice() -> None:
    said = [text for path in VOICES for _, text in spoken(path.read_text(encoding="utf-8"))]
    assert len(said) > 2500
    assert [text for text, count in Counter(said).items() if count > 1] == []


def test_a_line_is_of_the_kind_above_it() -> None:
    lines = "# A shop.\n[blame]\nYou dropped it.\n\n[near blame]\nI dropped it.\nYou saw me drop it.\n"
    assert [*spoken(lines)] == [
        ("blame", "You dropped it."),
        ("near_blame", "I dropped it."),
        ("near_blame", "You saw me drop it."),
    ]


def test_a_kind_that_teaches_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="No sentence is of the kind 'blam'"):
        [*spoken("[blam]\nYou dropped it.\n")]
