"""Every figure of Insights equals the same figure counted apart, in a small world made through the operations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

import attrs
import pytest
from django.db import connections
from tests.conftest import START, Org
from tests.support import figures_apart as apart
from tests.support.figures_compared import assert_equal
from tests.support.insights_world import lived, world_once
from tests.support.recoveries import DAY, HOUR, opened

from makegood.console.building.insights import WINDOWS, count, insights_page, today_figures, window_of
from makegood.console.viewmodels import Figure, InsightsPage, Reader
from makegood.insights import outcomes
from makegood.insights.measures import clocks_kept, failed, promises_settled
from makegood.insights.outcomes import given, scores, spend_by_score
from makegood.insights.windows import Window, ever, last_days, this_month, today
from makegood.promises.models import Promise
from makegood.recoveries.models import Rating, Recovery
from makegood.store.tenancy import tenant

END = START + 400 * DAY
ALL_OF_IT = Window(since=START - 400 * DAY, until=END)
WORLDS: list[Org] = []


@pytest.fixture
def worlds(make_org: Callable[..., Org]) -> list[Org]:
    """Two organizations that lived through the same, one of them with fewer customers; made once."""
    if not WORLDS:
        WORLDS.extend([world_once(make_org), lived(make_org(), 17)])
    return WORLDS


def test_the_world_holds_something_for_every_figure(worlds: list[Org]) -> None:
    """Without this the comparisons below could be of nothing with nothing."""
    with tenant(organization_id=worlds[0].id):
        settled = promises_settled(organization_id=worlds[0].id, window=ALL_OF_IT)
        assert min(settled.kept, settled.broken, settled.released) > 0
        clocks = {one.target: one for one in clocks_kept(organization_id=worlds[0].id, window=ALL_OF_IT)}
        assert 0 < clocks["fix"].kept < clocks["fix"].decided
        assert clocks["fix"].median_minutes
        found = failed(organization_id=worlds[0].id, window=ALL_OF_IT)
        assert {one.gate for one in found.gated} >= {"contact", "quiet"}
        assert 0 < found.found.wrote_after < found.found.wrote < found.found.contacts
        assert found.found.median_lead_hours is not None
        assert len(found.causes) == 3
        sums = {one.currency: one for one in given(organization_id=worlds[0].id, window=ALL_OF_IT)}
        assert sums["EUR"].floor_minor > 0
        assert sums["EUR"].extra_minor > 0
        assert sums["USD"].fix_minor > 0
        rated = scores(organization_id=worlds[0].id, window=ALL_OF_IT)
        assert rated.asked > rated.answered >= 10
        assert rated.mean
        empathy = next(tap for tap in rated.cares if tap.name == "empathy")
        assert (empathy.given, empathy.mean is None) == (rated.answered, False)
        changes = spend_by_score(organization_id=worlds[0].id, window=ALL_OF_IT)
        assert all(sum(getattr(change, way) for change in changes) > 0 for way in ("more", "same", "less"))


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("since", "until"),
    [
        (START - 400 * DAY, END),
        (START, START + 10 * HOUR),
        (START + 12 * HOUR, START + 40 * HOUR),
        (START + 3 * DAY, START + 4 * DAY),
        (START + 4 * DAY, START + 4 * DAY + HOUR),
        (START + 85 * DAY, START + 86 * DAY),
        (START + 130 * DAY, END),
    ],
)
def test_every_measure_equals_the_same_counted_apart(
    worlds: list[Org], which: int, since: datetime, until: datetime
) -> None:
    """In any window, and for each organization alone, though both lived at the same time (invariant 11)."""
    org = worlds[which]
    with tenant(organization_id=org.id):
        assert_equal(organization_id=org.id, window=Window(since=since, until=until))


def test_a_window_holds_its_start_and_not_its_end(worlds: list[Org]) -> None:
    """To the microsecond, by the moment at which one promise broke."""
    org = worlds[0]
    with tenant(organization_id=org.id):
        at = Promise.objects.filter(state="broken").order_by("settled_at").values_list("settled_at", flat=True)[0]
        assert at is not None
        tick = timedelta(microseconds=1)
        for since, until, broken in ((at, at + tick, 1), (at - tick, at, 0), (at + tick, at + HOUR / 2, 0)):
            window = Window(since=since, until=until)
            assert promises_settled(organization_id=org.id, window=window).broken == broken
            assert_equal(organization_id=org.id, window=window)


def test_a_score_is_of_the_moment_at_which_the_failure_was_known(org: Org) -> None:
    """It is that of its recovery's clocks, and not that at which the recovery opened."""
    with tenant(organization_id=org.id):
        recovery = opened(org)
        Recovery.objects.filter(id=recovery.id).update(clock_from=recovery.opened_at - 3 * HOUR)
        rating = Rating.objects.create(organization_id=org.id, recovery_id=recovery.id, asked_at=START)
        rating.refresh_from_db()
    assert rating.failed_at == recovery.opened_at - 3 * HOUR


