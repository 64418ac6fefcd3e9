"""The running totals of Insights are what a count of all rows says, whatever is written, undone or done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from tests.conftest import START, Org
from tests.support.figures_compared import assert_equal
from tests.support.insights_world import world_once

from makegood.failures.models import Failure
from makegood.insights import taking
from makegood.insights.measures import clocks_kept, failed, promises_settled
from makegood.insights.models import Tally
from makegood.insights.tallies import CASES, MERGED_EACH, counted, rebuild
from makegood.insights.windows import Window
from makegood.promises.models import Promise
from makegood.promises.operations import NewPromise, promises_make
from makegood.recoveries.models import Rating
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ALL_OF_IT = Window(since=START - 400 * DAY, until=START + 400 * DAY)


@pytest.fixture
def world(make_org: Callable[..., Org]) -> Org:
    """One organization that lived through four months; made once."""
    return world_once(make_org)


@contextmanager
def undone(org: Org) -> Iterator[None]:
    """A unit of work that is rolled back at its end."""
    with tenant(organization_id=org.id):
        yield
        transaction.set_rollback(True)


def settled(org: Org) -> int:
    return promises_settled(organization_id=org.id, window=ALL_OF_IT).broken


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_no_total_is_wrong_after_a_whole_life(world: Org) -> None:
    """And there is one of every measure, so that something was compared."""
    with tenant(organization_id=world.id):
        assert set(Tally.objects.values_list("measure", flat=True)) == set(CASES)
        assert rebuild(organization_id=world.id) == 0
        assert rebuild(organization_id=world.id) == 0
        assert_equal(organization_id=world.id, window=ALL_OF_IT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE promises_promise SET state = 'kept' WHERE organization_id = %s AND state = 'broken'",
        "UPDATE promises_promise SET settled_at = settled_at + interval '7 days' WHERE organization_id = %s",
        "UPDATE recoveries_recoveryclock SET minutes = 90, started_at = started_at - interval '25 hours'"
        " WHERE organization_id = %s",
        "UPDATE failures_failure SET cause_id = NULL, complained_at = NULL WHERE organization_id = %s",
        "UPDATE failures_failure SET withdrawn_at = happened_at WHERE organization_id = %s AND gate = 'contact'",
        "UPDATE makegoods_makegood SET cost_minor = cost_minor + 1 WHERE organization_id = %s",
        "UPDATE recoveries_rating SET score = 7, cares = '{\"speed\": 2}' WHERE organization_id = %s",
        "DELETE FROM recoveries_rating WHERE organization_id = %s",
        "DELETE FROM recoveries_recoveryclock WHERE organization_id = %s AND state = 'met'",
        "INSERT INTO recoveries_rating (organization_id, recovery_id, makegood_id, asked_at, score, cares)"
        " SELECT organization_id, id, -1, opened_at, 3, '{\"speed\": 1}' FROM recoveries_recovery"
        " WHERE organization_id = %s",
    ],
)
def test_whatever_changes_many_rows_changes_the_totals_as_much(world: Org, statement: str) -> None:
    """They differ from before, and are what a new count says."""
    with undone(world):
        before = {measure: said(world, measure) for measure in CASES}
        sql(statement, world.id)
        after = {measure: said(world, measure) for measure in CASES}
        assert after != before
        assert rebuild(organization_id=world.id) == 0
        assert {measure: said(world, measure) for measure in CASES} == after


def said(org: Org, measure: str) -> list[tuple[str, int, int]]:
    """What all of it and what its first half came to."""
    windows = (ALL_OF_IT, Window(since=START, until=START + 31 * HOUR))
    found = (one for window in windows for one in counted(organization_id=org.id, measure=measure, window=window))
    return sorted((str(one.key), one.count, one.minor) for one in found)


def test_what_is_rolled_back_is_not_counted(world: Org) -> None:
    with tenant(organization_id=world.id):
        before = settled(world)
        assert before > 0
        with transaction.atomic():
            Promise.objects.filter(state="broken").update(state="kept")
            assert settled(world) == 0
            transaction.set_rollback(True)
        assert settled(world) == before


def test_summing_up_changes_no_figure_and_leaves_one_row_of_each_key(world: Org) -> None:
    with undone(world):
        row = Tally.objects.filter(measure="promises").order_by("id")[0]
        for count in (3, -2, -1):
            Tally.objects.create(
                organization_id=world.id, measure=row.measure, day=row.day, key=row.key, count=count, fresh=True
            )
        before = said(world, "promises")
        sql("SELECT insights_merge(%s)", world.id)
        assert said(world, "promises") == before
        assert not Tally.objects.filter(fresh=True).exists()
        assert Tally.objects.filter(measure=row.measure, day=row.day, key=row.key).count() == 1
        assert not Tally.objects.filter(count=0, minor=0).exists()
        assert rebuild(organization_id=world.id) == 0


def test_totals_are_summed_up_by_themselves_as_rows_are_added(world: Org) -> None:
    """After a thousand and more of them, at most as many as come between two sums are left to be summed."""
    with undone(world):
        fresh = Tally.objects.filter(fresh=True)
        before = fresh.count()
        rating = Rating.objects.order_by("id")[0]
        for day in range(MERGED_EACH):
            Rating.objects.filter(id=rating.id).update(asked_at=START + (day % 50) * DAY)
        assert fresh.count() < before + MERGED_EACH
        assert rebuild(organization_id=world.id) == 0


def test_counting_again_waits_for_nobody_and_misses_nobody(database: str, make_org: Callable[..., Org]) -> None:
    """What another has written and not yet committed counts once, when it is committed (both ways round)."""
    org = make_org()
    with tenant(organization_id=org.id):
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source, customer_id=org.customer, key_hash=keyed_hash(f"{org.code} {i}"),
                    kind="delivery", made_at=START, due_at=START + DAY,
                )
                for i in range(3)
            ],
        )  # fmt: skip
    with psycopg.connect(database) as other:
        other.execute(
            "UPDATE promises_promise SET state = 'broken', settled_at = due_at WHERE organization_id = %s", [org.id]
        )
        with tenant(organization_id=org.id):
            assert rebuild(organization_id=org.id) == 0
            assert settled(org) == 0
        other.commit()
        with tenant(organization_id=org.id):
            assert settled(org) == 3
            assert rebuild(organization_id=org.id) == 0
            assert settled(org) == 3
            other.execute("UPDATE promises_promise SET state = 'kept' WHERE organization_id = %s", [org.id])
            other.commit()
        with tenant(organization_id=org.id):
            assert settled(org) == 0
            assert rebuild(organization_id=org.id) == 0


@pytest.mark.parametrize("share", [1, 1000])
def test_the_index_finds_the_same_times_as_sorting(world: Org, share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For windows that begin and end anywhere, with clocks that were never met among them."""
    with tenant(organization_id=world.id):
        windows = [
            ALL_OF_IT,
            *(Window(since=START + 5 * n * HOUR, until=START + (5 * n + 20 * share) * HOUR) for n in range(8)),
        ]
        by_sorting = [clocks_kept(organization_id=world.id, window=window) for window in windows]
        monkeypatch.setattr(taking, "MANY", taking.ENOUGH)
        monkeypatch.setattr(taking, "MUCH", 1_000_000)
        assert [clocks_kept(organization_id=world.id, window=window) for window in windows] == by_sorting
        found = [clock for clocks in by_sorting for clock in clocks if clock.decided >= taking.ENOUGH]
        assert any(clock.median_minutes is not None and clock.p90_minutes is None for clock in found)


def test_a_rule_says_what_it_last_said_in_the_window(world: Org) -> None:
    with undone(world):
        quiet = Failure.objects.filter(gate="quiet", withdrawn_at=None).order_by("happened_at", "id")
        for number, failure in enumerate(quiet):
            Failure.objects.filter(id=failure.id).update(gate_reasons=[{"rule": "test.rule", "text": f"Said {number}"}])
        for number, failure in enumerate(quiet):
            window = Window(since=START, until=failure.happened_at + timedelta(microseconds=1))
            (one,) = (one for one in failed(organization_id=world.id, window=window).gated if one.rule == "test.rule")
            assert (one.why, one.count) == (f"Said {number}", number + 1)
        assert len(quiet) > 1


def test_a_wrong_total_is_found_and_put_right(world: Org) -> None:
    """As if somebody had written to the database around the triggers."""
    with undone(world):
        right = settled(world)
        row = Tally.objects.filter(measure="promises", key=["broken"]).order_by("id")[0]
        Tally.objects.filter(id=row.id).update(count=row.count + 5)
        assert settled(world) == right + 5
        assert rebuild(organization_id=world.id) == 1
        assert settled(world) == right
        assert rebuild(organization_id=world.id) == 0
