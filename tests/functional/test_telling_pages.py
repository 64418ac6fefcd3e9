"""How one is told is chosen on a page of one's own; and who opens a recovery is not told of it any more."""

from __future__ import annotations

from datetime import time, timedelta

from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in

from makegood.console.presence import notes_opened
from makegood.organizations.models import Member
from makegood.organizations.operations import user_create
from makegood.organizations.telling import ears_of
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

GIVEN = {
    "by_mail": "on", "pace_warning": "hourly", "pace_customer": "morning", "pace_assignment": "at_once",
    "pace_news": "at_once", "quiet": "on", "quiet_from": "22:30", "quiet_to": "06:15", "zone": "Asia/Tokyo",
}  # fmt: skip


def owning_account(org: Org) -> Client:
    """The manager, signed in with an account of their own."""
    user_id = user_create(email=f"manager{org.id}@example.com", password=None, now=START)
    with tenant(organization_id=org.id):
        Member.objects.filter(organization_id=org.id, id=org.manager).update(user_id=user_id)
    return signed_in(org, org.manager)


def test_each_member_chooses_for_themselves(org: Org) -> None:
    client = owning_account(org)
    assert "Choose it" in client.get("/account").content.decode()
    page = client.get("/account/telling").content.decode()
    assert 'value="21:00"' in page
    assert client.post("/account/telling/choose", GIVEN).status_code == 302
    with tenant(organization_id=org.id):
        ears = ears_of(organization_id=org.id, member_ids=[org.manager, org.admin])
    mine = ears[org.manager]
    assert mine.choices.quiet is not None
    assert (mine.choices.quiet.begins, mine.choices.quiet.ends) == (time(22, 30), time(6, 15))
    assert mine.choices.quiet.zone == "Asia/Tokyo"
    assert (mine.choices.paces["warning"], mine.choices.paces["news"], mine.wake) == ("hourly", "at_once", False)
    assert ears[org.admin].choices.paces["warning"] == "at_once"
    assert 'value="22:30"' in client.get("/account/telling").content.decode()


def test_what_cannot_be_is_said_beside_its_field(org: Org) -> None:
    client = owning_account(org)
    for wrong, said in (
        ({"quiet_to": "22:30"}, "Quiet hours end at another time than they begin"),
        ({"quiet_from": "late"}, "Write a time, such as 21:00."),
        ({"zone": "Mars/Base"}, "is unknown"),
        ({"pace_warning": "never"}, "Choose for each kind"),
    ):
        answer = client.post("/account/telling/choose", {**GIVEN, **wrong})
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_who_has_a_recovery_open_is_not_told_of_it_any_more(org: Org) -> None:
    case = recovery_of(org)
    note = {"recovery": case.id}
    at = wall_now()
    notes = {1: (org.manager, at, note), 2: (org.admin, at, note), 3: (org.manager, at + timedelta(hours=1), note)}
    with tenant(organization_id=org.id):
        assert notes_opened(organization_id=org.id, notes=notes) == set()
    signed_in(org, org.manager).post(f"/recoveries/R-{case.number}/others", {"doing": ""})
    with tenant(organization_id=org.id):
        assert notes_opened(organization_id=org.id, notes=notes) == {1}
