"""After living through real data, every figure of Insights equals the same figure counted apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.figures_compared import assert_equal

from makegood.config.working import work_organization
from makegood.insights.measures import failed, promises_settled
from makegood.insights.windows import Window, ever, last_days
from makegood.listen.datasets import Recorded, nycflights, olist
from makegood.listen.replaying import replay
from makegood.store.clocks import now as store_now
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.data

DAY = timedelta(days=1)
FIRST_DAYS_OF_FLIGHTS = datetime(2013, 1, 4, tzinfo=UTC)


def lived_through(recorded: Recorded, until: datetime | None = None) -> int:
    """Replay it; return its organization."""
    from django.db import connection

    replay(recorded=recorded, work=work_organization, until=until)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [f"replay-{recorded.kind}"])
        return int(cursor.fetchone()[0])


def compare(organization_id: int, *middles: datetime) -> None:
    """All of it, its last four weeks, and windows that begin and end in the middle."""
    with tenant(organization_id=organization_id):
        now = store_now(organization_id=organization_id)
        windows = [ever(now=now), last_days(days=28, now=now)]
        windows += [Window(since=at, until=at + DAY) for at in middles]
        for window in windows:
            assert_equal(organization_id=organization_id, window=window)


@pytest.fixture(scope="module")
def orders(database: str, data_dir: Path) -> int:
    """The organization that lived through every order of the marketplace."""
    return lived_through(olist.read(data_dir / "olist"))


@pytest.fixture(scope="module")
def flights(database: str) -> int:
    """The organization that lived through the first days of the flights."""
    return lived_through(nycflights.read(), until=FIRST_DAYS_OF_FLIGHTS)


def test_every_figure_after_the_marketplace_equals_the_same_counted_apart(orders: int) -> None:
    """And there is something in them."""
    with tenant(organization_id=orders):
        now = store_now(organization_id=orders)
        assert promises_settled(organization_id=orders, window=ever(now=now)).broken == 2167
        found = failed(organization_id=orders, window=ever(now=now)).found
        assert found.wrote_after > 1000
    compare(orders, datetime(2018, 3, 1, 3, tzinfo=UTC), datetime(2018, 8, 10, tzinfo=UTC))


def test_every_figure_after_days_of_flights_equals_the_same_counted_apart(flights: int, orders: int) -> None:
    """Though the marketplace lives in the same tables (invariant 11)."""
    with tenant(organization_id=flights):
        now = store_now(organization_id=flights)
        assert failed(organization_id=flights, window=ever(now=now)).count("quiet") > 0
    compare(flights, datetime(2013, 1, 2, 5, tzinfo=UTC))
    with tenant(organization_id=orders):
        nothing = promises_settled(organization_id=flights, window=ever(now=now))
    assert (nothing.kept, nothing.broken, nothing.released) == (0, 0, 0)


def test_an_organization_without_data_has_no_figures(make_org: Callable[..., object], flights: int) -> None:
    """Whatever others lived through."""
    org = make_org()
    with tenant(organization_id=org.id):  # type: ignore[attr-defined]
        window = ever(now=datetime(2030, 1, 1, tzinfo=UTC))
        found = failed(organization_id=org.id, window=window)  # type: ignore[attr-defined]
        assert (found.gated, found.causes, found.found.share) == ((), (), None)
