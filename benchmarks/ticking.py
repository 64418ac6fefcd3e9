"""The tick: five million open promises in 200 organizations, first with nothing due, then 10,000 broken in one second.

``python -m benchmarks.ticking [--promises N] [--organizations N] [--broken N]``. It ticks with as many threads as
`makegood tick` does, and people say yes through as many processes as `makegood web` has.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ground import Stopwatch, fresh_database, percentile, say, superuser_url

TICKS = 101
TARGET_IDLE_MS, TARGET_FAILURES_S, TARGET_RECOVERIES_S = 20, 5, 30

CUSTOMERS = """
INSERT INTO customers_customer (organization_id, name, language, zone, channel, token, created_at)
SELECT org, '', '', '', '', true, %(now)s FROM unnest(%(orgs)s::bigint[]) AS org, generate_series(1, 100)
"""
PROMISES = """
INSERT INTO promises_promise (organization_id, source_id, customer_id, place_id, key_hash, kind, what, product, partner,
    currency, made_at, due_at, first_due_at, state)
SELECT s.organization_id, s.id, c.ids[1 + i %% array_length(c.ids, 1)], l.id,
    decode(md5(s.id || ':' || i), 'hex'), 'appointment', 'a visit', '', '', '', %(now)s, due.at, due.at, 'open'
FROM promises_source s
JOIN (SELECT organization_id, array_agg(id) AS ids FROM customers_customer GROUP BY 1) c
    ON c.organization_id = s.organization_id
JOIN (SELECT organization_id, min(id) AS id FROM organizations_place GROUP BY 1) l
    ON l.organization_id = s.organization_id
CROSS JOIN generate_series(1, %(each)s) AS i
CROSS JOIN LATERAL (SELECT %(now)s::timestamptz + interval '30 days'
    + make_interval(secs => (hashint8extended(i, s.id) & 1048575) * 5) AS at) due
WHERE s.organization_id = ANY(%(orgs)s)
"""
BREAK = """
UPDATE promises_promise p SET due_at = %(at)s::timestamptz + make_interval(secs => chosen.n / %(each)s::float8)
FROM (SELECT id, row_number() OVER (PARTITION BY organization_id ORDER BY id) AS n FROM promises_promise
    WHERE state = 'open') AS chosen
