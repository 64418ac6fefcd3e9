"""How one is told is chosen on a page of one's own; and who opens a recovery is not told of it any more."""

from __future__ import annotations

from datetime import time, timedelta

from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in
from tests.support.push_service import Browser

from makegood.console.presence import notes_opened
from makegood.messages.push import own_key
from makegood.organizations.chats import chats_all
from makegood.organizations.devices import devices_of
from makegood.organizations.models import Member
from makegood.organizations.operations import user_create
from makegood.organizations.telling import ears_of
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

GIVEN = {
    "way": "mail", "pace_warning": "hourly", "pace_customer": "morning", "pace_assignment": "at_once",
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


def test_an_admin_brings_a_channel_and_members_choose_it(org: Org) -> None:
    admin, manager = signed_in(org, org.admin), owning_account(org)
    assert "No channels yet" in admin.get("/settings/chat").content.decode()
    assert 'value="chat"' not in manager.get("/account/telling").content.decode()
    wrong = admin.post("/settings/chat/set", {"chat_kind": "slack", "chat_address": "http://example.com/x"})
    assert wrong.status_code == 422
    assert "Use https" in wrong.content.decode()
    given = {"chat_kind": "slack", "chat_address": "https://hooks.example.com/T1/x7k2q?x=1"}
    assert admin.post("/settings/chat/set", given).status_code == 302
    page = admin.get("/settings/chat").content.decode()
    assert "hooks.example.com" in page
    assert "x7k2q" not in page
    assert manager.post("/settings/chat/set", given).status_code == 403
    assert "In Slack" in manager.get("/account/telling").content.decode()
    assert manager.post("/account/telling/choose", GIVEN | {"way": "chat"}).status_code == 302
    own = {"chat_kind": "teams", "chat_address": "https://teams.example.com/flow"}
    assert manager.post("/account/telling/channel/keep", own).status_code == 302
    assert "In Microsoft Teams" in manager.get("/account/telling").content.decode()
    with tenant(organization_id=org.id):
        mine = ears_of(organization_id=org.id, member_ids=[org.manager])[org.manager]
        (kept,) = chats_all(organization_id=org.id)
    assert (mine.way, mine.by_mail, mine.chat) == ("chat", True, True)
    assert manager.post("/account/telling/channel/forget").status_code == 302
    assert admin.post("/settings/chat/forget", {"chat": str(kept.id)}).status_code == 302
    assert "There is no channel at present." in manager.get("/account/telling").content.decode()
    assert manager.post("/account/telling/choose", GIVEN | {"way": "pigeon"}).status_code == 422
    assert manager.post("/account/telling/choose", GIVEN | {"way": "none"}).status_code == 302
    with tenant(organization_id=org.id):
        mine = ears_of(organization_id=org.id, member_ids=[org.manager])[org.manager]
    assert (mine.way, mine.by_mail) == ("mail", False)


def test_a_browser_is_added_listed_and_forgotten(org: Org) -> None:
    manager = owning_account(org)
    page = manager.get("/account/telling").content.decode()
    assert f'data-push="{own_key()}" hidden' in page
    assert 'value="push"' not in page
    browser = Browser(endpoint="https://push.example.com/to/x")
    firefox = {"User-Agent": "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"}
    assert manager.post("/account/telling/device/add", browser.said, headers=firefox).status_code == 302
    page = manager.get("/account/telling").content.decode()
    assert "Firefox on Android" in page
    assert 'value="push" checked' in page
    assert "push.example.com" not in page
    unread = manager.post("/account/telling/device/add", {"endpoint": "", "key": "", "auth": ""})
    assert unread.status_code == 422
    assert "press the button again" in unread.content.decode()
    with tenant(organization_id=org.id):
        (kept,) = devices_of(organization_id=org.id, member_id=org.manager)
    other = signed_in(org, org.employee)
    other.post("/account/telling/device/forget", {"device": str(kept.id)})
    with tenant(organization_id=org.id):
        assert len(devices_of(organization_id=org.id, member_id=org.manager)) == 1
    assert manager.post("/account/telling/device/forget", {"device": str(kept.id)}).status_code == 302
    page = manager.get("/account/telling").content.decode()
    assert "There is no device at present." in page
    worker = manager.get("/account/worker.js")
    assert worker.headers["Content-Type"] == "text/javascript"
    assert b"showNotification" in worker.content
