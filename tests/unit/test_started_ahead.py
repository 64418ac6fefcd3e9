"""Parts that are started ahead of time: ready while something else is done, and at work only once it is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.waiting import until

import makegood
from makegood.cli import supervising
from makegood.cli.serve import started_ahead
from makegood.cli.supervising import Child, stop_all

WORDS = ("web", "tick")
PART = """
import sys
from pathlib import Path
sys.path.insert(0, "SOURCE")
from makegood.cli.ready import begin_when_told, say_ready
Path("SAID", sys.argv[1] + ".prepared").touch()
begin_when_told()
Path("SAID", sys.argv[1] + ".begun").touch()
say_ready()
sys.stdin.buffer.read()
"""


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Child]]:
    source = str(Path(makegood.__path__[0]).parent)
    text = PART.replace("SOURCE", source).replace("SAID", str(tmp_path))
    monkeypatch.setattr(supervising, "program", lambda: [sys.executable, "-S", "-c", text])
    parts = [Child((word,), {}) for word in WORDS]
    yield parts
    stop_all(parts)


def are(tmp_path: Path, what: str) -> set[str]:
    return {path.stem for path in tmp_path.glob(f"*.{what}")}


def test_they_make_themselves_ready_meanwhile_and_begin_after_it(parts: list[Child], tmp_path: Path) -> None:
    seen: list[set[str]] = []

    def meanwhile() -> None:
        until(lambda: are(tmp_path, "prepared") == set(WORDS), "they are prepared")
        seen.append(are(tmp_path, "begun"))

    with started_ahead(parts, meanwhile=meanwhile):
        until(lambda: all(each.is_ready() for each in parts), "they are at work")
    assert seen == [set()]
    assert are(tmp_path, "begun") == set(WORDS)


def test_none_begins_where_it_fails_and_all_end(parts: list[Child], tmp_path: Path) -> None:
    def meanwhile() -> None:
        until(lambda: are(tmp_path, "prepared") == set(WORDS), "they are prepared")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), started_ahead(parts, meanwhile=meanwhile):
        pytest.fail("it went on")
    assert not any(each.runs() for each in parts)
    assert are(tmp_path, "begun") == set()


def test_one_that_is_started_again_waits_for_nobody(parts: list[Child], tmp_path: Path) -> None:
    with started_ahead(parts, meanwhile=lambda: None):
        until(lambda: all(each.is_ready() for each in parts), "they are at work")
    (tmp_path / "web.begun").unlink()
    assert parts[0].process is not None
    os.kill(parts[0].process.pid, signal.SIGKILL)
    parts[0].process.wait()
    until(lambda: parts[0].look() or parts[0].is_ready(), "it is at work again")
    assert are(tmp_path, "begun") == set(WORDS)
