"""A small replay that nothing disturbed, with which disturbed ones are compared."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import attrs
import pytest
from tests.support.killing import opened, run_alone
from tests.support.left_behind import Left, left_behind
from tests.support.ports import free_port
from tests.support.ready import copy_database, copy_ready

SMALL = (sys.executable, "-m", "tests.support.small_replay")
LIVE = (*SMALL, "live")


def left_in(home: Path) -> Left:
    """Read what a run left."""
    with opened(home) as url:
        return left_behind(url=url)


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A function that makes a home whose database holds the small replay's organization, and nothing lived yet."""
    founded = tmp_path_factory.mktemp("founded")
    copy_ready(founded, synced=False)
    run_alone(home=founded, arguments=[*SMALL, "found"], port=free_port())

    def make() -> Path:
        home = tmp_path_factory.mktemp("home")
        copy_database(founded / "database", home)
        return home

    return make


@attrs.frozen(kw_only=True)
class Undisturbed:
    """What the small replay leaves when it runs alone to its end, and the seconds that it takes."""

    left: Left
    seconds: float


@pytest.fixture(scope="session")
def undisturbed(small_home: Callable[[], Path]) -> Undisturbed:
    """The small replay, alone."""
    home = small_home()
    began = monotonic()
    run_alone(home=home, arguments=LIVE, port=free_port())
    seconds = monotonic() - began
    left = left_in(home)
    assert left.tables["promises"].total() == 600
    assert all(left.tables.values()), "a table without a row compares nothing"
    return Undisturbed(left=left, seconds=seconds)
