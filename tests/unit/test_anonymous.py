"""Who a story is about is taken out of it: known names, addresses of every kind, and whatever holds a digit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from makegood.core.anonymous import anonymised

NAMES = ("Ana Ferreira", "Seán O'Brien", "An Li")
TABLE = [
    ("Ana Ferreira wrote from ana.f@example.org.", "[name] wrote from [address]"),
    ("ANA's lamp came.", "[name]'s lamp came."),
    ("Mr O'Brien and Brien's son", "Mr [name] and [name]'s son"),
    ("An called; an hour later it was there.", "[name] called; an hour later it was there."),
    ("Banana bread for Anabel", "Banana bread for Anabel"),
    ("Call +31 6 1234 5678 about order A-12345/B.", "Call +[number] about order [number]."),
    ("It cost 1,200.50 EUR on 2026-03-02 at 14:00.", "It cost [number] EUR on [number] at [number]."),
    ("We met in Baker Street 221b.", "We met in [address]."),
    ("The parcel to Hoofdstraat 5 was late.", "The parcel to [address] was late."),
    ("Rua do Almada, 12 in Porto", "[address] in Porto"),
    ("She stood in the street, on her way home.", "She stood in the street, on her way home."),
    ("See https://example.org/a?b=c or @anafer.", "See [address] or [address]"),
]


@pytest.mark.parametrize(("text", "left"), TABLE)
def test_what_names_somebody_is_taken_out_and_the_rest_stays(text: str, left: str) -> None:
    assert anonymised(text=text, names=NAMES) == left


@given(
    text=some.lists(
        some.sampled_from(
            (
                "Ana",
                "FERREIRA",
                "brien",
                "the lamp",
                "12",
                "+31 20",
                "a@b.org",
                "Baker Street 2",
                "Kade 7b",
                "came,",
                "\n",
            )
        ),
        max_size=12,
    ).map(" ".join)
)
def test_nothing_known_is_left_and_doing_it_again_changes_nothing(text: str) -> None:
    left = anonymised(text=text, names=NAMES)
    assert not re.search(r"\d|@|\b(?:ana|ferreira|brien)\b", left, re.IGNORECASE)
    assert anonymised(text=left, names=NAMES) == left


@given(text=some.text(max_size=80))
def test_no_digit_is_ever_left(text: str) -> None:
    assert not any(letter.isdigit() and letter.isascii() for letter in anonymised(text=text))
