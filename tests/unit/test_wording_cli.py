"""`makegood lint`: what it prints, its exit status, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makegood.cli import main as entry
from makegood.cli.lint import MOST_BYTES
from makegood.core.wording import blank

FINE = "Hi Ana, I forgot your cake on Tuesday. I'm sorry. I have baked a new one and will bring it at two today."


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["makegood", "lint", *arguments])
    with pytest.raises(SystemExit) as stop:
        entry.main()
    return int(stop.value.code or 0)


@pytest.fixture
def message(tmp_path: Path) -> Path:
    return tmp_path / "message.txt"


def test_nothing_to_change(message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    message.write_text(FINE, encoding="utf-8")
    assert run(monkeypatch, str(message)) == 0
    assert capsys.readouterr().out == "Nothing to change.\n"


def test_findings_as_json(message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\u0130lk. We apologise for any inconvenience."
    message.write_text(text, encoding="utf-8")
    assert run(monkeypatch, "--json", str(message)) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["has_apology"] is True
    assert printed["elements"] == ["regret"]
    conditional = next(item for item in printed["findings"] if item["rule"] == "wording.conditional")
    assert conditional["evidence"] == "P5"
    assert text[conditional["start"] : conditional["end"]] == conditional["text"] == "apologise for any inconvenience"
    assert conditional["suggestion"]


def test_findings_for_people(
    message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message.write_text(FINE + "\nThis will never happen again.", encoding="utf-8")
    assert run(monkeypatch, str(message)) == 1
    assert capsys.readouterr().out.startswith("2:6 block wording.improvement (P1, grade A): ")


def test_whose_fault_it_was_matters(message: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message.write_text("I'm sorry the storm took your tent on Monday. I have sent a new one.", encoding="utf-8")
    assert run(monkeypatch, str(message)) == 1
    assert run(monkeypatch, "--fault", "nobody", str(message)) == 0


@pytest.mark.parametrize(
    ("option", "agrees", "differs"),
    [
        ("--customer", "Ana", "Anna"),
        ("--amount", "\u00a340.00", "\u00a385"),
        ("--order", "SO-2291", "SO-2219"),
        ("--promised", "Tuesday", "Monday"),
    ],
)
def test_facts_that_the_message_contradicts(
    option: str, agrees: str, differs: str, message: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "Order SO-2291 was promised for Tuesday; the \u00a340 is back on your card."
    message.write_text(f"{FINE} {told}", encoding="utf-8")
    assert run(monkeypatch, option, agrees, str(message)) == 0
    assert run(monkeypatch, option, differs, str(message)) == 1


@pytest.mark.parametrize(("over", "status"), [(0, 0), (1, 2)])
def test_the_size_limit_at_its_edge(
    over: int, status: int, message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message.write_bytes(FINE.encode() + b" " * (MOST_BYTES - len(FINE) + over))
    assert run(monkeypatch, str(message)) == status
    if over:
        assert "larger than 64 KiB" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_unreadable_input_is_one_line(
    content: bytes | None, message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        message.write_bytes(content)
    assert run(monkeypatch, str(message)) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("named", [(), ("-",)])
def test_reads_standard_input(monkeypatch: pytest.MonkeyPatch, message: Path, named: tuple[str, ...]) -> None:
    message.write_text("Mistakes were made.", encoding="utf-8")
    with message.open(encoding="utf-8") as opened:
        monkeypatch.setattr("sys.stdin", opened)
        assert run(monkeypatch, *named) == 1


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u00a0\u200b\u2003", "Dear Ana,\n\n", "...!\n\n--\n"])
def test_nothing_is_no_letter(
    text: str, message: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What says nothing does not pass: one line says so."""
    message.write_text(text, encoding="utf-8")
    assert run(monkeypatch, str(message)) == 2
    told = capsys.readouterr().err
    assert "There are no words to judge: write the message first." in told
    assert len(told.splitlines()) == 1


def test_a_greeting_and_a_name_are_no_letter() -> None:
    """Names that we sign with say nothing on a line of their own; a letter of one word says something."""
    signs = ("Joris Vos", "Lumen & Co")
    assert blank(text="Dear Ana,\n\n\n\nJoris Vos\nLumen & Co\n", signs=signs)
    assert not blank(text="Dear Ana,\n\nSorted.\n\nJoris Vos\nLumen & Co\n", signs=signs)
    assert not blank(text="Dear Ana, we paid it back.", signs=signs)
    assert not blank(text="Hello\nAna, it is done", signs=signs)
