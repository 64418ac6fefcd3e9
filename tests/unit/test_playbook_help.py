"""The help in a playbook's file: read whole, or refused with one sentence and its line; and what the shipped ones hold."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import jsonschema_rs
import pytest

from makegood.core.help.forms import TYPES
from makegood.rules.nodes import read_yaml
from makegood.rules.playbooks import UnusablePlaybook, load, names, parse, text_of
from makegood.rules.playbooks.schema import schema

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "playbooks.md"
SHIPPED = ("retail", "hospitality", "airline", "telecom", "property")


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("{ says: They want it anew, to: anew }", "{ says: Anew, to: kitchen }", "leads to kitchen", "to: kitchen"),
        ("      start: hear", "      start: begin", "begins with begin, which is no turn", "start: begin"),
        ("          then: promise\n", "", "go is a dead end", "        go:"),
        (
            "          then: promise\n",
            "          then: promise\n          answers: [{ says: Well, to: hear }]\n",
            "go has answers and then",
            "        go:",
        ),
        (
            "          then: promise\n",
            "          answers: [{ says: Well, to: go }]\n",
            "go leads in a circle that has no end",
            "        go:",
        ),
        (
            '        above:\n          say: ["I fetch',
            '        aboove:\n          say: ["I fetch',
            "leads to above",
            "{ says: They want the manager, to: above }",
        ),
        (
            "{ says: They stay where they are, to: stay }",
            "{ says: They stay where they are, to: own }",
            "stay is reached by no answer",
            "        stay:",
        ),
        ('say: ["Tell me everything', 'say: ["{name}, tell me', "names name, which is no fact", None),
        ("          then: promise", "          then: dance", "then must be one of", "then: dance"),
        ("          then: promise", "          then: fill_form", "must have form", "        go:"),
        (
            "          then: promise",
            "          then: fill_form\n          form: lost",
            "names lost, which is no form of this playbook",
            "form: lost",
        ),
        ("code: luggage, type: yes_no", "code: luggage, type: maybe", "type must be one of", None),
        ("code: luggage, type: yes_no", "code: room, type: yes_no", "has the code room, which another has", None),
        ("minimum: 0, maximum: 2000", "minimum: 9, maximum: 2", "must be no more than maximum", None),
        (
            'type: yes_no, label: "Did we',
            'type: yes_no, minimum: 1, label: "Did we',
            "minimum, which is for number",
            None,
        ),
        ('type: yes_no, label: "Did we', 'type: choice, label: "Did we', "is a choice without choices", None),
        ('type: yes_no, label: "Did we', 'type: file, label: "Did we', "is a file without files", None),
        ("most_mb: 5", "most_mb: 500", "must be a number from 1 to 5", "most_mb: 500"),
        ("files: [jpeg, png, heic, pdf]", "files: [exe]", "must be one of", None),
        ("code: shift, says: The", "code: Shift, says: The", "a short name of small letters", None),
        ("      channels: [counter]\n", "      channels: [pigeon]\n", "must be one of counter, phone, mail", None),
        ('{ says: "Yes, please", to: go }', "{ says: yes, to: go }", "put yes, no, on and off in quotes", None),
    ],
)
def test_each_flaw_is_told_in_one_sentence_with_its_line(old: str, new: str, says: str, line: str | None) -> None:
    text = text_of("hospitality")
    wrong = text.replace(old, new, 1)
    assert wrong != text
    with pytest.raises(UnusablePlaybook, match=r"^mine\.yaml, line ") as refused:
        parse(wrong, where="mine.yaml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    if line is not None:
        number = next(number for number, one in enumerate(wrong.splitlines(), start=1) if line in one)
        assert str(refused.value).startswith(f"mine.yaml, line {number}: ")


def test_what_the_schema_can_know_of_help_it_refuses_too() -> None:
    valid = jsonschema_rs.validator_for(schema())
    text = text_of("hospitality")
    for old, new in (("then: promise", "then: dance"), ("type: yes_no", "type: maybe"), ("must: true", "must: often")):
        assert not valid.is_valid(read_yaml(text.replace(old, new, 1), where="mine.yaml").data)


def test_what_the_guide_shows_can_be_published() -> None:
    blocks = [
        textwrap.dedent(block)
        for block in re.findall(r"(?:^    .*\n)+", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if block.lstrip().startswith(("checklists:", "forms:", "dialogues:"))
    ]
    assert len(blocks) == 3
    text = text_of("default")
    bare = text[: text.index("\nhelp:") + 1]
    found = parse(f"{bare}help:\n{textwrap.indent(''.join(blocks), '  ')}").help
    assert (len(found.checklists), len(found.forms), len(found.dialogues)) == (1, 1, 1)


def test_a_playbook_needs_no_help() -> None:
    text = text_of("default")
    bare = parse(text[: text.index("\nhelp:") + 1])
    assert not bare.help
    assert bare.steps == load("default").steps


@pytest.mark.parametrize("name", SHIPPED)
def test_each_trade_has_its_own_talks_lists_and_forms(name: str) -> None:
    given = load(name).help
    assert len(given.dialogues) >= 2
    assert {one.step for one in given.checklists} >= {"fix", "improve"}
    assert any(item.must for one in given.checklists if one.step == "fix" for item in one.items)
    assert any(field.type == "file" for one in given.forms for field in one.fields)
    for code in {one.code for one in given.dialogues} - {"late"}:
        assert all(code != one.code for other in SHIPPED if other != name for one in load(other).help.dialogues)


def test_an_apology_never_waits_for_a_list() -> None:
    for name in names():
        given = load(name).help
        assert not [one for one in given.checklists if one.step == "apologise" and any(i.must for i in one.items)]
        assert not [one for one in given.forms if one.step == "apologise" and one.must]


def test_the_shipped_forms_use_every_type() -> None:
    used = {field.type for name in SHIPPED for one in load(name).help.forms for field in one.fields}
    assert used == set(TYPES)


def test_no_talk_sells_or_asks_for_forgiveness() -> None:
    """R2: selling inside a service contact undoes its benefit; P5: asking for forgiveness is the least of an apology."""
    for name in names():
        for one in load(name).help.dialogues:
            said = " ".join(line for turn in one.turns.values() for line in turn.say).lower()
            assert not [
                word for word in ("forgive", "upgrade your", "special offer", "inconvenience", "policy") if word in said
            ]
