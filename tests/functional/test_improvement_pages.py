"""Opening an improvement from a recovery: the step is done once it is open, and its day lies ahead."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import customer, failure, makegood, open_for, steps

from makegood.causes.models import Improvement
from makegood.failures.models import Cause
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
DAY = timedelta(days=1)


def test_a_recovery_waits_for_the_improvement_that_it_asked_for(org: Org) -> None:
    """Leaving the form that opens leaves the step to do; opening the improvement does it and leads back."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    code = f"R-{recovery.number}"
    asked = client.post(
        f"/recoveries/{code}/cause", {"cause": "new", "cause_note": "Till software", "cause_then": "improve"}
    )
    with tenant(organization_id=org.id):
        assert steps(org, recovery)["improve"] == "todo"
        cause_id = Cause.objects.get(name="Till software").id
    assert asked.headers["Location"].endswith(f"?cause={cause_id}&recovery={code}")
    form = client.get(asked.headers["Location"]).content.decode()
    assert f'name="recovery" value="{code}"' in form
    opened = client.post(
        asked.headers["Location"].partition("?")[0],
        {"improve_cause": cause_id, "improve_title": "Test each update on one till", "recovery": code},
    )
    assert opened.headers["Location"] == f"/recoveries/{code}"
    with tenant(organization_id=org.id):
        assert steps(org, recovery)["improve"] == "done"
        assert Improvement.objects.get().cause_id == cause_id


def test_the_day_of_an_improvement_is_not_over(org: Org) -> None:
    """Yesterday is refused with a sentence that says what to do; today is taken."""
    with tenant(organization_id=org.id):
        cause_id = Cause.objects.create(organization_id=org.id, name="Till software").id
    client = signed_in(org, org.manager)
    form = {"improve_cause": cause_id, "improve_title": "Test each update on one till"}
    refused = client.post("/causes/improvements/new", {**form, "improve_due": (START - DAY).date().isoformat()})
    assert refused.status_code == 422
    assert "That day is over: choose today or a later one." in refused.content.decode()
    assert client.post("/causes/improvements/new", {**form, "improve_due": START.date().isoformat()}).status_code == 302


def test_what_was_given_for_its_failures_stands_beside_each_cause(org: Org) -> None:
    """A cause and what stands above it show what was delivered for their failures, each currency by itself."""
    with tenant(organization_id=org.id):
        above = Cause.objects.create(organization_id=org.id, name="Partner")
        van = Cause.objects.create(organization_id=org.id, name="Wrong van", parent=above)
        for cost, state, currency, cause in (
            (500, "delivered", "EUR", van),
            (250, "delivered", "EUR", above),
            (900, "delivered", "USD", van),
            (7700, "offered", "EUR", van),
        ):
            failure_id = failure(org, customer_id=customer(org), cause_id=cause.id)
            recovery = open_for(org, failure_id)[-1]
            makegood(org, recovery, failure_id, at=START, cost_minor=cost, state=state, currency=currency)
    page = signed_in(org, org.manager).get("/causes").content.decode()
    rows = {row.split("</a>")[0].rpartition(">")[2]: row for row in page.split("<tr>") if "/causes/" in row}
    assert "€5" in rows["Wrong van"]
    assert "€7.50" in rows["Partner"]
    assert "$9" in rows["Wrong van"]
    assert "$9" in rows["Partner"]
    assert "77" not in rows["Wrong van"]
