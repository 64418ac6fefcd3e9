"""What the product itself proposes to write is never what its own rules object to."""

from __future__ import annotations

import re
from itertools import product

import pytest

from makegood.console.building.saying import Facts, instead, mended
from makegood.core.wording import Case, Linted, lint
from makegood.core.wording.types import FAULTS
from makegood.rules.wording_data import wording_rules

QUOTED = re.compile(r'"([A-Z][^"]*\w[.!?])"')
CLAUSES = (
    "we let you down", "the till was down", "the till charged you twice", "your room was not ready",
    "we did not keep our promise to you (the parcel to Porto)", "our colleague was rude to you", "the soup was cold",
    "you waited 40 minutes for a table", "the delivery was late", "your flight was cancelled",
)  # fmt: skip
BY = ("today 14:00", "tomorrow 09:30", "Thu 12:00", "12 May 14:00", "3 Jan 2027 08:15")
SIGNED = ("Joris Vos\nLumen & Co", "Joris Vos, for Maria López\ncustomer care, Porto Post", "Ben Osei\nHudson Air")
CORPORATE = (
    "Dear Ana,\n\nI am sorry if you felt any inconvenience. We will make sure this never happens again.\n\nMaria López",
    "Dear Ana,\n\nWe apologise for any inconvenience caused. Mistakes were made. Someone will be in touch.\n\nJoris Vos",
    "Dear Ana,\n\nWe value your feedback. Unfortunately our policy does not allow refunds.\n\nJoris Vos\nLumen & Co",
)
RULES = wording_rules()
WHOLE = [(rule.id, said) for rule in RULES.rules.values() for said in QUOTED.findall(rule.suggestion)]


def _facts(*, fault: str, clause: str = "the till was down", by: str = BY[0]) -> Facts:
    return Facts(clause=clause, on="Monday 2 March", by=by, fault=fault)


def _judged(text: str, fault: str) -> Linted:
    return lint(text=text, rules=RULES, case=Case(fault=fault, is_apology=True))


@pytest.mark.parametrize(("clause", "by"), list(product(CLAUSES, BY)))
@pytest.mark.parametrize("fault", FAULTS)
def test_the_apology_that_we_begin_has_no_finding(fault: str, clause: str, by: str) -> None:
    """Sorry for what happened, taking it on, and what comes by when: whatever happened, whosever fault it was."""
    facts = _facts(fault=fault, clause=clause, by=by)
    for signed in SIGNED:
        text = f"Dear Ana,\n\n{facts.sorry} {facts.own} {facts.next}\n\n{signed}\n"
        assert _judged(text, fault).findings == (), text


def test_there_are_whole_sentences_to_judge() -> None:
    """The suggestions of the rules quote sentences to say instead; without any the next test would say nothing."""
    assert len(WHOLE) >= 5


@pytest.mark.parametrize(("rule", "said"), WHOLE)
def test_a_sentence_that_a_rule_suggests_has_no_finding(rule: str, said: str) -> None:
    """Alone it breaks no rule, and in a letter that is fine without it the letter stays fine."""
    assert lint(text=said, rules=RULES, case=Case(is_apology=False)).findings == ()
    facts = _facts(fault="ours", clause="we sent your parcel to the wrong address")
    assert _judged(f"Dear Ana,\n\n{facts.sorry} {facts.own} {said} {facts.next}\n\nJoris Vos\n", "ours").findings == ()


@pytest.mark.parametrize("text", CORPORATE)
@pytest.mark.parametrize("fault", FAULTS)
def test_taking_every_suggestion_leads_to_a_letter_that_may_go(fault: str, text: str) -> None:
    """Each press mends one finding; a dozen presses leave none that must be changed, and the last text says sorry."""
    facts = _facts(fault=fault)
    for _ in range(12):
        must = [one.as_dict() for one in _judged(text, fault).findings if one.severity == "block"]
        if not must:
            break
        text = mended(text, must[0], facts)
    left = _judged(text, fault)
    assert not left.flagged, (text, left.findings)
    assert left.has_apology


@pytest.mark.parametrize("rule", sorted(RULES.rules))
@pytest.mark.parametrize("fault", FAULTS)
def test_what_we_say_instead_for_a_rule_breaks_none(rule: str, fault: str) -> None:
    """For each rule the sentence that the page offers, or leaving the passage out, is itself without a finding."""
    say, _ = instead({"rule": rule}, _facts(fault=fault))
    if say:
        found = lint(text=say, rules=RULES, case=Case(fault=fault, is_apology=False)).findings
        assert found == (), say
