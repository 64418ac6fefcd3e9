"""A whole day of telling staff: 548 recoveries with 40 members, each telling checked; `python -m benchmarks telling`.

It is the test of the suite on its whole day, by the minute: it fails if anybody is told twice, at the wrong minute, or
not at all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

RECOVERIES, STAFF, MINUTES = 548, 40, 1
TEST = "tests/integration/test_telling_day.py"


def main() -> int:
    """Live the day, and say how long that took."""
    began = time.perf_counter()
    asked = {**os.environ, "MAKEGOOD_TELLING_DAY": f"{RECOVERIES},{STAFF},{MINUTES}"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", TEST], check=False, env=asked)
    if done.returncode == 0:
        print(f"{RECOVERIES} recoveries, {STAFF} members: all told right, in {time.perf_counter() - began:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
