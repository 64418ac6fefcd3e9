"""The replays of real recorded data: what they count, how long they take, and each figure of Insights counted apart.

``python -m benchmarks.replays olist|boston311|nycflights``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.figures_compared import assert_equal

from benchmarks.ground import DATA, Stopwatch, fresh_database, say
from makegood.listen.datasets import Recorded, boston311, nycflights, olist

READERS: Mapping[str, Callable[[Path], Recorded]] = {
    "olist": lambda data: olist.read(data / "olist"),
    "boston311": lambda data: boston311.read(data / "boston311"),
    "nycflights": lambda _: nycflights.read(),
}
EXPECTED: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "olist": {"promises": {"broken": 2167}},
    "boston311": {"promises": {"broken": 14516}},
    "nycflights": {
        "promises": {"broken": 142434, "kept": 194342},
        "failures": {"contact": 89530, "quiet": 52904, "waiting": 0},
        "recoveries": {"opened": 89530},
    },
}
"""What a count of each data set by itself comes to."""


def figures_equal(kind: str) -> bool:
    """Hold every figure of Insights against the same figure counted apart, over all time and the last four weeks."""
    from django.db import connection

    from makegood.insights.windows import ever, last_days
    from makegood.store.clocks import now as store_now
    from makegood.store.tenancy import tenant

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [f"replay-{kind}"])
        mine = {"organization_id": int(cursor.fetchone()[0])}
    with tenant(**mine):
        now = store_now(**mine)
        try:
            for window in (ever(now=now), last_days(days=28, now=now)):
                assert_equal(window=window, **mine)
        except AssertionError as difference:
            print(difference, file=sys.stderr)
            return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Live through one data set; fail if a count differs."""
    name = arguments[0]
    if name != "nycflights" and not (DATA / name).is_dir():
        print(f"replay {name}: left out, {DATA / name} is not here (set MAKEGOOD_DATA)")
        return 0
    with fresh_database():
        from makegood.config.working import work_organization
        from makegood.listen.replaying import replay

        recorded = READERS[name](DATA)
        watch = Stopwatch()
        report = replay(recorded=recorded, work=work_organization)
        seconds = watch.seconds
        counted = report.as_dict()
        as_expected = all(
            counted[of][key] == count for of, counts in EXPECTED[name].items() for key, count in counts.items()
        )
        say(
            f"replay {name}",
            f"{seconds:.0f} s, {report.events / seconds:,.0f} events/s ({report.events:,} events, promises"
            f" {counted['promises']}, failures {counted['failures']}, {report.recoveries['opened']:,} recoveries)",
            "the counts of the data itself",
            as_expected,
        )
        watch = Stopwatch()
        equal = figures_equal(name)
        say(f"insights after {name}", f"compared in {watch.seconds:.0f} s", "each equals the same counted apart", equal)
    return 0 if as_expected and equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
