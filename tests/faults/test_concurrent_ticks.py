"""Invariant 5, its other half: any number of tickers and workers at once leave what one process leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import LIVE, left_in
from tests.support.killing import free_port, run_killed
from tests.support.left_behind import Left


@pytest.mark.xdist_group("replays")
def test_invariant_5_two_tickers_and_two_workers_leave_what_one_process_leaves(
    small_home: Callable[[], Path], undisturbed: Left
) -> None:
    home = small_home()
    beside = ("tick", "tick", "worker", "worker")
    run_killed(home=home, arguments=LIVE, port=free_port(), kills=0, seed=1, beside=beside)
    assert not left_in(home).differences(undisturbed)
