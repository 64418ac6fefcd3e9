"""The rooms are wired when first something is asked of what they registered, once, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread

import pytest

from makegood.cli.loops import work_round
from makegood.journal import carrying
from makegood.journal.barring import bars_of
from makegood.journal.operations import Happened, record
from makegood.messages.telling import still_wait
from makegood.store import wiring
from makegood.store.ticking import find_due, must_wait
from makegood.store.wiring import wire_with, wired

HAPPENED = Happened(at=datetime(2026, 3, 2, tzinfo=UTC), event="promises:promise:made", subject="promise", subject_id=1)


class Asked(Exception):
    """Something was asked before all was wired."""


@pytest.fixture(autouse=True)
def _unwired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_waiting", [])


@pytest.mark.parametrize(
    "asks",
    [
        lambda: record(organization_id=1, entries=[HAPPENED]),
        find_due,
        lambda: must_wait(organization_id=1, after=("promises",)),
        lambda: bars_of(organization_id=1, subjects=[("message", 1)]),
        lambda: carrying._known(carrying.EVERY),
        lambda: still_wait(organization_id=1, rows=[]),
        work_round,
    ],
    ids=["journal", "due", "wait", "bars", "carriers", "tellings", "work"],
)
def test_whoever_asks_for_what_is_registered_has_it_wired_first(asks: Callable[[], object]) -> None:
    def register() -> None:
        raise Asked

    wire_with(register)
    with pytest.raises(Asked):
        asks()


def test_those_who_ask_at_once_have_it_wired_once() -> None:
    registered, others = [], [Thread(target=wired) for _ in range(3)]

    def register() -> None:
        for other in others:
            other.start()
        registered.append(1)

    wire_with(register)
    wired()
    for other in others:
        other.join()
    wired()
    assert registered == [1]
