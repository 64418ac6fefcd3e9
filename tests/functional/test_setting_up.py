"""The first hour: steps that look at what is there, and the line on Today that leads back until all is done."""

from __future__ import annotations

from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_data_in import bring, go
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in

from makegood.journal.models import Entry
from makegood.listen.setting_up import set_up_done
from makegood.organizations.models import Organization
from makegood.organizations.operations import member_create
from makegood.organizations.setting_up import REST
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

LEFT = "Not set up yet:"


@pytest.fixture
def live(org: Org) -> Org:
    """An organization whose mail leaves, as one that somebody sets up for work."""
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    return org


def shown(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def test_the_playbook_the_limits_and_the_mail_are_looked_at_and_left_as_they_suit(
    live: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_URL", "")
    monkeypatch.setattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000")
    client = signed_in(live, live.admin)
    playbook = shown(client, "/set-up/playbook")
    assert "What comes by mail and what your people report follows it" in playbook
    assert "Extras:" in playbook
    assert "put right within" in playbook
    assert "/settings/playbook/default/write" in playbook
    assert "in a day" in shown(client, "/set-up/limits")
    mail = shown(client, "/set-up/mail")
    for missing in ("EMAIL_URL", "MAKEGOOD_URL", "None is read", "No address of yours yet"):
        assert missing in mail
    for step, then in (("playbook", "/set-up/limits"), ("limits", "/set-up/mail"), ("mail", "/set-up/test")):
        assert client.post(f"/set-up/{step}").headers["Location"] == then
    with tenant(organization_id=live.id):
        assert {"playbook", "limits", "mail"} <= set_up_done(organization_id=live.id)
        said = Entry.objects.filter(event="organizations:organization:set_up").order_by("id")
        assert [(one.actor_id, one.data) for one in said] == [
            (live.admin, {"step": step}) for step in ("playbook", "limits", "mail")
        ]
    monkeypatch.setattr(settings, "EMAIL_URL", "smtp://a:b@mail.example.org")
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://help.example.org")
    mail = shown(client, "/set-up/mail")
    assert "EMAIL_URL" not in mail
    assert "MAKEGOOD_URL" not in mail
    assert "Through mail.example.org" in mail


def test_today_leads_admins_back_until_they_want_no_reminder(live: Org) -> None:
    client = signed_in(live, live.admin)
    today = shown(client, "/")
    assert 'href="/set-up/hours"' in today
    assert f"{LEFT} opening hours, a look at the playbook, limits, mail in, a test failure." in today
    assert LEFT not in shown(signed_in(live, live.manager), "/")
    assert signed_in(live, live.manager).post("/set-up/rest").status_code == 403
    assert LEFT in shown(client, "/")
    assert client.post(f"/set-up/{REST}").headers["Location"] == "/"
    assert LEFT not in shown(client, "/")
    assert 'href="/set-up/places"' in shown(client, "/settings/delivery")
    assert client.get("/set-up/rest").status_code == 404


def test_many_people_are_told_of_by_what_they_may_give_and_a_file_leads_back(live: Org) -> None:
    with tenant(organization_id=live.id):
        for n in range(12):
            member_create(organization_id=live.id, name=f"E{n}", role="employee", limit_minor=2525, now=START)
    client = signed_in(live, live.admin)
    limits = shown(client, "/set-up/limits")
    assert "Employee: 12 people" in limits
    assert "E11" not in limits
    url = bring(client, "Store Code,Store Name\nnew,The new shop\n", "stores.csv")
    go(client, url, "check", {"kind": "places", "column_code": "Store Code", "column_name": "Store Name"})
    assert "Go on setting up" not in shown(client, url)
    assert "Go on setting up" in unescape(go(client, url, "import"))
    client.post(f"/set-up/{REST}")
    assert "Go on setting up" not in shown(client, url), "they want no reminder"
