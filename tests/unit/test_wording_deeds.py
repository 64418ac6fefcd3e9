"""Repairs told in other words than any list holds: by us or for the customer, free, on its way, or at a time."""

from __future__ import annotations

import pytest

from makegood.core.wording import Case, lint
from makegood.rules.wording_data import wording_rules

FAILED = "Dear Mrs Bello, we sent your lamp to the wrong street on Monday and I am sorry. "
MENDED = (
    "The taxi, 4,200 Ft, was transferred to you this morning.",
    "We won't charge for this month's work.",
    "I have asked the court to accept it late.",
    "All who waited get a free week.",
    "It's off your bill.",
    "All the clocks were set last night.",
    "A fitter sees your mother tomorrow at 9.",
    "Nobody needs to send more money.",
    "You have not been charged the last 200 dollars and there will be no fees for May.",
    "A crew's coming this afternoon before five.",
    "A second lamp went out at noon, tracked, with you Friday. Keep the first.",
    "im leaving Otley now, 40 mins, ill fit it for you and theres a bulb extra free",
    "A revised bill reaches you by 3 June.",
    "First week's storage is struck off.",
    "The doctor's bills come to us.",
    "He's back Wednesday 8-9 with the proper one.",
    "Please take the larger one in bay 2, at the price of the small one.",
)
UNMENDED = (
    "The street is a long one and the numbers are old.",
    "I know the wedding is on Saturday.",
    "My scanner broke at noon, and I should have looked twice.",
    "I understand that you had to take a bus.",
    "The other lamps are fine.",
    "It is up to us to pay for the glass. The hole is boarded up for now.",
    "That is our job to put right, of course.",
    "I'll be more careful in future, promise.",
)


def blocked(text: str) -> set[str]:
    found = lint(text=text, rules=wording_rules(), case=Case(fault="ours")).findings
    return {item.rule for item in found if item.severity == "block"}


def stopped(text: str) -> set[str]:
    """What is found, as what stops it or as advice, in a message that may not go; nothing in one that may."""
    result = lint(text=text, rules=wording_rules(), case=Case(fault="ours"))
    return {item.rule for item in result.findings} if result.flagged else set()


@pytest.mark.parametrize("sentence", MENDED)
def test_a_deed_is_a_repair_whatever_its_words(sentence: str) -> None:
    assert not blocked(FAILED + sentence) & {"wording.no-repair", "wording.no-next"}


@pytest.mark.parametrize("sentence", UNMENDED)
def test_what_is_only_told_repairs_nothing(sentence: str) -> None:
    assert "wording.no-repair" in stopped(FAILED + sentence)


def test_a_cold_report_of_our_failure_lacks_its_apology() -> None:
    report = "Your panels were installed facing east in place of west. Our crew will return on 4 December at 7.30."
    assert "wording.no-apology" in blocked(report)
    assert not lint(text=report, rules=wording_rules(), case=Case(fault="nobody")).flagged


def test_owning_with_a_should_is_no_condition() -> None:
    owned = "We should have done it in February, and we are sorry. The new belt is fitted tomorrow by noon."
    assert "wording.conditional" not in blocked(owned)


COLD = (
    "Your 7.30 taxi came at 8.15. We left late. We have refunded $48 and the $12 for parking.",
    "The chair ordered in green was delivered in grey. Collection is on 14 August between 8 and 12.",
    "Your paid seat was reassigned without you being told. The $64 has been returned to your card.",
)


@pytest.mark.parametrize("text", COLD)
def test_a_repair_without_a_sorry_or_owning_lacks_its_apology(text: str) -> None:
    assert "wording.no-apology" in stopped(text)


def test_owning_it_outright_is_an_apology_without_the_word() -> None:
    owned = "The sole came off after nine days. That is our doing. We have refunded \u20ac95.00 today."
    assert "wording.no-apology" not in blocked(owned)


@pytest.mark.parametrize(
    "sentence",
    [
        "You have rung five times, which I'd gently suggest is a lot.",
        "An hour of calls is rather more than a ten-pound matter needs.",
    ],
)
def test_a_gentle_put_down_is_dismissive(sentence: str) -> None:
    assert "wording.dismissive" in stopped("We charged you twice on Monday, our mistake, and we apologise. " + sentence)


def test_a_heading_in_capitals_is_no_jargon() -> None:
    text = "FOUND: one key, in your lamp. LOST: one key, by me. I am sorry. I bring it tomorrow at 9."
    assert "wording.jargon" not in blocked(text)
