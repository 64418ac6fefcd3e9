"""A proposed incident asks managers for their yes or no: at once, again while it waits, and not once it is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.given import failure, step
from tests.support.outside import MailServer, mail_server

from makegood.config.working import work_dry
from makegood.failures.incidents import failures_attach, incident_confirm, incident_dismiss, incident_propose
from makegood.failures.models import Failure, Incident
from makegood.messages.models import Message, Telling
from makegood.organizations.models import Member, MemberPlace, Place
from makegood.organizations.operations import user_create
from makegood.recoveries.operations.offering_all import incident_ask
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def org(make_org: Callable[..., Org]) -> Org:
    made = make_org(delivery="live")
    user_id = user_create(email=f"manager{made.id}@example.com", password=None, now=START)
    with tenant(organization_id=made.id):
        Member.objects.filter(id=made.manager).update(user_id=user_id)
    return made


def proposed(org: Org, at: datetime = START, **more: Any) -> int:
    """A burst of two failures at the organization's place, or elsewhere."""
    where = {"place_id": org.place} | more
    with tenant(organization_id=org.id):
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The till: many customers let down within minutes", at=at,
            active_from=at, active_to=at, reasons=[], **where,
        )  # fmt: skip
        held = [failure(org, place_id=where["place_id"]) for _ in range(2)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=held, at=at)
    return incident_id


def go(org: Org, after: timedelta) -> None:
    """Let it be this long after START, and everything that is due leave."""
    step(org, after)
    for _ in range(3):
        work_dry(only=[org.id])
        tick_dry(only=[org.id])


def noticed(org: Org, member_id: int) -> list[str]:
    """The subjects of what a member was told of incidents in Makegood, in order."""
    with tenant(organization_id=org.id):
        told = Message.objects.filter(organization_id=org.id, member_id=member_id, subject__startswith="Incident")
        return list(told.order_by("created_at", "id").values_list("subject", flat=True))


WAITS = "Incident I-1 waits for a yes or no: is it one incident?"
STILL = "Incident I-1 still waits for a yes or no: is it one incident?"


def test_managers_and_admins_are_asked_at_once_and_nobody_else(org: Org, server: MailServer) -> None:
    proposed(org)
    assert noticed(org, org.manager) == noticed(org, org.admin) == [WAITS]
    assert noticed(org, org.employee) == []
    go(org, timedelta())
    with tenant(organization_id=org.id):
        told = Telling.objects.get(organization_id=org.id, member_id=org.manager)
    assert (told.kind, told.what, told.state) == ("approval", "proposed", "told")
    mail = server.taken[0].decode()
    assert "is it one incident?" in mail
    assert "/incidents/I-1" in mail
    assert len(server.taken) == 1


def test_they_are_asked_again_each_hour_and_after_a_day_each_day(org: Org) -> None:
    proposed(org)
    go(org, HOUR - timedelta(seconds=1))
    assert noticed(org, org.manager) == [WAITS]
    go(org, HOUR)
    assert noticed(org, org.manager) == [WAITS, STILL]
    go(org, 2 * HOUR)
    assert noticed(org, org.manager) == [WAITS, STILL, STILL]
    go(org, 32 * HOUR)
    assert len(noticed(org, org.manager)) == 4
    go(org, 55 * HOUR)
    assert len(noticed(org, org.manager)) == 4
    go(org, 56 * HOUR)
    assert len(noticed(org, org.manager)) == 5


def test_once_it_is_decided_nobody_is_asked_any_more(org: Org, server: MailServer) -> None:
    incident_id = proposed(org)
    with tenant(organization_id=org.id):
        incident_dismiss(organization_id=org.id, incident_id=incident_id, by=org.admin, now=START)
    go(org, 3 * HOUR)
    assert noticed(org, org.manager) == [WAITS]
    with tenant(organization_id=org.id):
        assert Telling.objects.get(organization_id=org.id, member_id=org.manager, what="proposed").state == "settled"
    assert not [one for one in server.taken if b"is it one incident" in one]


def test_of_what_only_watches_the_notice_is_all(org: Org, server: MailServer) -> None:
    incident_id = proposed(org)
    with tenant(organization_id=org.id):
        Failure.objects.filter(organization_id=org.id, incident_id=incident_id).update(shadow=True)
    go(org, 3 * HOUR)
    assert noticed(org, org.manager) == [WAITS]
    assert server.taken == []


def test_a_manager_of_other_places_is_not_asked_and_of_no_place_who_serves_all(org: Org) -> None:
    with tenant(organization_id=org.id):
        other = Place.objects.create(organization_id=org.id, code="other", name="Other", kind="shop")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=other.id)
    proposed(org)
    proposed(org, place_id=None)
    assert noticed(org, org.manager) == []
    assert len(noticed(org, org.admin)) == 2
    proposed(org, place_id=other.id)
    assert noticed(org, org.manager) == ["Incident I-3 waits for a yes or no: is it one incident?"]


def test_who_serves_what_the_place_lies_in_is_asked_too(org: Org) -> None:
    with tenant(organization_id=org.id):
        north = Place.objects.create(organization_id=org.id, code="north", name="North", kind="region")
        Place.objects.filter(id=org.place).update(parent_id=north.id)
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=north.id)
    proposed(org)
    assert noticed(org, org.manager) == [WAITS]


def test_what_an_older_release_proposed_is_asked_about_as_well(org: Org) -> None:
    incident_id = proposed(org)
    with tenant(organization_id=org.id):
        Incident.objects.filter(organization_id=org.id, id=incident_id).update(ask_at=None)
    go(org, HOUR)
    assert noticed(org, org.manager) == [WAITS, STILL]


def test_who_knows_of_several_is_told_of_them_again_at_the_full_hour_together(org: Org, server: MailServer) -> None:
    proposed(org)
    go(org, timedelta())
    step(org, timedelta(minutes=20))
    proposed(org, place_id=None, at=START + timedelta(minutes=20))
    go(org, timedelta(minutes=20))
    assert len(server.taken) == 2
    go(org, timedelta(minutes=100))
    assert len(server.taken) == 2
    go(org, timedelta(hours=2))
    assert len(server.taken) == 3
    assert "And 1 more" in server.taken[2].decode().replace("=\n", "")


def test_what_is_asked_for_all_of_an_incident_is_told_as_a_question(org: Org, server: MailServer) -> None:
    """Its payload comes back from the database with its names in another order."""
    incident_id = proposed(org)
    with tenant(organization_id=org.id):
        incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
        Member.objects.filter(id=org.employee).update(limit_minor=0)
        incident_ask(organization_id=org.id, incident_id=incident_id, remedy="express", by=org.employee, now=START)
    go(org, timedelta())
    with tenant(organization_id=org.id):
        told = Telling.objects.get(organization_id=org.id, member_id=org.manager, what="incident")
        assert Incident.objects.get(organization_id=org.id, id=incident_id).ask_at is not None
    assert (told.kind, told.state) == ("approval", "told")
    assert any(b"#for-all" in one for one in server.taken)
