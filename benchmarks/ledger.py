"""100,000 random operations on make-goods by processes that are killed: the sums must match; `-m benchmarks ledger`.

``python -m benchmarks.ledger [--operations N] [--workers N] [--kills N]``: several currencies, limits and a budget; the
processes are ended with kill -9 at any moment.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from benchmarks.ground import Stopwatch, fresh_database, say

FAILURES = 400


def main(arguments: Sequence[str]) -> int:
    """Do the operations, then add everything up anew from the rows; fail where it does not match."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with fresh_database():
        url = os.environ["DATABASE_URL"]
        from tests.conftest import org_new  # which unsets it, so that no test meets a database of one's own
        from tests.support.books_killed import prepared, run
        from tests.support.given import ledger_holds

        os.environ["DATABASE_URL"] = url
        org = org_new()
        watch = Stopwatch()
        done = run(
            org=prepared(org, failures=FAILURES),
            operations=asked.operations,
            workers=asked.workers,
            kills=asked.kills,
            seed=asked.seed,
        )
        seconds = watch.seconds
        try:
            ledger_holds(org)
        except AssertionError as error:
            say("ledger", f"the sums do not match: {error}", "they match", met=False)
            return 1
    named = ", ".join(f"{count:,} {what}" for what, count in sorted(done.items()))
    killed = done["killed"]
    say("ledger", f"{done.total() - killed:,} operations in {seconds:.0f} s ({named})", "the sums match", met=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
