"""`makegood playbook` checks a file with one clear error and its line, draws it, and prints the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from makegood.cli.main import cli
from makegood.rules.playbooks import text_of
from makegood.rules.playbooks.schema import schema_text


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text_of("hospitality"), encoding="utf-8")
    return path


def test_a_good_file_is_said_to_be_fit(mine: Path) -> None:
    answer = CliRunner().invoke(cli, ["playbook", "check", str(mine)], standalone_mode=False)
    assert answer.return_value == 0
    assert answer.output == "mine.yaml: For guests of a hotel or restaurant: fit to be published as hospitality\n"


def test_a_wrong_file_gets_one_line_with_the_line_number(mine: Path) -> None:
    lines = text_of("hospitality").splitlines()
    at = next(number for number, line in enumerate(lines) if "every_minutes: 15" in line)
    lines[at] = lines[at].replace("15", "often")
    mine.write_text("\n".join(lines), encoding="utf-8")
    answer = CliRunner().invoke(cli, ["playbook", "check", str(mine)], standalone_mode=False)
    assert answer.return_value == 1
    said = f"mine.yaml, line {at + 1}: clocks.escalation.every_minutes must be a number from 1 to 525600"
    assert answer.output == f"{said}\n"
    told = CliRunner().invoke(cli, ["playbook", "check", str(mine), "--json"], standalone_mode=False)
    assert json.loads(told.output) == {"usable": False, "error": said}


@pytest.mark.parametrize("text", ["", "- 1", "code: [", "\tcode: x", "&a [*a, *a]"])
def test_what_is_no_playbook_at_all_is_said_in_one_line(mine: Path, text: str) -> None:
    mine.write_text(text, encoding="utf-8")
    answer = CliRunner().invoke(cli, ["playbook", "check", str(mine)], standalone_mode=False)
    assert answer.return_value == 1
    assert answer.output.count("\n") == 1
    assert "line " in answer.output


def test_it_is_drawn_to_a_file_or_to_the_terminal(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.svg"
    answer = CliRunner().invoke(cli, ["playbook", "draw", str(mine), "--out", str(out)], standalone_mode=False)
    assert answer.return_value == 0
    shown = CliRunner().invoke(cli, ["playbook", "draw", str(mine)], standalone_mode=False)
    assert shown.output == out.read_text(encoding="utf-8")
    assert shown.output.startswith("<svg ")


def test_the_schema_is_printed() -> None:
    answer = CliRunner().invoke(cli, ["playbook", "schema"], standalone_mode=False)
    assert answer.output == schema_text()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"a" * 300_000])
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.yaml"
    if content is not None:
        path.write_bytes(content)
    answer = CliRunner().invoke(cli, ["playbook", "check", str(path)])
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
