"""The published JSON Schema of playbooks says what the loader says, because it is drawn up from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from makegood.rules.nodes import line_of, read_yaml
from makegood.rules.playbooks import UnusablePlaybook, names, parse, text_of
from makegood.rules.playbooks.schema import schema, schema_text

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "playbook.schema.json"


def test_what_is_published_is_what_the_loader_asks() -> None:
    if os.environ.get("MAKEGOOD_WRITE_SCHEMA"):
        PUBLISHED.write_text(schema_text(), encoding="utf-8")
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def _places(shape: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, shape
    for name, below in shape.get("properties", {}).items():
        yield from _places(below, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(shape.get(key), dict):
            yield from _places(shape[key], f"{path}.*")


def test_every_key_that_may_stand_in_a_playbook_stands_in_one_that_is_shipped() -> None:
    unseen = [path for path, shape in _places(schema()) if not {"type", "enum"} & shape.keys()]
    assert unseen == []


@pytest.mark.parametrize("name", names())
def test_the_shipped_playbooks_are_valid(name: str) -> None:
    jsonschema_rs.validator_for(schema()).validate(read_yaml(text_of(name), where=name).data)


@pytest.mark.parametrize(
    ("old", "new", "line_after"),
    [
        ("title: For orders that are delivered", "titel: For orders", None),
        ("title: For orders that are delivered", "title: 7", "title: 7"),
        ("fix: { minutes: 1440, warn_minutes: 240 }", "fix: { minutes: 0 }", "fix: { minutes: 0 }"),
        ("own: { minutes: 15,", "own: { minutes: 1.5,", "own: { minutes: 1.5,"),
        ("fix: { clock: fix, send: person }", "fix: { clock: fix, minutes: 5, send: person }", "minutes: 5, send"),
        ("fix: { clock: fix, send: person }", "fix: { clock: fix, send: soon }", "send: soon"),
        ('prior: "0.10"', 'prior: "1.5"', 'prior: "1.5"'),
        ("kinds: [wrong_charge, rework]", "kinds: [nonsense]", "nonsense"),
        ("  any: { title: Put", "  other: { title: Put", "fixes:"),
        ("form: exchange", "form: gold", "form: gold"),
        ("cost: { minor: 800, currency: EUR }", "cost: { minor: -1, currency: EUR }", "minor: -1"),
        ("certain_to_notice: false", "certain_to_notice: perhaps", "perhaps"),
        ("evidence: P2", "evidence: X99", "X99"),
        ("follow_ups:\n", "follow_ups: []\nfollow_up:\n", None),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses_too_and_the_line_is_told(
    old: str, new: str, line_after: str | None
) -> None:
    text = text_of("retail")
    assert old in text
    wrong = text.replace(old, new, 1)
    with pytest.raises(UnusablePlaybook) as refused:
        parse(wrong, where="mine.yaml")
    assert not jsonschema_rs.validator_for(schema()).is_valid(read_yaml(wrong, where="mine.yaml").data)
    if line_after is not None:
        line = next(number for number, one in enumerate(wrong.splitlines(), start=1) if line_after in one)
        assert str(refused.value).startswith(f"mine.yaml, line {line}: ")
    assert "\n" not in str(refused.value)


def test_a_line_is_found_for_keys_items_and_what_is_not_there() -> None:
    text = "a: 1\nb:\n  - x\n  - y: 2\n"
    assert [line_of(text, path) for path in [("a",), ("b", 0), ("b", 1, "y"), ("b", 7), ("c",), ()]] == [
        1,
        3,
        4,
        2,
        1,
        1,
    ]


def test_the_schema_is_json_that_editors_can_read() -> None:
    assert json.loads(schema_text())["$schema"].endswith("2020-12/schema")
