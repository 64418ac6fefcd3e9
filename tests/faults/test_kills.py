"""Invariant 5: kill -9 of web, worker, ticker, replay or database at any moment leaves what an undisturbed run leaves.

The small form, eight kills; `make bench` has the full one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import LIVE, Undisturbed, left_in
from tests.support.killing import run_killed
from tests.support.ports import free_port

KILLS = 8


def test_killing_any_part_changes_nothing_that_is_left(
    small_home: Callable[[], Path], undisturbed: Undisturbed
) -> None:
    home = small_home()
    died = run_killed(home=home, arguments=LIVE, port=free_port(), kills=KILLS, seed=2, alone=undisturbed.seconds)
    assert died.total() == KILLS, f"the replay ended after {dict(died)}"
    assert not left_in(home).differences(undisturbed.left), dict(died)