def test_an_upgrade_gives_each_score_its_moment_and_changes_none_that_has_one(org: Org) -> None:
    known = import_module("makegood.recoveries.migrations.0016_ratings_failed").KNOWN
    with tenant(organization_id=org.id):
        recovery = opened(org)
        rating = Rating.objects.create(organization_id=org.id, recovery_id=recovery.id, asked_at=START)
    for before, after in ((None, recovery.clock_from), (END, END)):
        with tenant(organization_id=org.id):
            Rating.objects.filter(id=rating.id).update(failed_at=before)
        with connections["owner"].cursor() as cursor:
            cursor.execute(known)
        with tenant(organization_id=org.id):
            rating.refresh_from_db()
        assert rating.failed_at == after


@pytest.mark.parametrize("most", [1, 7, 40])
def test_spending_is_compared_for_the_latest_scores(
    worlds: list[Org], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for no other, where there are more than are read."""
    org = worlds[0]
    monkeypatch.setattr(outcomes, "MOST_SCORES", most)
    with tenant(organization_id=org.id):
        counted = spend_by_score(organization_id=org.id, window=ALL_OF_IT)
        expected = apart.spending(org.id, ALL_OF_IT.since, ALL_OF_IT.until, most)
    assert {one.score: (one.more, one.same, one.less) for one in counted} == expected


def test_nothing_of_another_organization_counts_even_when_it_is_asked_for(worlds: list[Org]) -> None:
    """Row security stands behind the measures: the other organization's number finds nothing (invariant 11)."""
    mine, other = worlds
    with tenant(organization_id=mine.id):
        counted = count(organization_id=other.id, window=ALL_OF_IT, now=END)
    assert (counted.settled.kept, counted.settled.broken, counted.settled.released) == (0, 0, 0)
    assert (counted.clocks, counted.failed.gated, counted.failed.causes) == ([], (), ())
    assert (counted.given, counted.scores.asked, counted.spending) == ([], 0, [])


def page_of(org: Org, key: str, now: datetime) -> InsightsPage:
    reader = Reader(now=now, zone="Europe/Amsterdam")
    with tenant(organization_id=org.id):
        counted = count(organization_id=org.id, window=window_of(key=key, now=now, zone=reader.zone), now=now)
    return insights_page(
        counted=counted, key=key, reader=reader, url="/insights", cause_url=lambda cause_id: f"/causes/{cause_id}"
    )


def figures_of(page: InsightsPage) -> list[Figure]:
    return [figure for section in page.sections for figure in section.figures]


def five_of(org: Org, now: datetime) -> tuple[Figure, ...]:
    with tenant(organization_id=org.id):
        return today_figures(organization_id=org.id, reader=Reader(now=now), currency="EUR", url="/insights")


@pytest.mark.parametrize("key", list(WINDOWS))
def test_an_organization_without_data_shows_every_figure_as_not_enough_data(org: Org, key: str) -> None:
    """No zero, no hundred per cent, no chart: each says what would be enough."""
    page = page_of(org, key, START)
    figures = [*figures_of(page), *five_of(org, START)]
    assert len(figures) > 15
    for figure in figures:
        assert figure.value is None, figure
        assert figure.needs, figure
    assert not any(section.charts for section in page.sections)
    assert all(section.figures or section.empty for section in page.sections)


def test_every_figure_says_what_it_counts_over_what_time_and_out_of_how_many(worlds: list[Org]) -> None:
    """And is written for a reader."""
    page = page_of(worlds[0], "all", START + 120 * DAY)
    for figure in figures_of(page):
        assert figure.definition.endswith("."), figure
        assert figure.window == "Since the beginning"
        assert figure.of.startswith("of "), figure
    values = {figure.name: figure for figure in figures_of(page)}
    with tenant(organization_id=worlds[0].id):
        settled = promises_settled(organization_id=worlds[0].id, window=ALL_OF_IT)
    assert values["Promises broken"].value == str(settled.broken)
    assert values["Promises broken"].of == f"of {settled.kept + settled.broken} promises"
    charts = {chart.key: chart for section in page.sections for chart in section.charts}
    assert charts["causes"].kind == "pareto"
    bars, shares = charts["causes"].series
    assert [point.value for point in bars.points] == sorted((point.value for point in bars.points), reverse=True)
    assert shares.points[-1].text == "100 %"
    spending = next(section for section in page.sections if section.key == "spending")
    assert "grade C" in spending.lead


def test_the_five_figures_of_today(worlds: list[Org]) -> None:
    """Each leads to Insights, whose windows tell the same."""
    five = five_of(worlds[0], START + 4 * DAY)
    assert [figure.name for figure in five] == [
        "Made good in 24 h", "Found before they wrote", "Broken today", "Recovery score", "Given this month",
    ]  # fmt: skip
    assert [figure.cases_url for figure in five] == [f"/insights?window={w}" for w in ("7", "7", "today", "28", "28")]
    assert five[0].value is not None
    assert five[1].value is not None


@pytest.mark.parametrize(
    ("zone", "now", "midnight", "first"),
    [
        # Amsterdam at 00:30 in summer is 22:30 UTC of the day before.
        ("Europe/Amsterdam", (2026, 7, 1, 22, 30), (2026, 7, 1, 22, 0), (2026, 6, 30, 22, 0)),
        # The day on which clocks go forward began an hour further from UTC than it ends.
        ("Europe/Amsterdam", (2026, 3, 29, 12, 0), (2026, 3, 28, 23, 0), (2026, 2, 28, 23, 0)),
        ("America/New_York", (2026, 11, 1, 12, 0), (2026, 11, 1, 4, 0), (2026, 11, 1, 4, 0)),
        ("UTC", (2026, 1, 1, 0, 0), (2026, 1, 1, 0, 0), (2026, 1, 1, 0, 0)),
    ],
)
def test_days_and_months_begin_at_local_midnight(
    zone: str, now: tuple[int, ...], midnight: tuple[int, ...], first: tuple[int, ...]
) -> None:
    """Also where the clocks change."""
    at = datetime(*now, tzinfo=UTC)  # type: ignore[arg-type,misc]
    until = at + timedelta(microseconds=1)
    assert today(now=at, zone=zone) == Window(since=datetime(*midnight, tzinfo=UTC), until=until)  # type: ignore[arg-type,misc]
    assert this_month(now=at, zone=zone) == Window(since=datetime(*first, tzinfo=UTC), until=until)  # type: ignore[arg-type,misc]
    assert last_days(days=7, now=at).since == at - 7 * DAY
    assert ever(now=at).until == until


def test_few_cases_make_no_share(worlds: list[Org]) -> None:
    """Nine decided clocks are not enough, ten are."""
    with tenant(organization_id=worlds[0].id):
        clock = clocks_kept(organization_id=worlds[0].id, window=ALL_OF_IT)[0]
    assert attrs.evolve(clock, decided=9, kept=9).share is None
    assert attrs.evolve(clock, decided=10, kept=9).share == pytest.approx(0.9)
