"""Invariant 5, its other half: any number of tickers and workers at once leave what one process leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import LIVE, Undisturbed, left_in
from tests.support.killing import run_killed
from tests.support.ports import free_port


def test_two_tickers_and_two_workers_leave_what_one_process_leaves(
    small_home: Callable[[], Path], undisturbed: Undisturbed
) -> None:
    home = small_home()
    beside = ("tick", "tick", "worker", "worker")
    run_killed(home=home, arguments=LIVE, port=free_port(), kills=0, seed=1, beside=beside)
    assert not left_in(home).differences(undisturbed.left)
