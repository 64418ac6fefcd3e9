"""Replays come to what their data says, promise by promise; and go on where they were left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from django.db import connection
from tests.support.small_replay import recorded as small

from makegood.config.working import work_organization
from makegood.listen.datasets import Recorded, UnusableData, boston311, nycflights, olist
from makegood.listen.replay_report import Report
from makegood.listen.replaying import replay
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.usefixtures("database")

Judge = Callable[[timedelta | None, timedelta], str]
FIRST_DAYS_OF_FLIGHTS = datetime(2013, 1, 4, tzinfo=UTC)
FIRST_WEEKS_OF_REQUESTS = datetime(2015, 1, 22, tzinfo=UTC)


def lived(recorded: Recorded, until: datetime | None = None) -> Report:
    return replay(recorded=recorded, work=work_organization, until=until)


def apart(recorded: Recorded, until: datetime, notice: timedelta) -> tuple[Counter[str], Counter[str]]:
    """Reckon the states of promises, and what the gate says of broken ones, from the events alone."""
    due: dict[str, datetime] = {}
    kept: dict[str, datetime] = {}
    for event in recorded.events():
        if event["time"] > until:
            break
        if event["type"] == "promise.made":
            due[event["data"]["reference"]] = event["data"]["due_at"]
        elif event["type"] == "promise.kept":
            kept.setdefault(event["data"]["reference"], event["time"])
    states: Counter[str] = Counter()
    gates: Counter[str] = Counter()
    for reference, due_at in due.items():
        kept_at = kept.get(reference)
        if kept_at is None and due_at >= until:
            states["open"] += 1
        elif kept_at is not None and kept_at <= due_at:
            states["kept"] += 1
        else:
            states["broken"] += 1
            late = (kept_at or until) - due_at
            gates["contact" if late >= notice else "quiet" if kept_at else "waiting"] += 1
    return states, gates


def assert_as_reckoned(report: Report, recorded: Recorded, until: datetime, notice: timedelta) -> None:
    states, gates = apart(recorded, until, notice)
    assert states["broken"] > 100, "there is something to see"
    assert report.promises == {"made": states.total(), **{s: states[s] for s in ("kept", "broken", "released", "open")}}
    assert report.failures == {gate: gates[gate] for gate in ("waiting", "contact", "quiet", "review")}
    assert report.recoveries["opened"] == report.failures["contact"], "each on its own promise, none twice"


def organization(kind: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [f"replay-{kind}"])
        return int(cursor.fetchone()[0])


def said_about(kind: str, gate: str) -> dict[str, int]:
    """Count what was made, given or said for failures of this gate."""
    organization_id = organization(kind)
    tables = {
        "recoveries": "SELECT count(*) FROM recoveries_recoveryfailure r JOIN failures_failure f ON f.id = r.failure_id",
        "messages": (
            "SELECT count(*) FROM conversations_message m JOIN failures_failure f ON f.customer_id = m.customer_id"
        ),
        "make-goods": "SELECT count(*) FROM makegoods_makegood g JOIN failures_failure f ON f.id = g.failure_id",
    }
    with tenant(organization_id=organization_id), connection.cursor() as cursor:
        found = {}
        for name, query in tables.items():
            cursor.execute(f"{query} WHERE f.organization_id = %s AND f.gate = %s", [organization_id, gate])
            found[name] = cursor.fetchone()[0]
        return found


@pytest.mark.data
def test_the_marketplace_breaks_2167_promises_each_one_failure(data_dir: Path) -> None:
    report = lived(olist.read(data_dir / "olist"))
    assert report.events == 14599
    assert report.promises == {"made": 4882, "kept": 2715, "broken": 2167, "released": 0, "open": 0}
    assert sum(report.failures.values()) == 2167
    assert report.lead_hours == {"n": 1690, "share_before_complaint": 0.989, "median": 63.8}
    assert report.recoveries["opened"] > 2000
    assert report.messages["sent"] > report.recoveries["opened"]
    organization_id = organization("olist")
    with tenant(organization_id=organization_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT f.promise_id) FROM failures_failure f JOIN promises_promise p"
            " ON p.id = f.promise_id AND p.state = 'broken' WHERE f.organization_id = %s",
            [organization_id],
        )
        assert cursor.fetchone() == (2167, 2167)


def test_invariant_3_days_of_flights_come_to_what_was_recorded_and_nothing_is_said_of_a_quiet_one() -> None:
    flights = nycflights.read()
    report = lived(flights, FIRST_DAYS_OF_FLIGHTS)
    assert_as_reckoned(report, flights, FIRST_DAYS_OF_FLIGHTS, timedelta(minutes=15))
    assert report.incidents > 0
    assert said_about("nycflights", "quiet") == {"recoveries": 0, "messages": 0, "make-goods": 0}
    assert said_about("nycflights", "waiting") == {"recoveries": 0, "messages": 0, "make-goods": 0}
    told = said_about("nycflights", "contact")
    assert told["messages"] >= told["recoveries"] > 100


@pytest.mark.data
def test_weeks_of_requests_come_to_what_was_recorded(data_dir: Path) -> None:
    requests = boston311.read(data_dir / "boston311")
    report = lived(requests, FIRST_WEEKS_OF_REQUESTS)
    assert_as_reckoned(report, requests, FIRST_WEEKS_OF_REQUESTS, timedelta(hours=1))


def test_a_replay_goes_on_where_it_was_left_and_then_only_reports() -> None:
    past = attrs.evolve(small(promises=150, days=2), kind="left-and-found")
    middle = past.moments[len(past.moments) // 2][0]
    half = lived(past, middle)
    assert half.events == sum(at <= middle for at, _, _ in past.moments)
    whole = lived(past)
    assert whole.events == len(past.moments)
    assert whole.promises["made"] == 150
    assert lived(past) == whole


def test_a_replay_may_run_on_after_its_last_event() -> None:
    past = attrs.evolve(small(promises=40, days=1), kind="run-on")
    report = lived(past, past.moments[-1][0] + timedelta(days=60))
    assert (report.promises["open"], report.failures["waiting"]) == (0, 0)


def test_a_past_in_which_nothing_happened_cannot_be_replayed() -> None:
    with pytest.raises(UnusableData, match="holds no event"):
        lived(attrs.evolve(small(), kind="nothing", moments=()))
