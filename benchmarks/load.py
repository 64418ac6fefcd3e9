"""Today and a recovery's page under load: a year of 1,000,000 recoveries in one organization, 20 people at work.

Seeds, runs `makegood serve` on the database as it would be run, signs every person in, and lets each ask for a page
every two seconds: their Today and an open recovery in turn. A request's time is from the connection's beginning to the
last byte, waiting included. Prints p50, p95 and the longest of each page; exits 1 if a p95 is over 150 ms.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
from tests.support.crowd import sign_in

from benchmarks.ground import Stopwatch, fresh_database, percentile, say

LIMIT_MS = 150.0
EMPLOYEES = 16
LINGER = 0.0233
"""With those of the last weeks, one recovery in twenty is open."""
WARM_SECONDS = 10.0


@attrs.define
class Person:
    """One who works: a session, and what their requests took (page, milliseconds, status)."""

    port: int
    cookies: str
    numbers: Sequence[int]
    seed: int
    took: list[tuple[str, float, int]] = attrs.field(factory=list)

    def work(self, begin_at: float, end_at: float, every: float) -> None:
        """Ask for a page every so many seconds, from `begin_at` to `end_at` of the monotonic clock."""
        chance = random.Random(self.seed)
        asked = 0
        while begin_at + asked * every < end_at:
            time.sleep(max(0.0, begin_at + asked * every - time.monotonic()))
            page = ("today", "recovery")[asked % 2]
            self.took.append(
                (page, *self._ask("/" if page == "today" else f"/recoveries/R-{chance.choice(self.numbers)}"))
            )
            asked += 1

    def _ask(self, path: str) -> tuple[float, int]:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Cookie": self.cookies})
        answer = connection.getresponse()
        answer.read()
        took = 1000 * (time.perf_counter() - began)
        connection.close()
        return took, answer.status


@contextmanager
def serving(port: int) -> Iterator[None]:
    """Run `makegood serve` meanwhile."""
    hidden = ("DATABASE_URL", "DATABASE_OWNER_URL")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "makegood.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5).status == http.client.OK
    except OSError:
        return False


def load(*, port: int, emails: Sequence[str], numbers: Sequence[int], seconds: float, every: float) -> list[Person]:
    """Let everybody work for so long, evenly spread over the time between two requests of one person."""
    people = [Person(port, sign_in(port, email), numbers, seed) for seed, email in enumerate(emails)]
    begin_at = time.monotonic() + 1.0
    end_at = begin_at + WARM_SECONDS + seconds
    threads = [
        threading.Thread(target=person.work, args=(begin_at + every * place / len(people), end_at, every))
        for place, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for person in people:
        del person.took[: int(WARM_SECONDS / every)]
    return people


def main(arguments: Sequence[str]) -> int:
    """Seed, serve, measure; return 1 if a page is too slow or does not answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recoveries", type=int, default=1_000_000)
    parser.add_argument("--organizations", type=int, default=1)
    parser.add_argument("--users", type=int, default=20, choices=range(1, EMPLOYEES + 5), metavar="1-20")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two requests of one person")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument(
        "--drill", action="store_true", help="back it up and try that afterwards, as benchmarks.drill does"
    )
    asked = parser.parse_args(arguments)
    with fresh_database() as home:
        from django.db import connections

        from benchmarks.drill import drill
        from benchmarks.seeding import seed
        from makegood.recoveries.models import Recovery
        from makegood.store.clocks import wall_now
        from makegood.store.tenancy import tenant

        watch = Stopwatch()
        largest = seed(
            recoveries=asked.recoveries,
            organizations=asked.organizations,
            now=wall_now(),
            employees=EMPLOYEES,
            linger=LINGER,
        )[0]
        with tenant(organization_id=largest.organization_id):
            still = Recovery.objects.filter(organization_id=largest.organization_id, state="open")
            numbers = list(still.order_by("number").values_list("number", flat=True))
        connections.close_all()
        size = f"{largest.recoveries:,} recoveries, {len(numbers):,} open"
        print(f"(seeded {size} in {watch.seconds:.0f} s)", flush=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        with serving(port):
            people = load(
                port=port,
                emails=largest.emails[: asked.users],
                numbers=numbers,
                seconds=asked.seconds,
                every=asked.every,
            )
        tried = not asked.drill or drill(organization_id=largest.organization_id, size=size, folder=home)
    took = [one for person in people for one in person.took]
    wrong = [status for _, _, status in took if status != http.client.OK]
    met = tried and not wrong
    for page in ("today", "recovery"):
        times = [ms for name, ms, _ in took if name == page]
        p95 = percentile(times, 0.95)
        met = met and p95 <= LIMIT_MS
        say(
            f"{page}, {asked.users} people, {size}",
            f"p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, longest {max(times):.0f} ms, n {len(times)}",
            f"p95 under {LIMIT_MS:.0f} ms",
            p95 <= LIMIT_MS,
        )
    if wrong:
        say("answers that were not 200", str(len(wrong)), "none", met=False)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
