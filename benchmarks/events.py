"""Events a second: flights through the operations that the API calls, beside a bare COPY of the same rows.

``python -m benchmarks.events --to failures|recoveries [--events N]``; without N all 664,122. Every transaction holds at
most 1,000 events, and fsync is on. Recoveries are counted once they have an owner, steps, clocks, words and make-goods;
what becomes of them in the year that follows is lived through by ``python -m benchmarks.replays nycflights``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import attrs

from benchmarks.ground import Stopwatch, cpu_seconds, fresh_database, say, superuser_url
from makegood.listen.datasets import nycflights
from makegood.listen.datasets.recorded import Recorded

TO_FAILURES = (
    "listen_raw", "customers_customer", "customers_identity", "promises_promise", "failures_failure", "journal_entry",
)  # fmt: skip
TO_RECOVERIES = (
    *TO_FAILURES, "failures_incident", "conversations_thread", "recoveries_recovery", "recoveries_recoveryfailure",
    "recoveries_step", "recoveries_recoveryclock", "recoveries_followup", "makegoods_makegood",
    "conversations_message", "journal_effect",
)  # fmt: skip
STORED = (
    "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    " AND attgenerated = '' ORDER BY attnum"
)
"""The columns of a table that are written and not generated."""
TARGET_FAILURES, TARGET_RECOVERIES = 3000, 1500


def live(recorded: Recorded, *, recoveries: bool) -> int:
    """Take all events, break what is due, let the gate decide; with `recoveries` route, confirm, open and plan too.

    Return how many failures there are, or how many recoveries.
    """
    from makegood.failures.models import Failure
    from makegood.failures.routing import failures_route
    from makegood.failures.tasks import failures_gate
    from makegood.listen.operations import events_accept
    from makegood.listen.replay_ground import ground
    from makegood.listen.replaying import batch_ends, incidents_confirm
    from makegood.promises.tasks import promises_break
    from makegood.recoveries.models import Recovery
    from makegood.store.clocks import clock_step
    from makegood.store.tenancy import tenant

    here = ground(recorded=recorded)
    mine = {"organization_id": here.organization_id}
    due = [promises_break, failures_gate, *([failures_route] if recoveries else [])]
    bodies, start = recorded.events(), 0
    for end in batch_ends(moments=recorded.moments, start=0, until=None):
        at = recorded.moments[end - 1][0]
        batch = list(islice(bodies, end - start))
        with tenant(**mine):
            clock_step(moment_at=at, **mine)
            events_accept(source_id=here.source_id, bodies=batch, now=at, **mine)
        for handle in due:
            handled = 1
            while handled:
                with tenant(**mine):
                    handled = handle(**mine)
        if recoveries:
            incidents_confirm(here=here)
        start = end
    with tenant(**mine):
        return (Recovery if recoveries else Failure).objects.filter(**mine).count()


def copy_seconds(home: Path, tables: Sequence[str]) -> float:
    """Return the seconds that COPY takes to write the rows of these tables into bare tables of the same columns."""
    import psycopg

    seconds = 0.0
    with psycopg.connect(superuser_url(home), autocommit=True) as connection:
        for table in tables:
            columns = ", ".join(row[0] for row in connection.execute(STORED, [table]))
            with connection.cursor().copy(f"COPY {table} ({columns}) TO STDOUT (FORMAT binary)") as out:
                rows = b"".join(out)
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table})")
            watch = Stopwatch()
            with connection.cursor().copy(f"COPY bare_{table} ({columns}) FROM STDIN (FORMAT binary)") as into:
                into.write(rows)
            seconds += watch.seconds
    return seconds


def measure(recorded: Recorded, *, recoveries: bool) -> None:
    """Measure one of the two ways and print its line."""
    events = len(recorded.moments)
    target = TARGET_RECOVERIES if recoveries else TARGET_FAILURES
    with fresh_database() as home:
        watch, busy = Stopwatch(), cpu_seconds(home)
        made = live(recorded, recoveries=recoveries)
        seconds = watch.seconds
        python, database = (after - before for after, before in zip(cpu_seconds(home), busy, strict=True))
        bare = copy_seconds(home, TO_RECOVERIES if recoveries else TO_FAILURES)
    what = f"{made} recoveries with plans" if recoveries else f"{made} failures"
    say(
        "events to recoveries" if recoveries else "events to failures",
        f"{events / seconds:,.0f} events/s ({events} events, {what}, {seconds:.1f} s, of it"
        f" {python:.1f} s of processor in Python and {database:.1f} s in PostgreSQL); COPY of the same rows"
        f" {bare:.1f} s, ratio {seconds / bare:.1f}",
        f"{target:,}/s",
        events / seconds >= target,
    )


def main(arguments: Sequence[str]) -> int:
    """Measure one way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", choices=("failures", "recoveries"), default="failures")
    parser.add_argument("--events", type=int, default=0, help="only the first N events")
    asked = parser.parse_args(arguments)
    recorded = nycflights.read()
    if asked.events:
        recorded = attrs.evolve(recorded, moments=recorded.moments[: asked.events])
    measure(recorded, recoveries=asked.to == "recoveries")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
