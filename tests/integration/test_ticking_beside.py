"""One ticker's threads: organizations are handled at the same time, and what fails in one holds up no other."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections
from tests.conftest import Org

from makegood.store import ticking
from makegood.store.tenancy import current_organization
from makegood.store.ticking import DueKind, tick_once

PLENTY = 30


@pytest.fixture
def beside() -> Iterator[Executor]:
    both = threading.Barrier(2)

    def close(_: int) -> None:
        both.wait(PLENTY)
        connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        yield threads
        list(threads.map(close, range(2)))


@pytest.fixture
def orgs(make_org: Callable[..., Org]) -> list[int]:
    return [make_org().id, make_org().id]


def all_due(monkeypatch: pytest.MonkeyPatch, orgs: list[int], handle: Callable[..., int]) -> None:
    monkeypatch.setattr(ticking, "_kinds", {"one": DueKind(name="one", finder="none", handle=handle)})
    monkeypatch.setattr(ticking, "find_due", lambda: [("one", org) for org in orgs])


def test_organizations_are_handled_at_the_same_time_each_in_its_own_unit(
    orgs: list[int], beside: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2)

    def handle(*, organization_id: int) -> int:
        together.wait(PLENTY)
        assert current_organization() == organization_id
        return 1

    all_due(monkeypatch, orgs, handle)
    assert tick_once(beside=beside) == 2


def test_one_that_fails_is_told_and_the_other_handled(
    orgs: list[int], beside: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(*, organization_id: int) -> int:
        if organization_id == orgs[0]:
            raise ZeroDivisionError
        return 1

    told: list[tuple[str, int]] = []
    all_due(monkeypatch, orgs, handle)
    assert tick_once(beside=beside, on_error=lambda kind, organization_id, _: told.append((kind, organization_id))) == 1
    assert told == [("one", orgs[0])]


def test_a_thread_whose_connection_broke_has_another_at_the_next_tick(
    orgs: list[int], beside: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, lines = threading.Barrier(2), set()

    def handle(*, organization_id: int) -> int:
        lines.add(connection.connection.fileno())
        together.wait(PLENTY)
        return 1

    all_due(monkeypatch, orgs, handle)
    assert tick_once(beside=beside) == 2
    for number in lines:
        with socket.socket(fileno=os.dup(number)) as line:
            line.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OperationalError):
        tick_once(beside=beside)
    assert tick_once(beside=beside) == 2
