"""A worker that hangs, in code that lets no other thread of it run, ends itself and says where: it is started anew."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LOOP = """
import re, time, django
from datetime import timedelta
django.setup()
from makegood.cli import loops
loops.TICK_SECONDS = 0.01
rounds = iter(range(10**9))
def step(on_error):
    if next(rounds) == {hangs}:
        {hang}
    return 0
loops.run_loop(kind="worker", step=step, longest=timedelta(seconds=0.1))
"""
HANGS = {"holds all threads": 're.match("(a+)+$", "a" * 99 + "b")', "waits": "time.sleep(10**6)"}


@pytest.mark.parametrize("hang", HANGS)
def test_a_worker_that_hangs_ends_itself_and_says_where(hang: str) -> None:
    """Its hundredth round takes longer than those before all together might."""
    surely = {"DJANGO_SETTINGS_MODULE": "makegood.config.settings", "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    done = subprocess.run(
        [sys.executable, "-c", LOOP.format(hangs=100, hang=HANGS[hang])],
        env={**os.environ, **surely},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "Timeout (0:00:01)!" in done.stderr
    assert "in step" in done.stderr
