"""Seconds that the replays of real recorded data take: ``python -m benchmarks.replays olist|boston311``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.ground import DATA, Stopwatch, fresh_database, say


def main(arguments: Sequence[str]) -> int:
    """Live through one data set."""
    name = arguments[0]
    if not (DATA / name).is_dir():
        print(f"replay {name}: left out, {DATA / name} is not here (set MAKEGOOD_DATA)")
        return 0
    with fresh_database():
        from makegood.config.working import work_organization
        from makegood.listen.datasets import boston311, olist
        from makegood.listen.replaying import replay

        recorded = {"olist": olist.read, "boston311": boston311.read}[name](DATA / name)
        watch = Stopwatch()
        report = replay(recorded=recorded, work=work_organization)
        say(
            f"replay {name}",
            f"{watch.seconds:.0f} s, {report.events / watch.seconds:,.0f} events/s ({report.events:,} events,"
            f" {report.promises['broken']:,} broken, {report.recoveries['opened']:,} recoveries)",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
