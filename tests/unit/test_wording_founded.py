"""What a machine's letter says and its case does not is found; what the case says, however it is written, is not."""

from __future__ import annotations

import pytest

from makegood.core.wording.founded import unfounded

KNOWN = (
    "the parcel to Porto did not arrive on Tuesday 3 March",
    "Thursday 5 March, 09:00",
    "a voucher (€1,250.00): offered",
    "Corner Shop",
    "https://shop.example/s/abc",
)


def found(text: str, *, language: str = "en") -> list[tuple[str, str]]:
    return [(text[start:end], kind) for start, end, kind in unfounded(text=text, known=KNOWN, language=language)]


@pytest.mark.parametrize(
    "text",
    [
        "I am sorry that the parcel to Porto did not come on Tuesday 3 March.",
        "You hear from me by 9:00 on Thursday.",
        "You hear from me by 9 on Thursday 5 March.",
        "The voucher of €1250 is yours.",
        "The voucher of 1.250,00 € is yours.",  # as other languages group it
        "All of it is here: https://shop.example/s/abc.",
        "I'm on it. We hear you, and I\u2019ll write.",
        "“Sorry” is not enough.",
    ],
)
def test_what_the_case_says_is_founded(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("You get €50 back.", ("50", "number")),
        ("You get 250 back.", ("250", "number")),  # a part of a number is another number
        ("You hear from me by 10:00.", ("10:00", "number")),
        ("It failed on the 4th.", ("4", "number")),
        ("Log in at http://evil.example/x, please.", ("http://evil.example/x", "link")),
        ("Log in at evil.example/pay now.", ("evil.example/pay", "link")),
        ("Write to boss@evil.example.", ("boss@evil.example", "link")),
        ("It went to Lisbon instead.", ("Lisbon", "name")),
        ("You hear from me on Friday.", ("Friday", "name")),
        ("Our courier, Marco, lost it.", ("Marco", "name")),
    ],
)
def test_what_the_case_does_not_say_is_found(text: str, what: tuple[str, str]) -> None:
    assert found(text) == [what]


def test_a_language_whose_nouns_have_capitals_is_not_searched_for_names() -> None:
    """In German every noun would be one; numbers are looked at all the same."""
    assert found("Ihr Paket kam am Freitag nicht an, Sie bekommen 50 Euro.", language="de") == [("50", "number")]


def test_a_number_inside_a_link_is_the_link() -> None:
    assert found("See https://shop.example/s/12345 there.") == [("https://shop.example/s/12345", "link")]
