"""Invariant 5: kill -9 of web, worker, ticker, replay or database at any moment leaves what an undisturbed run leaves.

The small form, eight kills; `make bench` has the full one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import LIVE, left_in
from tests.support.killing import free_port, run_killed
from tests.support.left_behind import Left

KILLS = 8


@pytest.mark.xdist_group("replays")
def test_invariant_5_killing_any_part_changes_nothing_that_is_left(
    small_home: Callable[[], Path], undisturbed: Left
) -> None:
    home = small_home()
    died = run_killed(home=home, arguments=LIVE, port=free_port(), kills=KILLS, seed=2)
    assert died.total() >= KILLS // 2, f"the replay ended after {dict(died)}: too few kills to mean anything"
    assert not left_in(home).differences(undisturbed), dict(died)
