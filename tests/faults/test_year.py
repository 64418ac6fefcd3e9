"""A few days of the simulated year, in which all breaks that can: no rule is broken, and the seed alone decides.

`python -m benchmarks.year` is the whole year.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from tests.support.killing import ROOT

DAYS = ("--recoveries", "20", "--days", "6", "--tail", "5", "--grid", "480", "--faults", "10", "--seed", "3")
"""Few customers, and everything breaks once."""


def lived(*runs: Sequence[str]) -> list[dict[str, Any]]:
    """What these runs tell, each in a process and on a database of its own, side by side."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MAKEGOOD"))}
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.year", "--json", *run],
            env=env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for run in runs
    ]
    return [json.loads(run.communicate()[0]) for run in begun]


@pytest.mark.xdist_group("replays")
def test_the_same_seed_leaves_the_same_behind_whatever_breaks() -> None:
    first, second = lived(DAYS, DAYS)
    assert not first["broken"]
    assert len(first["struck"]) == 10
    assert first["fingerprint"] == second["fingerprint"]
    assert (first["done"], first["refused"], first["struck"]) == (second["done"], second["refused"], second["struck"])
