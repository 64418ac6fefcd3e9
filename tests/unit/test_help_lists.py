"""What a step asks for before it is done: required items and forms that fit the case, and nothing else."""

from __future__ import annotations

import pytest

from makegood.core.help.fitting import Fits
from makegood.core.help.forms import Field, Form
from makegood.core.help.lists import Checklist, Help, Item, lack_told, lacking

HELP = Help(
    checklists=(
        Checklist(
            code="list",
            step="fix",
            title="A list",
            items=(Item(code="must", says="It is there.", must=True), Item(code="may", says="It shines.")),
        ),
        Checklist(
            code="phone",
            step="fix",
            title="On the phone",
            items=(Item(code="number", says="You have the number.", must=True),),
            fits=Fits(kinds=frozenset({"outage"}), channels=frozenset({"phone"})),
        ),
    ),
    forms=(
        Form(code="form", step="fix", title="What came", must=True, fields=(Field(code="a", type="text", label="A"),)),
    ),
)


@pytest.mark.parametrize(
    ("ticked", "filled", "step", "codes"),
    [
        ({}, (), "fix", ["list.must", "form"]),
        ({"list": {"may"}}, (), "fix", ["list.must", "form"]),
        ({"list": {"must"}}, (), "fix", ["form"]),
        ({"other": {"must"}}, ("form",), "fix", ["list.must"]),
        ({"list": {"must"}}, ("form",), "fix", []),
        ({}, (), "stay", []),
    ],
)
def test_what_is_lacking(ticked: dict[str, set[str]], filled: tuple[str, ...], step: str, codes: list[str]) -> None:
    given = HELP.of(kind="rework", channels=("phone",))
    assert [one.code for one in lacking(given=given, step=step, ticked=ticked, filled=filled)] == codes


@pytest.mark.parametrize(
    ("kind", "channels", "fits"),
    [
        ("outage", ("phone", "mail"), True),
        ("outage", ("mail",), False),
        ("outage", (), False),
        ("rework", ("phone",), False),
    ],
)
def test_what_is_meant_for_other_cases_is_not_asked_for(kind: str, channels: tuple[str, ...], fits: bool) -> None:
    given = HELP.of(kind=kind, channels=channels, step="fix")
    assert ("phone" in {one.code for one in given.checklists}) is fits
    lacks = lacking(given=given, step="fix", ticked={}, filled=())
    assert ("phone.number" in {one.code for one in lacks}) is fits


def test_what_is_lacking_is_told_in_one_sentence_that_says_what_to_do() -> None:
    lacks = lacking(given=HELP.of(kind="rework", channels=()), step="fix", ticked={}, filled=())
    assert lack_told(lacks=lacks) == "Before this step is done: tick “It is there” and fill in “What came”."
    assert not HELP.of(kind="rework", channels=(), step="stay")
