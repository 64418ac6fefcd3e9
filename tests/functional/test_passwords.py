"""Passwords: one that others saw is changed at first use; everybody may change their own, and stays signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import signed_in

from makegood.organizations.founding import member_invite
from makegood.store.tenancy import tenant

OWN = "only Joris knows this"


@pytest.fixture(autouse=True)
def _no_throttle(database: str) -> None:
    """Every test begins with a clean slate of tries."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle")


@pytest.fixture
def invited(org: Org) -> tuple[str, str]:
    """The e-mail and one-time password of somebody who was just invited."""
    email = f"joris.invited@{org.code}.example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
    return email, made.password


@pytest.fixture
def enter(invited: tuple[str, str]) -> Callable[[str], Client]:
    """A function that signs in with a password."""

    def entered(password: str) -> Client:
        client = Client(headers={"host": "127.0.0.1"})
        client.post("/sign-in", {"email": invited[0], "password": password})
        return client

    return entered


def change(client: Client, old: str, new: str, again: str | None = None) -> str:
    """Post the form; return the page that it answers with."""
    return client.post("/password", {"old": old, "new": new, "again": again or new}, follow=True).content.decode()


def test_a_one_time_password_is_changed_before_anything_else(
    invited: tuple[str, str], enter: Callable[[str], Client]
) -> None:
    client = enter(invited[1])
    for path in ("/", "/recoveries", "/report", "/notices"):
        assert client.get(path).headers["Location"] == "/password", path
    assert client.post("/report", {"what": "It was late"}).headers["Location"] == "/password"
    assert client.get("/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/password"
    assert "a password that others saw" in client.get("/password").content.decode()
    key = client.session.session_key
    assert "Your password is changed." in change(client, invited[1], OWN)
    assert client.get("/recoveries").status_code == 200
    assert client.session.session_key != key
    assert enter(invited[1]).get("/").headers["Location"].startswith("/sign-in")
    assert enter(OWN).get("/").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("not it", OWN, OWN, "This is not your password now"),
        (None, "too short", "too short", "at least 10 characters"),
        (None, OWN, "something else", "The two are not the same"),
        (None, None, None, "This is the password that you have"),
        ("", OWN, OWN, "Type your password."),
    ],
)
def test_what_cannot_be_is_refused_and_said(
    invited: tuple[str, str],
    enter: Callable[[str], Client],
    old: str | None,
    new: str | None,
    again: str | None,
    said: str,
) -> None:
    client = enter(invited[1])
    given = invited[1]
    text = change(client, given if old is None else old, given if new is None else new, again)
    assert said in text
    assert given not in text
    assert client.get("/").headers["Location"] == "/password"


def test_changing_it_ends_the_other_sessions_and_keeps_this_one(
    invited: tuple[str, str], enter: Callable[[str], Client]
) -> None:
    change(enter(invited[1]), invited[1], OWN)
    here, elsewhere = enter(OWN), enter(OWN)
    assert elsewhere.get("/").status_code == 200
    change(here, OWN, "another one of mine")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").headers["Location"].startswith("/sign-in")


def test_the_eleventh_guess_of_ones_password_waits(invited: tuple[str, str], enter: Callable[[str], Client]) -> None:
    client = enter(invited[1])
    for _ in range(10):
        assert client.post("/password", {"old": "guess", "new": OWN, "again": OWN}).status_code == 422
    assert client.post("/password", {"old": invited[1], "new": OWN, "again": OWN}).status_code == 429


def test_who_has_no_account_has_no_password_to_change(org: Org) -> None:
    client = signed_in(org, org.employee)
    assert client.get("/password").status_code == 404
    assert client.post("/password", {"old": "a", "new": OWN, "again": OWN}).status_code == 404
    assert "Your sign-in" not in client.get("/").content.decode()
