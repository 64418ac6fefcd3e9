"""An incident opened by hand takes in what happens at its place from then on, whoever tells us of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import HOUR, customer

from makegood.core.fold import fold_failure
from makegood.failures.incidents import incident_close, incident_confirm, incident_open, incident_propose
from makegood.failures.models import Failure, Incident
from makegood.failures.operations import Report, failure_report
from makegood.journal.models import Entry
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant


def report(org: Org, *, at: datetime = START, **facts: Any) -> Failure:
    """Somebody reports a failure; call inside a unit of work."""
    values: dict[str, Any] = {
        "customer_id": customer(org), "kind": "outage", "loss": "service", "what": "no light", "happened_at": at,
        "place_id": org.place, "reported_by_id": org.employee, **facts,
    }  # fmt: skip
    failure_id = failure_report(organization_id=org.id, report=Report(**values), now=at)
    return Failure.objects.get(id=failure_id)


def by_hand(org: Org, **facts: Any) -> int:
    """Open an incident; call inside a unit of work."""
    return incident_open(organization_id=org.id, title="The lift", by=org.manager, now=START, **facts)


def test_what_is_reported_at_its_place_joins_it(org: Org) -> None:
    with tenant(organization_id=org.id):
        incident = by_hand(org, place_id=org.place)
        one = report(org, at=START + HOUR)
        assert (one.incident_id, one.happening_key) == (incident, f"incident:{incident}")
        recovery = Recovery.objects.get()
        assert (recovery.incident_id, recovery.owner_id) == (incident, org.manager)
        entries = Entry.objects.filter(subject="failure").order_by("id").values_list("event", "data")
        assert fold_failure(entries=list(entries)).incident == incident


def test_what_is_reported_elsewhere_earlier_or_afterwards_goes_its_own_way(org: Org) -> None:
    with tenant(organization_id=org.id):
        before = report(org, at=START - HOUR)
        incident = by_hand(org, place_id=org.place)
        elsewhere = report(org, place_id=None)
        incident_close(organization_id=org.id, incident_id=incident, by=org.manager, now=START + HOUR)
        later = report(org, at=START + 2 * HOUR)
        assert [one.incident_id for one in (before, elsewhere, later)] == [None] * 3
        assert Recovery.objects.count() == 3


def test_what_is_reported_while_a_burst_waits_for_a_yes_is_not_kept_waiting(org: Org) -> None:
    with tenant(organization_id=org.id):
        incident_propose(
            organization_id=org.id, reason="burst", title="x", at=START, active_from=START, place_id=org.place,
            active_to=START + timedelta(hours=1), reasons=[],
        )  # fmt: skip
        assert report(org).incident_id is None
        assert Recovery.objects.get().state == "open"


def test_what_is_reported_takes_of_the_room_of_a_yes_and_goes_its_own_way_beyond(org: Org) -> None:
    with tenant(organization_id=org.id):
        incident = incident_propose(
            organization_id=org.id, reason="burst", title="The lift", at=START, active_from=START, active_to=START,
            reasons=[], place_id=org.place,
        )  # fmt: skip
        incident_confirm(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
        Incident.objects.filter(id=incident).update(room=1)
        assert [report(org).incident_id for _ in range(2)] == [incident, None]
        assert Incident.objects.get(id=incident).room == 0


def test_what_happens_nowhere_in_particular_says_that_nothing_joins_it(org: Org) -> None:
    client = signed_in(org, org.manager)
    assert "Without a place, nothing joins it by itself" in client.get("/incidents/new").content.decode()
    assert client.post("/incidents/new", {"title": "The lift"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Incident.objects.get().place_id is None
        assert report(org, at=START + HOUR).incident_id is None
    assert "nothing joins it by itself" in client.get("/incidents/I-1").content.decode()
    assert client.post("/incidents/new", {"title": "The till", "place": str(org.place)}).status_code == 302
    assert "nothing joins it by itself" not in client.get("/incidents/I-2").content.decode()
