"""What is owed and not decided of a failure that stays quiet: asked for on Today and on its promise's page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.conftest import Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_floors_in_doubt import LACKS
from tests.integration.test_makegoods_floors import FLIGHT, HOUR, arrive, promise
from tests.support.recoveries import playbook_with

from makegood.failures.models import Failure
from makegood.makegoods.models import FloorDoubt, MakeGood
from makegood.messages.models import Message
from makegood.organizations.models import MemberPlace
from makegood.promises.models import Promise
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
SAID = "What is owed is not decided: we do not know great-circle distance"


@pytest.fixture
def failure(org: Org) -> Failure:
    """A flight so little late that nobody is told, without one fact that its pack has to look at."""
    promise(org)
    with tenant(organization_id=org.id):
        playbook_with(
            org,
            ("expected_loss:", "floor_packs: [eu261]\nexpected_loss:"),
            ("notice_minutes: 60", "notice_minutes: 600"),
        )
        Promise.objects.update(facts={name: value for name, value in FLIGHT.items() if name != LACKS})
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        found = Failure.objects.get()
        assert found.gate == "quiet"
        assert not Recovery.objects.exists()
        assert FloorDoubt.objects.get().failure_id == found.id
    return found


def test_an_employee_gives_the_fact_and_it_is_paid_with_no_word_to_the_customer(org: Org, failure: Failure) -> None:
    employee = signed_in(org, org.employee)
    path = reverse("promise", args=[failure.promise_id])
    today = employee.get("/").content.decode()
    assert SAID in today
    assert path in today
    assert SAID in employee.get(path).content.decode()
    url = reverse("promise-floor-fact", args=[failure.promise_id, failure.id, "eu261"])
    refused = employee.post(url, {"fact": "far"})
    assert refused.status_code == 422
    assert "Write a number." in refused.content.decode()
    assert employee.post(url, {"fact": str(FLIGHT[LACKS])}).status_code == 302
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get().part == "floor"
        assert not Message.objects.filter(direction="out").exists()
    assert SAID not in employee.get("/").content.decode()
    assert SAID not in employee.get(path).content.decode()


def test_only_a_manager_says_that_nothing_is_owed(org: Org, failure: Failure) -> None:
    url = reverse("promise-floor-nothing", args=[failure.promise_id, failure.id, "eu261"])
    assert signed_in(org, org.employee).post(url, {"nothing": "no"}).status_code == 403
    assert signed_in(org, org.manager).post(url, {"nothing": "It was a test flight"}).status_code == 302
    with tenant(organization_id=org.id):
        assert FloorDoubt.objects.get().settled == "nothing"


def test_who_serves_another_place_is_not_asked(org: Org, failure: Failure) -> None:
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=org.place)
    employee = signed_in(org, org.employee)
    assert SAID not in employee.get("/").content.decode()
    url = reverse("promise-floor-fact", args=[failure.promise_id, failure.id, "eu261"])
    assert employee.post(url, {"fact": "1500"}).status_code == 404
