"""A few weeks of the simulated year: 300 recoveries and five faults; no rule is broken, and chance alone decides nothing.

`python -m benchmarks.year` is the whole year.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.killing import ROOT
from tests.support.ready import copy_ready

WEEKS = ("--recoveries", "300", "--days", "14", "--tail", "21", "--grid", "480", "--faults", "5", "--seed", "5")
DAYS = ("--recoveries", "20", "--days", "6", "--tail", "5", "--grid", "480", "--faults", "10", "--seed", "3")
"""Few customers, and everything breaks once."""


def lived(folder: Path, *runs: Sequence[str]) -> list[dict[str, Any]]:
    """What these runs tell, each in a process and on a database of its own, side by side.

    What breaks there never takes the machine's memory with it, so the databases need not wait for the disk.
    """
    homes = [folder / str(number) for number, _ in enumerate(runs)]
    for home in homes:
        copy_ready(home, synced=False)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MAKEGOOD"))}
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.year", "--json", "--houses", "1", "--home", str(home), *run],
            env=env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for home, run in zip(homes, runs, strict=True)
    ]
    return [json.loads(run.communicate()[0]) for run in begun]


def test_no_rule_is_broken_on_any_day_whatever_breaks(tmp_path: Path) -> None:
    (told,) = lived(tmp_path, WEEKS)
    assert not told["broken"]
    assert sum(told["struck"].values()) == 5
    assert told["recoveries"] >= 290, "too few recoveries to mean anything"
    assert told["looked"] >= 30
    for what in (
        "left the company", "changed hands", "promised in words", "words broken", "reply thanks", "reply still_broken",
        "reopened: score", "breach: fix", "a second apology that was held back", "incidents", "closed: complete",
    ):  # fmt: skip
        assert told["done"].get(what), f"nobody: {what}"


def test_the_same_seed_leaves_the_same_behind_whatever_breaks(tmp_path: Path) -> None:
    first, second = lived(tmp_path, DAYS, DAYS)
    assert not first["broken"]
    assert len(first["struck"]) == 10
    assert first["fingerprint"] == second["fingerprint"]
    assert (first["done"], first["refused"], first["struck"]) == (second["done"], second["refused"], second["struck"])
