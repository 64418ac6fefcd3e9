"""A shadow week of thousands of recoveries against the same week live; `python -m benchmarks shadow [ORDERS]`.

It is the test of the suite on a whole shop: it fails where the report and what was really sent differ in one line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

ORDERS, HOURS = 3_000, 3
TEST = "tests/functional/test_shadow_week.py"


def main() -> int:
    """Live both weeks, and say how long that took."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    began = time.perf_counter()
    asked = {**os.environ, "MAKEGOOD_SHADOW_WEEK": f"{orders},{HOURS}"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", TEST], check=False, env=asked)
    if done.returncode == 0:
        print(f"{orders:,} orders, lived twice: the report says what was sent, in {time.perf_counter() - began:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
