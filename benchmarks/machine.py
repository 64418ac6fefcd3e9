"""Anything done to recoveries in any order, on more and longer runs than the tests: 60 at random, or as many as asked.

`python -m benchmarks.machine [RUNS]`. Fails where an invariant does, and prints the shortest story that breaks it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from time import monotonic

RUNS = "60"
TEST = "tests/integration/test_recovery_machine.py"


def main() -> int:
    """Run the test with so many runs, and say how long it took."""
    runs = sys.argv[1] if len(sys.argv) > 1 else RUNS
    began = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TEST, "-q", "-k", "whatever"],
        env={**os.environ, "MAKEGOOD_MACHINE_RUNS": runs},
        check=False,
    )
    print(f"machine: {runs} runs of up to 70 deeds in {monotonic() - began:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
