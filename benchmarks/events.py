"""Events a second: flights through the operations that the API calls, beside a bare COPY of the same rows.

``python -m benchmarks.events --to failures|recoveries [--events N]``; without N all 664,122. Every transaction holds at
most 1,000 events, and fsync is on. It runs as `makegood serve` does: two processes take events, by turns, a third is the
ticker, and this one sends, steps the clock and counts the processor time of all. Recoveries are counted once they have
an owner, steps, clocks, words and make-goods; what becomes of them in the year that follows is lived through by
``python -m benchmarks.replays nycflights``.

What breaks, what the gate decides, when, and what opens is as if one process did all in turn.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import orjson

from benchmarks.ground import Stopwatch, cpu_seconds, fresh_database, say, superuser_url
from makegood.listen.datasets import nycflights
from makegood.listen.datasets.recorded import Recorded

if TYPE_CHECKING:
    from makegood.listen.replay_ground import Ground

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


class Part:
    """A process beside this one that does one job a line, and answers each with the processor seconds it has used."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._at_work = True  # it says by itself that it is ready
        self.busy = 0.0

    def ask(self, line: bytes = b"") -> None:
        """Give it a job; the one before is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        self._at_work = True

    def wait(self) -> None:
        """Wait until its job is done.

        Raises RuntimeError if it ended instead.
        """
        assert self._process.stdout is not None
        if self._at_work:
            said = self._process.stdout.readline()
            if not said:
                raise RuntimeError("a process beside ended: see what it said")
            self.busy, self._at_work = float(said), False


@contextmanager
def beside(name: str, here: Ground, *, recoveries: bool) -> Iterator[Part]:
    """Run the block beside a process that does this part's jobs: it is ready then, and ends with the block."""
    asked = ["--to", "recoveries" if recoveries else "failures", "--part", name, json.dumps(attrs.asdict(here))]
    command = [sys.executable, "-m", "benchmarks.events", *asked]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        part = Part(process)
        part.wait()
        yield part


def serve(do: Callable[[bytes], None]) -> None:
    """Be a part: do each line's job, until no more come."""
    since = time.process_time()
    print(0.0, flush=True)
    for line in sys.stdin.buffer:
        do(line)
        print(time.process_time() - since, flush=True)


def accept(here: Ground) -> Callable[[bytes], None]:
    """Take in what a line holds: one batch of events, and when the last of them happened."""
    from makegood.listen.operations import events_accept
    from makegood.store.tenancy import tenant

    mine = {"organization_id": here.organization_id}

    def batch(line: bytes) -> None:
        said = orjson.loads(line)
        with tenant(**mine):
            events_accept(
                source_id=here.source_id, bodies=said["events"], now=datetime.fromisoformat(said["at"]), **mine
            )

    return batch


def tick(here: Ground, *, recoveries: bool) -> Callable[[bytes], None]:
    """Break what is due and let the gate decide, until nothing is; with `recoveries` route, confirm, open and plan."""
    from makegood.failures.routing import failures_route
    from makegood.failures.tasks import failures_gate
    from makegood.listen.replaying import incidents_confirm
    from makegood.promises.tasks import promises_break
    from makegood.store.tenancy import tenant

    mine = {"organization_id": here.organization_id}

    def dry(_: bytes) -> None:
        for handle in [promises_break, failures_gate, *([failures_route] if recoveries else [])]:
            handled = 1
            while handled:
                with tenant(**mine):
                    handled = handle(**mine)
        if recoveries:
            incidents_confirm(here=here)

    return dry


def live(recorded: Recorded, here: Ground, web: Sequence[Part], ticker: Part) -> None:
    """Have the processes of `web` take all events, by turns, while `ticker` handles what falls due.

    The clock is stepped to the end of a batch once that and all before are in, and once the ticker has settled the time
    before: nothing breaks whose word comes a moment later. Ends when nothing is due any more.
    """
    from makegood.listen.replaying import batch_ends
    from makegood.store.clocks import clock_step
    from makegood.store.tenancy import tenant

    def settle(at: datetime) -> None:
        ticker.wait()
        with tenant(organization_id=here.organization_id):
            clock_step(organization_id=here.organization_id, moment_at=at)
        ticker.ask()

    bodies, start = recorded.events(), 0
    turns = cycle(web)
    taking: deque[tuple[Part, datetime]] = deque()
    for end in batch_ends(moments=recorded.moments, start=0, until=None):
        at = recorded.moments[end - 1][0]
        part = next(turns)
        part.ask(orjson.dumps({"at": at, "events": list(islice(bodies, end - start))}))
        taking.append((part, at))
        start = end
        if len(taking) == len(web):
            before, until = taking.popleft()
            before.wait()
            settle(until)
    for before, until in taking:
        before.wait()
        settle(until)
    ticker.wait()


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
    """Measure one of the two ways, until nothing is due any more, and print its line."""
    events = len(recorded.moments)
    target = TARGET_RECOVERIES if recoveries else TARGET_FAILURES
    with fresh_database() as home, ExitStack() as stack:
        from makegood.cli.web import PROCESSES
        from makegood.failures.models import Failure
        from makegood.listen.replay_ground import ground
        from makegood.recoveries.models import Recovery
        from makegood.store.tenancy import tenant

        here = ground(recorded=recorded)
        names = [*["accept"] * PROCESSES, "tick"]
        *web, ticker = [stack.enter_context(beside(name, here, recoveries=recoveries)) for name in names]
        watch, busy = Stopwatch(), cpu_seconds(home)
        live(recorded, here, web, ticker)
        seconds = watch.seconds
        python, database = (after - before for after, before in zip(cpu_seconds(home), busy, strict=True))
        python += sum(part.busy for part in (*web, ticker))
        with tenant(organization_id=here.organization_id):
            made = (Recovery if recoveries else Failure).objects.filter(organization_id=here.organization_id).count()
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


def be(name: str, where: str, *, recoveries: bool) -> None:
    """Be one of the processes beside, on the database that the measuring one runs."""
    from makegood.cli.database import open_database

    with open_database(migrate=False):
        from makegood.listen.replay_ground import Ground
        from makegood.store.wiring import wired

        wired()
        here = Ground(**json.loads(where))
        serve(accept(here) if name == "accept" else tick(here, recoveries=recoveries))


def main(arguments: Sequence[str]) -> int:
    """Measure one way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", choices=("failures", "recoveries"), default="failures")
    parser.add_argument("--events", type=int, default=0, help="only the first N events")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.part:
        be(*asked.part, recoveries=asked.to == "recoveries")
        return 0
    recorded = nycflights.read()
    if asked.events:
        recorded = attrs.evolve(recorded, moments=recorded.moments[: asked.events])
    measure(recorded, recoveries=asked.to == "recoveries")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
