"""Whoever made an account for somebody enters no other organization as them: that takes the owner's mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

import pyotp
import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_choosing_passwords import OWN, choose, enter, forgot, letters
from tests.functional.test_passkeys import knock
from tests.functional.test_second_factor import secret_in
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.outside import MailServer, mail_server
from tests.support.soft_device import SoftDevice

from makegood.organizations.founding import Invited, member_invite
from makegood.organizations.members import Wanted, member_edit, member_password
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, member_deactivate
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
PLANTED = "the admin of A knows"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def a(make_org: Callable[..., Org], mails: MailServer) -> Org:
    return make_org(delivery="live")


@pytest.fixture
def b(make_org: Callable[..., Org], mails: MailServer) -> Org:
    return make_org(delivery="live")


def invite(org: Org, email: str, *, by_mail: bool) -> Invited:
    with tenant(organization_id=org.id):
        return member_invite(
            organization_id=org.id, name="Boss", role="admin", now=START, by=org.admin, email=email, by_mail=by_mail
        )


def planted(a: Org, b: Org) -> tuple[str, Client]:
    """The address of somebody at B, with an account whose password the admin of A knows; who is signed in with it."""
    email = f"boss@{b.code}.example.org"
    made = invite(a, email, by_mail=False)
    client = Client(headers={"host": "127.0.0.1"})
    client.post("/sign-in", {"email": email, "password": made.password})
    client.post("/password", {"old": made.password, "new": PLANTED, "again": PLANTED})
    assert client.get("/recoveries").status_code == 200
    return email, client


def factor_on(client: Client) -> None:
    secret = secret_in(client.get("/account/codes").content.decode())
    form = {"code": pyotp.TOTP(secret).now(), "password_on": PLANTED}
    assert "Your second factor is on" in client.post("/account/codes/on", form).content.decode()


def go_to(client: Client, org: Org) -> bool:
    """Change to an organization, and say whether that is where one is then."""
    client.post("/switch", {"organization": str(org.id)})
    return "organization" in client.session and client.session["organization"] == org.id


def test_nobody_enters_with_a_password_that_another_organization_made(a: Org, b: Org, mails: MailServer) -> None:
    """The owner does, by a link of their own mail; sessions and a second factor of before are over then."""
    email, client = planted(a, b)
    factor_on(client)
    assert invite(b, email, by_mail=True).waits
    assert not go_to(client, b)
    assert b.code.title() not in client.get("/recoveries").content.decode()
    ((to, subject, url),) = letters(b, mails)
    assert (to, subject) == (email, f"You are invited to {b.code.title()}")
    owner, page = choose(url)
    assert "The second factor from before is off" in page
    assert client.get("/recoveries").headers["Location"].startswith("/sign-in")
    assert enter(email, PLANTED) == 422
    assert go_to(owner, b)


def test_nor_with_a_passkey_that_another_organization_planted(
    a: Org, b: Org, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
    email, client = planted(a, b)
    device = SoftDevice(origin="https://desk.example.org")
    form = {"passkey_name": "x", "password_passkey": PLANTED}
    client.post("/account/passkeys/add", form | {"answer": device.made(client.post("/account/passkeys/ask").json())})
    invite(b, email, by_mail=True)
    client, _ = knock(device)
    assert not go_to(client, b)
    _, page = choose(letters(b, mails)[0][2])
    assert "passkeys too" in page
    assert "was not accepted" in knock(device)[1]


def test_not_even_where_a_let_them_go_meanwhile(a: Org, b: Org, mails: MailServer) -> None:
    email, _ = planted(a, b)
    made = invite(b, email, by_mail=True)
    with tenant(organization_id=a.id):
        there = Member.objects.get(organization_id=a.id, name="Boss")
        member_deactivate(organization_id=a.id, member_id=there.id, now=START, by=a.admin)
    client = Client(headers={"host": "127.0.0.1"})
    answer = client.post("/sign-in", {"email": email, "password": PLANTED})
    assert "choose a password by the link" in answer.content.decode()
    assert client.get("/recoveries").status_code == 302
    admin = signed_in(b, b.admin)
    page = admin.get(f"/settings/members/{made.member_id}").content.decode()
    assert "Another organization made their account" in page
    letters(b, mails)
    admin.post(f"/settings/members/{made.member_id}/link")
    ((_, subject, url),) = letters(b, mails)
    assert subject.startswith("You are invited")
    assert choose(url)[0].session["organization"] == b.id


def test_a_forgotten_password_leaves_a_factor_of_before_and_so_what_waits(a: Org, b: Org, mails: MailServer) -> None:
    email, client = planted(a, b)
    factor_on(client)
    invite(b, email, by_mail=True)
    letters(b, mails)
    forgot(email)
    ((_, _, url),) = letters(a, mails) or letters(b, mails)
    other, page = choose(url)
    assert "Your code" in page
    assert not go_to(other, b)
    with tenant(organization_id=b.id):
        made = Member.objects.get(organization_id=b.id, name="Boss")
    signed_in(b, b.admin).post(f"/settings/members/{made.id}/link")
    assert go_to(choose(letters(b, mails)[0][2])[0], b)


@pytest.mark.parametrize("how", ["password", "email"])
def test_it_is_nobodys_again_once_an_admin_gave_it_another_password_or_address(
    a: Org, b: Org, mails: MailServer, how: str
) -> None:
    first = f"mine@{a.code}.example.org" if how == "email" else f"boss@{b.code}.example.org"
    email = f"boss@{b.code}.example.org"
    made = invite(a, first, by_mail=True)
    choose(letters(a, mails)[0][2])
    given = {"organization_id": a.id, "member_id": made.member_id, "now": START, "by": a.admin}
    with tenant(organization_id=a.id):
        if how == "email":
            member_edit(**given, wanted=Wanted(name="Boss", role="admin", email=email))
        else:
            member_password(**given, wall_at=wall_now())
    assert invite(b, email, by_mail=True).waits


def test_who_chose_by_a_link_is_told_and_goes_in(a: Org, b: Org, mails: MailServer) -> None:
    """Also where it was a link for who forgot, and nobody had set up a second factor."""
    email, _ = planted(a, b)
    forgot(email)
    choose(letters(a, mails)[0][2])
    made = invite(b, email, by_mail=True)
    assert (made.known, made.waits) == (True, False)
    assert letters(b, mails)[0][1] == f"You were added to {b.code.title()}"
    client = Client(headers={"host": "127.0.0.1"})
    client.post("/sign-in", {"email": email, "password": OWN})
    assert go_to(client, b)


def test_who_is_given_an_address_that_is_known_is_mailed_too(a: Org, b: Org, mails: MailServer) -> None:
    email, client = planted(a, b)
    with tenant(organization_id=b.id):
        there = member_create(organization_id=b.id, name="Boss", role="manager", now=START)
        wanted = Wanted(name="Boss", role="manager", email=email)
        edited = member_edit(organization_id=b.id, member_id=there, wanted=wanted, now=START, by=b.admin)
    assert (edited.known, edited.waits) == (True, True)
    assert not go_to(client, b)
    assert go_to(choose(letters(b, mails)[0][2])[0], b)


def test_where_no_mail_leaves_nobody_waits(a: Org, b: Org) -> None:
    settings.EMAIL_URL = ""
    email, client = planted(a, b)
    assert not invite(b, email, by_mail=False).waits
    assert go_to(client, b)


def test_an_account_of_before_is_of_the_one_organization_that_it_is_in(a: Org, b: Org) -> None:
    """Whoever is in several goes on entering them."""
    one, several = f"one@{a.code}.example.org", f"several@{a.code}.example.org"
    for org, email in ((a, one), (a, several), (b, several)):
        invite(org, email, by_mail=False)
    upgrade = import_module("makegood.organizations.migrations.0009_user_owned_at")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organizations_user SET made_in = NULL WHERE email = ANY(%s)", [[one, several]])
        cursor.execute(upgrade.MADE_IN)
        cursor.execute("SELECT email, made_in FROM organizations_user WHERE email = ANY(%s)", [[one, several]])
        assert dict(cursor.fetchall()) == {one: a.id, several: None}
