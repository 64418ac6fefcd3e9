"""A message that says otherwise than its case: names, sums, orders and promised days, on both sides."""

from __future__ import annotations

import pytest

from makegood.core.wording import Case, lint
from makegood.rules.wording_data import wording_rules


def wrong(text: str, **facts: str) -> list[str]:
    """The passages of `text` that contradict the case."""
    findings = lint(text=text, rules=wording_rules(), case=Case(**facts)).findings  # type: ignore[arg-type]
    return [finding.text for finding in findings if finding.rule == "wording.wrong-fact"]


@pytest.mark.parametrize(
    ("text", "facts", "passage"),
    [
        ("Dear Mr Pohl, I am sorry.", {"customer": "Mr Weiss"}, "Mr Pohl"),
        ("Dear Mr Weiss, I am sorry.", {"customer": "Mrs Weiss"}, "Mr Weiss"),
        ("Hi Jonah, sorry about the steak.", {"customer": "Jonas"}, "Jonah"),
        ("Dear Mrs Underhill, we are sorry, Mrs Underwood, again.", {"customer": "Mrs Underhill"}, "Mrs Underwood"),
        ("I have put €65 back on your card.", {"amount": "€85"}, "€65"),
        ("You get the 10,000 Ft back on Friday.", {"amount": "8,000 Ft"}, "10,000 Ft"),
        ("We took £24 off the bill.", {"amount": "£42.00"}, "£24"),
        ("The right one leaves today, order 1187.", {"order": "1178"}, "1187"),
        ("It was parcel BK-3370.", {"order": "BK-3307"}, "BK-3370"),
        ("We promised it for Tuesday and did not come.", {"promised": "Monday"}, "Tuesday"),
        ("It was due on 11 June.", {"promised": "10 June"}, "11 June"),
        ("You were booked for 14:30.", {"promised": "15:30"}, "14:30"),
    ],
)
def test_finds_what_contradicts_the_case(text: str, facts: dict[str, str], passage: str) -> None:
    assert wrong(text, **facts) == [passage]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Dear Ms Weiss, I am sorry. Mr Pohl will call you.", {"customer": "Ms Weiss"}),
        ("Hi Anna, I am sorry.", {"customer": "Mrs Weiss"}),
        ("Dear Zoë, I am sorry.", {"customer": "Zoe"}),
        ("Sorry, the courier lost it.", {"customer": "Mrs Weiss"}),
        ("Dear guest, I am sorry.", {"customer": "guest"}),
        ("I have put €85 back on your card, and €10 for the taxi.", {"amount": "€85.00"}),
        ("You get 1.250,00 € back on Friday.", {"amount": "1,250 €"}),
        ("The taxi was €19 and we pay it too.", {"amount": "€85"}),
        ("Order 1178 leaves today on van 1187.", {"order": "#1178"}),
        ("Ring me on 555 0142 before 5.", {"order": "4471-B"}),
        ("We promised Monday, and it comes on Tuesday.", {"promised": "Monday 3 June"}),
        ("It will be with you on Thursday.", {"promised": "Monday"}),
        ("You were booked for 3:30 pm.", {"promised": "15:30"}),
        ("Anything at all.", {}),
    ],
)
def test_leaves_alone_what_agrees_or_says_something_else(text: str, facts: dict[str, str]) -> None:
    assert wrong(text, **facts) == []


def test_a_wrong_fact_blocks() -> None:
    result = lint(text="Dear Mr Pohl, hello.", rules=wording_rules(), case=Case(customer="Mr Weiss"))
    assert result.flagged
