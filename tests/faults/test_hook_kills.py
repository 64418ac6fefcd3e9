"""A burst of orders with kill -9 of web, workers and database: what was answered with 200 is never lost nor taken twice."""

from __future__ import annotations

from pathlib import Path

from tests.support.hook_killing import post_killed
from tests.support.ready import copy_ready


def test_invariant_1_no_delivery_is_lost_or_taken_twice(tmp_path: Path) -> None:
    copy_ready(tmp_path, synced=False)
    posted = post_killed(home=tmp_path, count=60, kills=3, seed=3)
    assert posted.counted == (60, 60, 60, 60, 0)
    assert posted.died == {"web": 1, "worker": 1, "database": 1}
    assert posted.tries > 60
