"""The pages of incidents: what they say was sent and is held, and that a yes signs for what was shown."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import failure

from makegood.failures.incidents import failures_attach, incident_propose
from makegood.failures.models import Incident
from makegood.store.tenancy import tenant


def _proposed(org: Org, failures: int) -> int:
    """A burst that waits for a decision, with so many failures of which nobody has heard."""
    with tenant(organization_id=org.id):
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The till: many customers let down within minutes", at=START,
            active_from=START, active_to=START, reasons=[], place_id=org.place,
        )  # fmt: skip
    _grow(org, incident_id, failures)
    return incident_id


def _grow(org: Org, incident_id: int, failures: int) -> None:
    with tenant(organization_id=org.id):
        found = [failure(org, place_id=org.place) for _ in range(failures)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)


@pytest.mark.parametrize("address", ["/incidents/I-1", "/"])
def test_a_yes_to_an_incident_signs_for_no_more_than_was_shown(org: Org, address: str) -> None:
    """Where the incident grew since the page was drawn, the page comes back with the new number."""
    incident_id = _proposed(org, 2)
    client = signed_in(org, org.manager)
    assert 'name="seen" value="2"' in client.get(address).content.decode()
    _grow(org, incident_id, 1)
    refused = client.post("/incidents/I-1/confirm", {"seen": "2"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "It has grown to 3 since you looked: say yes again." in page
    assert 'name="seen" value="3"' in page
    with tenant(organization_id=org.id):
        assert Incident.objects.get(organization_id=org.id).state == "proposed"
    assert client.post("/incidents/I-1/confirm", {"seen": "3"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Incident.objects.get(organization_id=org.id).state == "open"
