"""Work beside the main work of a worker: it goes on after an error, holds nothing up, and ends with its block."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from makegood.cli import loops
from makegood.cli.loops import run_beside


def test_it_goes_on_after_an_error_and_ends_with_its_block(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loops, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(loops, "TICK_SECONDS", 0.01)
    rounds, reached = [], threading.Event()

    def step(on_error: Callable[[str, int, Exception], None]) -> int:
        rounds.append(threading.current_thread().name)
        if len(rounds) == 1:
            raise RuntimeError
        if len(rounds) == 2:
            on_error("files", 7, ValueError("a word that nobody should read"))
        if len(rounds) == 4:
            reached.set()
        return len(rounds) % 2

    with run_beside(kind="files", step=step):
        assert reached.wait(300)
    assert set(rounds) == {"files"}
    assert "files failed: RuntimeError" in caplog.text
    assert "files of organization 7 failed: ValueError" in caplog.text
    assert "nobody should read" not in caplog.text