WHERE chosen.n <= %(each)s AND p.id = chosen.id
"""


def found(number: int, now: datetime) -> int:
    """Found one organization with people, a place, a playbook and a source; its clock is the real one."""
    from django.db import transaction

    from makegood.organizations import operations as organizations
    from makegood.promises.operations import source_create
    from makegood.rules import playbooks

    text = playbooks.text_of("default")
    with transaction.atomic():
        org = organizations.organization_create(code=f"tick{number}", name=f"Tick {number}", now=now, delivery="inbox")
        organizations.place_create(organization_id=org, code="shop", name="The shop")
        for name, role in (("Ada", "admin"), ("Max", "manager"), ("Eva", "employee"), ("Ned", "employee")):
            organizations.member_create(organization_id=org, name=name, role=role, now=now, limit_minor=20_000)
        organizations.playbook_publish(
            organization_id=org, code="default", text=text, data=playbooks.data_of(text), now=now
        )
        source_create(organization_id=org, code="visits", now=now, live_from=now - timedelta(days=1))
    return org


def seed(home: Path, *, promises: int, organizations: int) -> list[int]:
    """Make the organizations and their open promises, all due in a month or later; return their ids."""
    import psycopg

    from makegood.store.clocks import wall_now

    now = wall_now()
    orgs = [found(number, now) for number in range(organizations)]
    with psycopg.connect(superuser_url(home), autocommit=True) as connection:
        # Five million foreign keys that are right by construction need not be looked up one by one.
        connection.execute("SET session_replication_role = replica")
        connection.execute(CUSTOMERS, {"orgs": orgs, "now": now})
        connection.execute("ANALYZE customers_customer")
        connection.execute(PROMISES, {"orgs": orgs, "now": now, "each": promises // organizations})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return orgs


def idle_ms(*, ticks: int = TICKS) -> list[float]:
    """Return the milliseconds of ticks that find nothing."""
    from makegood.store.ticking import tick_once

    found = []
    for _ in range(ticks):
        watch = Stopwatch()
        if tick_once():
            raise RuntimeError("something was due: the ticks were not idle")
        found.append(watch.seconds * 1000)
    return found


def due_at_once(home: Path, *, each: int) -> datetime:
    """Let so many promises of every organization have fallen due in the second before now."""
    import psycopg

    from makegood.store.clocks import wall_now

    at = wall_now() - timedelta(seconds=1)
    with psycopg.connect(superuser_url(home), autocommit=True) as connection:
        connection.execute(BREAK, {"at": at, "each": each})
    return at


def confirm_all(orgs: Sequence[int]) -> int:
    """Say yes to every proposed incident, in as many processes as the web has; return how many."""
    from django.db import connections

    from makegood.cli.web import PROCESSES

    connections.close_all()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as web:
        return sum(web.map(confirm, orgs))


def confirm(org: int) -> int:
    """Say yes to each proposed incident of one organization; return how many."""
    from makegood.failures.incidents import incident_confirm
    from makegood.failures.models import Incident
    from makegood.organizations.models import Member
    from makegood.store.clocks import wall_now
    from makegood.store.tenancy import tenant

    confirmed = 0
    with tenant(organization_id=org):
        manager = Member.objects.get(organization_id=org, role="manager").id
        for incident in Incident.objects.filter(organization_id=org, state="proposed").values_list("id", flat=True):
            incident_confirm(organization_id=org, incident_id=incident, by=manager, now=wall_now())
            confirmed += 1
    return confirmed


def counted(home: Path, table: str) -> int:
    """Count the rows of a table in all organizations, over a fresh connection."""
    import psycopg

    with psycopg.connect(superuser_url(home)) as connection:
        row: Any = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0])


def until(done: Callable[[], bool], act: Callable[[], int]) -> None:
    """Act until it is done, or until acting does nothing any more."""
    while not done() and act():
        pass


def main(arguments: Sequence[str]) -> int:
    """Seed, measure idle ticks, then the second in which everything breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promises", type=int, default=5_000_000)
    parser.add_argument("--organizations", type=int, default=200)
    parser.add_argument("--broken", type=int, default=10_000)
    asked = parser.parse_args(arguments)
    with fresh_database() as home, ExitStack() as stack:
        from makegood.cli.tick import THREADS
        from makegood.store.ticking import tick_once

        tick = partial(tick_once, beside=stack.enter_context(ThreadPoolExecutor(THREADS)))
        watch = Stopwatch()
        orgs = seed(home, promises=asked.promises, organizations=asked.organizations)
        said = f"{asked.promises:,} open promises, {asked.organizations} organizations"
        print(f"(seeded {said} in {watch.seconds:.0f} s)", flush=True)
        idle_ms(ticks=5)
        idle = idle_ms()
        say(
            "idle tick",
            f"median {median(idle):.1f} ms, p95 {percentile(idle, 0.95):.1f} ms ({said})",
            f"< {TARGET_IDLE_MS} ms",
            median(idle) < TARGET_IDLE_MS,
        )
        due_at_once(home, each=asked.broken // asked.organizations)
        watch = Stopwatch()
        until(lambda: counted(home, "failures_failure") >= asked.broken, tick)
        seconds, failures = watch.seconds, counted(home, "failures_failure")
        say(
            "to failures",
            f"{seconds:.1f} s for {failures:,} that broke in one second",
            f"< {TARGET_FAILURES_S} s",
            seconds < TARGET_FAILURES_S and failures == asked.broken,
        )
        until(partial(bool, False), tick)
        incidents = confirm_all(orgs)
        seconds, opened = watch.seconds, counted(home, "recoveries_recovery")
        say(
            "to recoveries",
            f"{seconds:.1f} s from the breaking of {failures:,} to {opened:,} recoveries with plans ({incidents}"
            " incidents proposed and confirmed)",
            f"< {TARGET_RECOVERIES_S} s",
            seconds < TARGET_RECOVERIES_S and opened >= asked.broken * 0.9,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
