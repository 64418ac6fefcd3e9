"""Generated requests to every call of the API, other ones each time: 500 for each call, or as many as asked.

`python -m benchmarks.fuzz [EXAMPLES] [--seed N] [--call WORDS]`. The same as tests/contract/test_schemathesis.py, which
sends the same ten each time: an organization that has something of everything, whose real ids are offered, and every
answer held beside the document. Prints the seed, with which the same requests are sent again, and what failed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from time import monotonic

TEST = "tests/contract/test_schemathesis.py"


def main() -> int:
    """Run the test with so many examples, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="?", type=int, default=500, help="for each call; 500 unless told")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--call", default="", metavar="WORDS", help='only calls that hold these, such as "/failures"')
    asked = parser.parse_args()
    if asked.examples < 1:
        parser.error("EXAMPLES must be at least 1")
    print(f"fuzz: {asked.examples} examples a call, --seed {asked.seed}", flush=True)
    began = monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", TEST, "-q", "-p", "no:xdist", "--tb=short", "--show-capture=no"),
            *(f"--hypothesis-seed={asked.seed}", "-k", asked.call),
        ],
        env={**os.environ, "MAKEGOOD_FUZZ_EXAMPLES": str(asked.examples)},
        check=False,
    )
    print(f"fuzz: {asked.examples} examples a call in {monotonic() - began:.0f} s, --seed {asked.seed}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
