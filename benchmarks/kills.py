"""Runs of a small replay in which web, worker, ticker, replay and database are killed with kill -9.

``python -m benchmarks.kills [--runs N] [--kills N]``: each run must leave what an undisturbed one leaves.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.support.killing import opened, run_alone, run_killed
from tests.support.left_behind import Left, left_behind
from tests.support.ports import free_port

from benchmarks.ground import Stopwatch, say

SMALL = (sys.executable, "-m", "tests.support.small_replay")


def left_in(home: Path) -> Left:
    """Read what a run left."""
    with opened(home) as url:
        return left_behind(url=url)


def main(arguments: Sequence[str]) -> int:
    """Run undisturbed once and disturbed many times; print each run that differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--kills", type=int, default=4, help="in each run")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    watch = Stopwatch()
    died: Counter[str] = Counter()
    differ = 0
    with tempfile.TemporaryDirectory(prefix="mg-kills-") as folder:
        quiet = Path(folder) / "quiet"
        quiet.mkdir()
        for what in ("found", "live"):
            run_alone(home=quiet, arguments=[*SMALL, what], port=free_port())
        expected = left_in(quiet)
        for run in range(asked.seed, asked.seed + asked.runs):
            home = Path(folder) / f"run {run}"
            home.mkdir()
            run_alone(home=home, arguments=[*SMALL, "found"], port=free_port())
            died += run_killed(home=home, arguments=[*SMALL, "live"], port=free_port(), kills=asked.kills, seed=run)
            differences = left_in(home).differences(expected)
            differ += bool(differences)
            for line in differences:
                print(f"run {run}: {line}", flush=True)
            shutil.rmtree(home)
    say(
        "kills",
        f"{asked.runs} runs, {died.total()} kills ({', '.join(f'{count} {name}' for name, count in died.items())}),"
        f" {differ} runs left something else, {watch.seconds:.0f} s",
        "none differs",
        not differ,
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
