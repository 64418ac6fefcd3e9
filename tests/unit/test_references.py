"""Which words of a letter may be an order's number: as they are copied, and no year, price or day."""

from __future__ import annotations

import pytest

from makegood.core.references import LONGEST, MOST_LETTERS, MOST_WORDS, references_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My order LG-506675 has not come.", ("LG-506675",)),
        ("Where is (LG-506675)? And lg-506676!", ("LG-506675", "lg-506676")),
        ("Bestellung 1001 fehlt", ("1001",)),
        ("Order no. 1001, please", ("1001",)),
        ("#1001", ("1001",)),
        ("# 1001 and № 1002", ("1001", "1002")),
        ("commande n° 1001", ("1001",)),
        ("booking reference: XKJQPT", ("XKJQPT",)),
        ("Booking XKJQPT", ("XKJQPT",)),
        ("506675 is mine", ("506675",)),
        ("A/12345", ("A/12345", "12345")),
        ("LG-1111/LG-2222", ("LG-1111/LG-2222", "LG-1111", "LG-2222")),
        # no numbers of an order
        ("in 2026 it cost 1250 euro, on the 21st", ("21st",)),
        ("It came on 7 March, at 9am", ()),
        ("order was late", ()),
        ("SHOUTING PEOPLE", ()),
        ("order 12", ()),
        ("", ()),
    ],
)
def test_a_number_is_found_as_it_was_copied(text: str, found: tuple[str, ...]) -> None:
    assert references_in(text=text) == found


def test_limits_hold_at_their_edges() -> None:
    many = " ".join(f"X-{number:04}" for number in range(MOST_WORDS + 1))
    assert len(references_in(text=many)) == MOST_WORDS
    assert references_in(text="1" * LONGEST) == ("1" * LONGEST,)
    assert references_in(text="1" * (LONGEST + 1)) == ()
    assert references_in(text=" " * (MOST_LETTERS - 6) + "X-1234 X-5678") == ("X-1234",)
