"""Finance sees the charges for what was not delivered that nothing stopped, and says when they stopped one."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _finance, signed_in
from tests.support.recoveries import step_to

from makegood.config.working import work_dry
from makegood.listen.operations import events_accept
from makegood.organizations.models import Organization
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


def charged(org: Org) -> None:
    """A charge for a promise that breaks, and no payment system to stop it."""
    who = {"email": "ana@example.org", "name": "Ana Ferreira"}
    due = (START + timedelta(hours=2)).isoformat()
    paid = {"reference": "C-1", "promise": "P1", "amount": {"minor": 900, "currency": "EUR"}}
    bodies = [
        {"id": kind, "type": kind, "time": START.isoformat(), "data": {"customer": who, **data}}
        for kind, data in (("promise.made", {"reference": "P1", "due_at": due}), ("charge.made", paid))
    ]
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
        events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=START)
    step_to(org, START + timedelta(hours=6))
    while tick_dry(only={org.id}) + work_dry(only={org.id}):
        pass


def test_a_charge_that_was_not_stopped_waits_on_the_page_until_finance_did_it(org: Org) -> None:
    charged(org)
    client = signed_in(org, _finance(org))
    page = client.get("/payments").content.decode()
    assert "Charged for what we did not deliver" in page
    assert "C-1" in page
    assert "not stopped" in page
    (url,) = set(re.findall(r"/payments/charges/\d+", page))
    assert "Stop the charge of" in client.get(url).content.decode()
    refused = client.post(url, {})
    assert refused.status_code == 422
    assert "Stop it first" in refused.content.decode()
    after = client.post(url, {"sure": "on"}, follow=True).content.decode()
    assert "is stopped." in after
    assert "C-1" not in after
    assert client.get(url).status_code == 404


def test_whoever_does_not_pay_does_not_see_them(org: Org) -> None:
    assert signed_in(org, org.employee).get("/payments/charges/1").status_code == 403
