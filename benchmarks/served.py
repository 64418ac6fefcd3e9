"""The time of every page on a database of its own: seeds 100,000 recoveries in 50 organizations, then runs `pages`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.ground import Stopwatch, fresh_database


def main(arguments: Sequence[str]) -> int:
    """Seed, and measure each page; return 1 if one is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recoveries", type=int, default=100_000)
    parser.add_argument("--organizations", type=int, default=50)
    asked = parser.parse_args(arguments)
    with fresh_database() as home:
        from benchmarks import pages
        from benchmarks.seeding import seed
        from makegood.store.clocks import wall_now

        watch = Stopwatch()
        seed(recoveries=asked.recoveries, organizations=asked.organizations, now=wall_now())
        print(f"(seeded {asked.recoveries:,} recoveries in {watch.seconds:.0f} s)", flush=True)
        return pages.main(home)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
