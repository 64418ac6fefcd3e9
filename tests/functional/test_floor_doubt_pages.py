"""On the recovery's page: what is owed is not decided, what is not known, and who may say that nothing is owed."""

from __future__ import annotations

from django.urls import reverse
from tests.conftest import Org
from tests.functional.test_views import signed_in
from tests.integration.test_floors_in_doubt import LACKS, in_doubt
from tests.integration.test_makegoods_floors import FLIGHT

from makegood.makegoods.models import FloorDoubt, MakeGood
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant


def number(org: Org) -> str:
    """The code of the one recovery."""
    with tenant(organization_id=org.id):
        return f"R-{Recovery.objects.get().number}"


def test_an_employee_gives_what_is_not_known(org: Org) -> None:
    """A word where a number belongs is asked for again; only a manager is offered to say that nothing is owed."""
    failure_id, _ = in_doubt(org)
    code = number(org)
    employee = signed_in(org, org.employee)
    page = employee.get(f"/recoveries/{code}").content.decode()
    assert "What is owed is not decided: we do not know great-circle distance" in page
    nothing_url = reverse("recovery-floor-nothing", args=[code, failure_id, "eu261"])
    assert nothing_url not in page
    url = reverse("recovery-floor-fact", args=[code, failure_id, "eu261"])
    refused = employee.post(url, {"fact": "far"})
    assert refused.status_code == 422
    assert "Write a number." in refused.content.decode()
    assert employee.post(url, {"fact": str(FLIGHT[LACKS])}).status_code == 302
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get().part == "floor"
    assert "What is owed is not decided" not in employee.get(f"/recoveries/{code}").content.decode()


def test_a_manager_says_that_nothing_is_owed_and_why(org: Org) -> None:
    failure_id, _ = in_doubt(org)
    code = number(org)
    url = reverse("recovery-floor-nothing", args=[code, failure_id, "eu261"])
    assert signed_in(org, org.employee).post(url, {"nothing": "no"}).status_code == 403
    manager = signed_in(org, org.manager)
    assert manager.post(url, {"nothing": ""}).status_code == 422
    assert manager.post(url, {"nothing": "It was a test flight"}).status_code == 302
    with tenant(organization_id=org.id):
        row = FloorDoubt.objects.get()
        assert (row.settled, row.note, row.settled_by_id) == ("nothing", "It was a test flight", org.manager)
