"""What a phone sends that it kept: taken once by its key, at its own time, or refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in

from makegood.customers.models import Customer
from makegood.failures.models import Failure
from makegood.listen.models import Raw
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
HOUR = 3_600_000


def sent(client: Client, **more: Any) -> HttpResponse:
    """One report as a phone sends it: written an hour before it is sent."""
    given = {
        "key": KEY, "written": "1000000000000", "sent": str(1_000_000_000_000 + HOUR), "who": "Bea", "what": "Till down",
        "cost": "time", "when": "now", "place": "", **more,
    }  # fmt: skip
    return client.post("/counter/reports", given)


def failures(org: Org) -> list[Failure]:
    with tenant(organization_id=org.id):
        return list(Failure.objects.filter(organization_id=org.id).order_by("id"))


def test_a_report_is_taken_once_by_its_key(org: Org) -> None:
    client = signed_in(org, org.employee)
    first, again = sent(client), sent(client, what="Other words")
    assert (first.status_code, again.status_code) == (201, 200)
    with tenant(organization_id=org.id):
        assert first.json() == {"code": f"R-{Recovery.objects.get(organization_id=org.id).number}"}
    (one,) = failures(org)
    assert (one.what, one.reported_by_id, one.place_id) == ("Till down", org.employee, org.place)
    with tenant(organization_id=org.id):
        raw = Raw.objects.get(organization_id=org.id, type="counter.report")
        assert raw.body == {"failure": one.id}


def test_it_happened_when_it_was_written(org: Org) -> None:
    """By how long ago that was, so that a phone whose clock is years off tells the right time."""
    sent(signed_in(org, org.employee))
    (one,) = failures(org)
    assert (one.happened_at, one.detected_at) == (START - timedelta(hours=1), START)


def test_earlier_that_day_is_of_the_day_on_which_it_was_written(org: Org) -> None:
    """Written yesterday at 20:00 as "today at 18:30", it happened yesterday."""
    ago = 13 * HOUR
    answer = sent(signed_in(org, org.employee), sent=str(1_000_000_000_000 + ago), when="today", when_time="18:30")
    assert answer.status_code == 201
    (one,) = failures(org)
    assert one.happened_at == START.replace(day=1, hour=17, minute=30)


def test_a_clock_that_was_put_back_meanwhile_makes_nothing_yet_to_come(org: Org) -> None:
    sent(signed_in(org, org.employee), sent="1")
    assert failures(org)[0].happened_at == START


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"key": ""}, "has no key"),
        ({"key": "x" * 40}, "has no key"),
        ({"written": "soon"}, "when it was written"),
        ({"sent": str(1_000_000_000_000 + 61 * 24 * HOUR)}, "more than 60 days ago"),
        ({"who": " "}, "Say who it happened to."),
        ({"what": ""}, "Say what went wrong."),
        ({"cost": "love"}, "Choose what it cost them."),
        ({"price": "a lot"}, "Write an amount"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(org: Org, more: dict[str, str], says: str) -> None:
    """And its key is free again: put right, it is taken."""
    client = signed_in(org, org.employee)
    answer = sent(client, **more)
    assert answer.status_code == 422
    assert says in answer.json()["error"]
    assert failures(org) == []
    assert sent(client).status_code == 201


def test_somebody_of_a_known_name_is_not_asked_for(org: Org) -> None:
    """Nobody can be asked any more whether it is one of them: it is somebody new, whom a colleague may merge."""
    with tenant(organization_id=org.id):
        known = Customer.objects.create(organization_id=org.id, name="Bea", created_at=START)
    assert sent(signed_in(org, org.employee)).status_code == 201
    assert failures(org)[0].customer_id != known.id


def test_another_organizations_key_is_its_own(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    assert sent(signed_in(org, org.employee)).status_code == 201
    assert sent(signed_in(other, other.employee)).status_code == 201


def test_nobody_sends_without_a_session_or_the_forms_token(org: Org) -> None:
    anonymous = Client(headers={"host": "127.0.0.1"})
    assert sent(anonymous).status_code == 302
    member = signed_in(org, org.employee)
    strict = Client(headers={"host": "127.0.0.1"}, enforce_csrf_checks=True)
    strict.cookies = member.cookies
    assert sent(strict).status_code == 403
    token = strict.get("/counter/now").json()
    assert token["member"] == str(org.employee)
    assert sent(strict, csrfmiddlewaretoken=token["csrf"]).status_code == 201


def test_what_may_be_given_is_listed_by_loss(org: Org) -> None:
    page = signed_in(org, org.employee).get("/counter/give").content.decode()
    assert "They lost: time" in page
    assert "more today without asking" in page


def test_the_worker_names_its_pages_and_no_others(org: Org) -> None:
    answer = Client(headers={"host": "127.0.0.1"}).get("/counter/worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert '["/counter/", "/counter/give"]' in answer.content.decode()
