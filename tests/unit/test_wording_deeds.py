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
)
UNMENDED = (
    "The street is a long one and the numbers are old.",
    "I know the wedding is on Saturday.",
    "My scanner broke at noon, and I should have looked twice.",
    "I understand that you had to take a bus.",
    "The other lamps are fine.",
)


def blocked(text: str) -> set[str]:
    found = lint(text=text, rules=wording_rules(), case=Case(fault="ours")).findings
    return {item.rule for item in found if item.severity == "block"}


@pytest.mark.parametrize("sentence", MENDED)
def test_a_deed_is_a_repair_whatever_its_words(sentence: str) -> None:
    assert not blocked(FAILED + sentence) & {"wording.no-repair", "wording.no-next"}


@pytest.mark.parametrize("sentence", UNMENDED)
def test_what_is_only_told_repairs_nothing(sentence: str) -> None:
    assert "wording.no-repair" in blocked(FAILED + sentence)


def test_a_cold_report_of_our_failure_lacks_its_apology() -> None:
    report = "Your panels were installed facing east in place of west. Our crew will return on 4 December at 7.30."
    assert "wording.no-apology" in blocked(report)
    assert not lint(text=report, rules=wording_rules(), case=Case(fault="nobody")).flagged


def test_owning_with_a_should_is_no_condition() -> None:
    owned = "We should have done it in February, and we are sorry. The new belt is fitted tomorrow by noon."
    assert "wording.conditional" not in blocked(owned)
