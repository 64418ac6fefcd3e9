"""Mail that answers no thread of ours: it reaches the open recovery of who wrote it, else a person; none is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.given import email
from tests.support.recoveries import clock, customer, failure, journal, open_for, step_to

from makegood.customers.operations import customer_merge
from makegood.failures.models import Signal
from makegood.messages.models import Message
from makegood.messages.operations import Received, message_received
from makegood.organizations.models import MemberPlace, Organization
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

HOUR = timedelta(hours=1)


def mailed(
    org: Org, *, address: str = "ana@example.com", mail: str = "person", key: str = "m1", to: tuple[str, ...] = ()
) -> Received:
    """Take in a mail that answers nothing of ours; call inside a unit of work."""
    return message_received(
        organization_id=org.id,
        key=key,
        at=START + HOUR,
        body="My xylophone arrived broken, please help",
        subject="Second problem",
        address=address,
        addresses=to,
        mail=mail,
    )


def test_an_open_recovery_of_the_sender_has_it_as_a_reply(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        (recovery,) = open_for(org, failure(org))
        taken = mailed(org)
        assert (taken.thread_id, taken.customer_id) == (recovery.thread_id, org.customer)
        assert clock(org, recovery, "respond").state == "running"
        assert len(journal(org, recovery, "replied")) == 1
        assert not Signal.objects.exists()


def test_it_finds_the_recovery_that_opened_before_the_sender_was_merged(org: Org) -> None:
    with tenant(organization_id=org.id):
        known = customer(org)
        email(org, customer_id=known)
        (recovery,) = open_for(org, failure(org))
        customer_merge(organization_id=org.id, customer_id=org.customer, into_id=known, now=START, by=None)
        assert mailed(org).thread_id == recovery.thread_id


@pytest.mark.parametrize("address", ["ana@example.com", "Nobody.Known@example.org", ""])
def test_else_a_person_reads_it_today_and_opens_a_recovery_with_it(org: Org, address: str) -> None:
    with tenant(organization_id=org.id):
        email(org)
        assert mailed(org, address=address).thread_id is None
        assert not mailed(org, address=address).new
        (signal,) = Signal.objects.all()
    client = signed_in(org, org.manager)
    page = client.get("/").content.decode()
    assert "Second problem" in page
    assert "My xylophone arrived broken, please help" in page
    assert client.post(f"/signals/{signal.id}/open").status_code == 302
    assert "xylophone" not in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get()
        assert recovery.customer_id == signal.customer_id
        assert Message.objects.get(direction="in").thread_id == recovery.thread_id
    assert "xylophone" in client.get(f"/recoveries/R-{recovery.number}").content.decode()


def test_a_person_sets_it_aside(org: Org) -> None:
    with tenant(organization_id=org.id):
        mailed(org)
        signal = Signal.objects.get()
    client = signed_in(org, org.manager)
    assert client.post(f"/signals/{signal.id}/dismiss").status_code == 302
    assert "xylophone" not in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        assert not Recovery.objects.exists()


@pytest.mark.parametrize("mail", ["auto-reply", "bounce", "list"])
def test_what_no_person_wrote_asks_nobody(org: Org, mail: str) -> None:
    with tenant(organization_id=org.id):
        mailed(org, mail=mail)
        assert not Signal.objects.exists()


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ("hello+shop@store.example", True),
        ("The shop <Shop@store.example>", True),
        ("hello@store.example", False),
        ("shop@elsewhere.example", False),
        ("hello+other@store.example", False),
    ],
)
def test_who_serves_a_place_reads_what_came_to_its_address(org: Org, to: str, shown: bool) -> None:
    """Who serves every place reads all of it; who serves one reads what was written to that one."""
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(reply_address="hello@store.example")
        place_create(organization_id=org.id, code="other", name="The other")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=org.place)
        mailed(org, to=(to,))
        assert Signal.objects.get().place_id == (org.place if shown else None) or "other" in to
    step_to(org, START + 2 * HOUR)
    assert "xylophone" in signed_in(org, org.manager).get("/").content.decode()
    assert ("xylophone" in signed_in(org, org.employee).get("/").content.decode()) is shown
