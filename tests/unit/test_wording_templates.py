"""The message templates: all can be filled, none sells, and every apology passes its own linter."""

from __future__ import annotations

import string
from itertools import product

import pytest

from makegood.core.wording import Case, lint
from makegood.core.wording.types import FAULTS
from makegood.rules import playbooks
from makegood.rules.templates import (
    LOSSES,
    PLACEHOLDERS,
    UnableToFillTemplate,
    UnableToFindTemplate,
    apology_name,
    filled,
    names,
    template,
)
from makegood.rules.wording_data import wording_rules

COMMON = {
    "customer": "Ana Ferreira",
    "organization": "Porto Post",
    "owner": "Maria L\u00f3pez",
    "role": "counter 3",
    "next_by": "Thursday 5 May, 12:00",
    "word": "I will call you by Thursday 5 May, 12:00",
    "status_url": "https://example.test/s/abc",
    "amount": "\u20ac6.90",
    "remedy": "a courier to the party on Saturday",
    "answer": "Yes, gate 12 is the right one",
}
CASES = (
    {"what": "your parcel did not arrive", "when": "on Tuesday 3 May", "fix": "I have sent it again today"},
    {
        "what": "your card was charged twice",
        "when": "on 14 May at 18:20",
        "fix": "The second \u20ac64 is on its way back.",
    },
    {
        "what": "flight AA 12 to Boston landed 143 minutes late",
        "when": "on 23 July",
        "fix": "Your seat tomorrow is booked",
    },
)


@pytest.mark.parametrize("name", names())
def test_uses_only_known_places(name: str) -> None:
    used = {place for _, place, _, _ in string.Formatter().parse(template(name)) if place is not None}
    assert used <= PLACEHOLDERS
    assert {"customer", "status_url", "owner", "organization"} <= used


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("incident", "fixed"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_apology_passes_the_linter(
    loss: str, fault: str, incident: bool, fixed: bool, case: dict[str, str]
) -> None:
    text = filled(apology_name(loss=loss, fault=fault, incident=incident, fixed=fixed), **COMMON, **case)
    result = lint(text=text, rules=wording_rules(), case=Case(fault=fault, facts=(case["when"],), is_apology=True))
    assert result.findings == ()
    assert result.has_apology
    assert "repair" in result.elements
    assert ("responsibility" in result.elements) or fault != "ours"


WHATS = ("UA 1545 from EWR to MSP", "B6 725 from JFK to BQN, PNR KXZQ", "you were told off")
FIXES = sorted({fix.says for code in playbooks.names() for fix in playbooks.load(code).fixes.values()})


@pytest.mark.parametrize("fix", FIXES)
def test_an_apology_goes_whatever_was_promised_and_whatever_puts_it_right(fix: str) -> None:
    """What was promised is named by a source system, and the customer has read it there; the fixes are our own."""
    for loss, fault, incident, what in product(LOSSES, FAULTS, (False, True), WHATS):
        told = f"we did not keep our promise to you ({what})"
        name = apology_name(loss=loss, fault=fault, incident=incident)
        text = filled(name, **COMMON, what=told, when="on Tuesday 3 May", fix=fix)
        assert not lint(text=text, rules=wording_rules(), case=Case(fault=fault, told=(what,), is_apology=True)).flagged


REMEDIES = sorted({remedy.title for code in playbooks.names() for remedy in playbooks.load(code).remedies})


@pytest.mark.parametrize("remedy", REMEDIES)
def test_what_our_own_playbooks_give_is_offered_in_words_that_may_leave(remedy: str) -> None:
    given = remedy[:1].lower() + remedy[1:]
    for name in (name for name in names() if "{remedy}" in template(name)):
        text = filled(name, **{**COMMON, "remedy": given}, **CASES[0])
        assert lint(text=text, rules=wording_rules()).findings == ()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", [name for name in names() if "apology" not in name])
def test_the_other_messages_do_not_apologise_and_have_no_finding(name: str, case: dict[str, str]) -> None:
    result = lint(text=filled(name, **COMMON, **case), rules=wording_rules())
    assert not result.has_apology
    assert result.findings == ()


def test_a_clause_that_opens_a_sentence_gets_its_capital_and_one_full_stop() -> None:
    text = filled("apology.attention.ours", **COMMON, **CASES[1])
    assert "I am sorry. Your card was charged twice on 14 May at 18:20, and we" in text
    assert "The second \u20ac64 is on its way back. I would" in text


def test_paragraphs_are_one_line_and_signatures_are_not() -> None:
    text = filled("apology.money.ours", **COMMON, **CASES[0])
    assert "You do not have to send us anything" in text
    assert text.endswith("Maria L\u00f3pez\ncounter 3, Porto Post\n")


def test_nothing_goes_out_with_an_empty_place() -> None:
    with pytest.raises(UnableToFillTemplate, match="still needs status_url, owner"):
        filled("thanks_for_reply", **{**COMMON, "fix": "It is done", "owner": " ", "status_url": ""})


def test_facts_with_braces_are_left_as_they_are() -> None:
    assert "Hello {owner} {0}," in filled("update", **COMMON | CASES[0] | {"customer": "{owner} {0}"})


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnableToFindTemplate, match="no message template 'x'"):
        template("x")
    with pytest.raises(UnableToFindTemplate, match="in the language 'xx'"):
        template("update", "xx")
    with pytest.raises(UnableToFindTemplate, match="no apology for the loss 'luck'"):
        apology_name(loss="luck", fault="ours")
