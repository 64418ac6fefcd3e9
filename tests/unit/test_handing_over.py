"""Giving over: the database first, then new parts beside the old, which leave once the new are at work, or stay."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.waiting import until

from makegood.cli import handing_over, supervising
from makegood.cli.handing_over import READY_SECONDS, Handover
from makegood.cli.supervising import Child, stop_all

WORDS = ("web", "tick")
PART = """
import os, sys, time
from pathlib import Path
word, ill = sys.argv[1], Path("ILL").read_text().split()
with Path("STARTED").open("a") as started:
    started.write(word + "\\n")
if word in ill:
    sys.exit(2)
if word != "migrate":
    if word + "-late" not in ill:
        os.write(int(os.environ["MAKEGOOD_READY"]), b".")
    sys.stdin.buffer.read()
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Child]]:
    """Two parts that run; what is in the file `ill` by then cannot."""
    (tmp_path / "ill").write_text("")
    text = PART.replace("ILL", str(tmp_path / "ill")).replace("STARTED", str(tmp_path / "started"))
    monkeypatch.setattr(supervising, "program", lambda: [sys.executable, "-S", "-c", text])
    parts = [Child((word,), {}) for word in WORDS]
    for each in parts:
        each.start()
    until(lambda: all(each.is_ready() for each in parts), "they run")
    (tmp_path / "started").write_text("")
    yield parts
    stop_all(parts)


def over(handover: Handover) -> Callable[[], bool]:
    def look() -> bool:
        handover.look()
        return handover.over

    return look


def test_the_old_leave_once_all_new_are_at_work(old: list[Child], tmp_path: Path) -> None:
    handover = Handover(old)
    assert handover.running == old
    until(over(handover), "it is over")
    assert (tmp_path / "started").read_text().split()[0] == "migrate"
    assert [each.name for each in handover.running] == list(WORDS)
    assert not set(map(id, handover.running)) & set(map(id, old))
    assert [each.runs() for each in (*handover.running, *old)] == [True, True, False, False]
    assert handover.beside == old
    stop_all(handover.running)


@pytest.mark.parametrize(("ill", "started"), [("migrate", ["migrate"]), ("tick", ["migrate", "tick", "web"])])
def test_the_old_go_on_where_the_new_cannot_run(old: list[Child], tmp_path: Path, ill: str, started: list[str]) -> None:
    before = [each.process for each in old]
    (tmp_path / "ill").write_text(ill)
    handover = Handover(old)
    until(over(handover), "it is over")
    assert handover.running == old
    assert [each.process for each in old] == before
    assert all(each.runs() for each in old)
    assert not any(each.runs() for each in handover.beside)
    assert sorted((tmp_path / "started").read_text().split()) in (started, started[:-1])


def test_the_old_go_on_where_no_program_is_to_be_found(
    old: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [each.process for each in old]
    monkeypatch.setattr(supervising, "program", lambda: [str(tmp_path / "makegood")])
    handover = Handover(old)
    until(over(handover), "it is over")
    assert "migrate cannot be started: No such file or directory" in capsys.readouterr().err
    assert handover.running == old
    assert [each.process for each in old] == before
    assert all(each.runs() for each in old)


def test_the_old_stay_until_the_last_new_one_is_at_work_and_go_on_if_it_never_is(
    old: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ill").write_text("tick-late")
    handover = Handover(old)

    def begun() -> bool:
        handover.look()
        return (tmp_path / "started").read_text().split().count("web") == 1

    until(begun, "the new begin")
    for _ in range(20):
        handover.look()
    assert handover.running == old
    assert not handover.over
    late = time.monotonic() + READY_SECONDS + 1
    monkeypatch.setattr(handing_over, "time", SimpleNamespace(monotonic=lambda: late))
    handover.look()
    assert handover.over
    assert handover.running == old
    assert all(each.runs() for each in old)
    assert not any(each.runs() for each in handover.beside)
