"""The small form of the tick's measure: a hundred thousand open promises, of which few or none are due."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from benchmarks.ticking import CUSTOMERS, PROMISES, found

from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.promises.models import Promise
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant
from makegood.store.ticking import find_due, tick_once

ORGANIZATIONS, EACH, BROKEN = 4, 25_000, 60


@pytest.fixture(scope="module")
def crowd(database: str) -> list[int]:
    """Organizations on the real clock whose promises all lie a month or more ahead."""
    orgs = [found(number, wall_now()) for number in range(ORGANIZATIONS)]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(CUSTOMERS, {"orgs": orgs, "now": wall_now()})
        owner.execute(PROMISES, {"orgs": orgs, "now": wall_now(), "each": EACH})
        owner.execute("ANALYZE promises_promise")
    return orgs


def _all_ticks(orgs: list[int]) -> int:
    handled = 0
    while batch := tick_once(only=orgs):
        handled += batch
    return handled


def test_a_tick_that_finds_nothing_handles_nothing_and_reads_little(crowd: list[int], database: str) -> None:
    assert not [one for one in find_due() if one[1] in crowd]
    assert tick_once(only=crowd) == 0
    with psycopg.connect(database) as owner:
        # As in the finder: the rows of all organizations, by the index of what is due.
        plan = "\n".join(
            row[0] for row in owner.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + _finder_body(owner))
        )
    assert "Seq Scan on promises_promise" not in plan, plan


def _finder_body(owner: psycopg.Connection[tuple[str, ...]]) -> str:
    row = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = 'promises_due'").fetchone()
    assert row is not None
    return row[0]


def test_what_breaks_in_one_second_has_one_failure_each(crowd: list[int]) -> None:
    at = wall_now() - timedelta(seconds=1)
    broken: dict[int, list[int]] = {}
    for org in crowd:
        with tenant(organization_id=org):
            ids = list(Promise.objects.filter(organization_id=org).order_by("id").values_list("id", flat=True)[:BROKEN])
            Promise.objects.filter(organization_id=org, id__in=ids).update(due_at=at)
            broken[org] = ids
    assert _all_ticks(crowd) >= ORGANIZATIONS * BROKEN
    for org, ids in broken.items():
        with tenant(organization_id=org):
            failed = list(Failure.objects.filter(organization_id=org).values_list("promise_id", flat=True))
            said = Entry.objects.filter(organization_id=org, event="promises:promise:broken")
            still_open = Promise.objects.filter(organization_id=org, state="open").count()
            assert sorted(failed) == sorted(ids)
            assert sorted(said.values_list("subject_id", flat=True)) == sorted(ids)
            assert still_open == EACH - BROKEN
    assert tick_once(only=crowd) == 0
