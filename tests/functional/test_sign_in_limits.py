"""Locked out by wrong tries until it ends by itself; signed out after a while, and everywhere at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in

from makegood.console import sessions
from makegood.core.lockout import BY_ACCOUNT, BY_ADDRESS
from makegood.core.sitting import IDLE, LASTS
from makegood.journal.models import Entry
from makegood.organizations.founding import member_invite
from makegood.organizations.models import User
from makegood.store.clocks import wall_now
from makegood.store.lockouts import try_begin, try_right
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
PASSWORD = "only Joris knows this"
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def person(org: Org) -> tuple[str, int]:
    """Somebody with an e-mail and a password of their own: the e-mail, and which member they are."""
    email = f"joris.limits@{org.code}.example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
        User.objects.filter(email=email).update(password=make_password(PASSWORD), password_once=False)
    return email, made.member_id


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A function that sets the wall clock by which people sign in and stay."""

    def stand(moment: datetime) -> None:
        for module in ("console.sessions", "console.views.frame", "console.views.account"):
            monkeypatch.setattr(f"makegood.{module}.wall_now", lambda: moment)

    return stand


def enter(email: str, password: str = PASSWORD, address: str = "203.0.113.1") -> tuple[Client, int, str]:
    """Try to sign in: the client, the status and what the page says."""
    client = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR=address)
    answer = client.post("/sign-in", {"email": email, "password": password})
    return client, answer.status_code, answer.content.decode()


def test_ten_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(
    person: tuple[str, int], at: Callable[[datetime], None]
) -> None:
    """Wherever they come from; the right one waits too, one sentence says how long, and it ends by itself."""
    email, now = person[0], wall_now()
    for number in range(BY_ACCOUNT.tries):
        at(now)
        assert enter(email, "guess", f"203.0.113.{number}")[1] == 422
    _, status, page = enter(email)
    assert status == 429
    assert "Too many tries with a wrong password. Wait 15 minutes, then try again." in page
    assert f'value="{email}"' in page
    assert PASSWORD not in page
    at(now + BY_ACCOUNT.window - timedelta(seconds=30))
    assert "Wait a minute, then try again." in enter(email)[2]
    at(now + BY_ACCOUNT.window)
    assert enter(email)[1] == 302


def test_an_unknown_account_is_locked_alike(org: Org) -> None:
    """So that nobody learns which accounts there are."""
    for _ in range(BY_ACCOUNT.tries):
        assert enter("nobody@example.org", "guess")[1] == 422
    assert enter("nobody@example.org", "guess")[1] == 429


def test_a_right_password_forgets_the_wrong_ones_before_it(person: tuple[str, int]) -> None:
    for _ in range(2):
        for _ in range(BY_ACCOUNT.tries - 1):
            assert enter(person[0], "guess")[1] == 422
        assert enter(person[0])[1] == 302


def test_an_office_that_shares_an_address_is_not_locked_by_those_who_sign_in(
    person: tuple[str, int], at: Callable[[datetime], None]
) -> None:
    """Right ones do not count; fifty wrong ones from one address do, and another address goes on."""
    at(wall_now())
    for _ in range(BY_ADDRESS.tries + 1):
        assert enter(person[0])[1] == 302
    for number in range(BY_ADDRESS.tries):
        assert enter(f"guess{number}@example.org", "guess")[1] == 422
    assert enter(person[0])[1] == 429
    assert enter(person[0], address="203.0.113.2")[1] == 302


def test_the_try_that_is_locked_counts_for_nothing(database: str) -> None:
    """Neither under the key that is locked nor under the other, and to the microsecond."""
    now = wall_now()
    for _ in range(BY_ACCOUNT.tries):
        assert try_begin(keys={"a": BY_ACCOUNT, "b": BY_ADDRESS}, now=now) is None
    until = now + BY_ACCOUNT.window
    for _ in range(BY_ADDRESS.tries):
        assert try_begin(keys={"a": BY_ACCOUNT, "b": BY_ADDRESS}, now=until - INSTANT) == until
    assert try_begin(keys={"c": BY_ACCOUNT, "b": BY_ADDRESS}, now=now) is None
    assert try_begin(keys={"a": BY_ACCOUNT}, now=until) is None
    try_right(forget="a", back="b")


def test_two_hours_without_a_click_end_a_session_and_the_door_says_so(
    person: tuple[str, int], at: Callable[[datetime], None]
) -> None:
    now = wall_now()
    at(now)
    client = enter(person[0])[0]
    at(now + IDLE - timedelta(seconds=1))
    assert client.get("/recoveries").status_code == 200
    at(now + 2 * IDLE - timedelta(seconds=2))
    assert client.get("/recoveries").status_code == 200, "that was a click"
    at(now + 3 * IDLE)
    assert client.get("/recoveries").headers["Location"].startswith("/sign-in")
    assert "You were signed out." in client.get("/sign-in").content.decode()


def test_a_page_that_fetches_itself_keeps_nobody_signed_in(
    person: tuple[str, int], at: Callable[[datetime], None]
) -> None:
    now = wall_now()
    at(now)
    client = enter(person[0])[0]
    for hour in (1, 2):
        at(now + timedelta(hours=hour) - timedelta(seconds=1))
        assert client.get("/", headers={"HX-Request": "true"}).status_code == 200
    at(now + IDLE)
    assert client.get("/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in"


def test_what_a_phone_sends_by_itself_keeps_nobody_signed_in(
    person: tuple[str, int], at: Callable[[datetime], None]
) -> None:
    now = wall_now()
    at(now)
    client = enter(person[0])[0]
    for minutes in (40, 80, 119):
        at(now + timedelta(minutes=minutes))
        assert client.get("/counter/now").status_code == 200
        assert client.post("/counter/reports", {"key": "0" * 16}).status_code == 422
    at(now + IDLE)
    assert client.get("/counter/now").status_code == 302


def test_twelve_hours_are_the_most_whatever_organization_one_changes_to(
    org: Org, person: tuple[str, int], at: Callable[[datetime], None], make_org: Callable[..., Org]
) -> None:
    other = make_org()
    with tenant(organization_id=other.id):
        member_invite(
            organization_id=other.id, name="Joris", role="employee", now=START, by=other.admin, email=person[0]
        )
    now = wall_now()
    at(now)
    client = enter(person[0])[0]
    for hour in range(1, 12):
        at(now + timedelta(hours=hour))
        to = (other, org)[hour % 2]
        client.post("/switch", {"organization": str(to.id)})
        assert client.session["organization"] == to.id
        assert client.get("/recoveries").status_code == 200
    at(now + LASTS - timedelta(seconds=1))
    assert client.get("/recoveries").status_code == 200
    at(now + LASTS)
    assert client.get("/recoveries").status_code == 302


def test_signing_out_everywhere_ends_every_session(person: tuple[str, int]) -> None:
    here, there = enter(person[0])[0], enter(person[0])[0]
    page = here.get("/account").content.decode()
    assert person[0] in page
    assert "Sign out everywhere" in page
    assert there.get("/account/sign-out").status_code == 200, "opening it ends nothing"
    assert here.post("/account/sign-out").headers["Location"] == "/sign-in"
    for client in (here, there):
        assert client.get("/").headers["Location"].startswith("/sign-in")
    assert enter(person[0])[0].get("/").status_code == 200


def test_an_admin_signs_somebody_out_everywhere(org: Org, person: tuple[str, int]) -> None:
    """As for a phone that was lost: their password stays, and it is journalled."""
    client = enter(person[0])[0]
    url = f"/settings/members/{person[1]}/sign-out"
    page = signed_in(org, org.admin).post(url, follow=True).content.decode()
    assert "Joris is signed out everywhere." in page
    assert client.get("/").headers["Location"].startswith("/sign-in")
    assert enter(person[0])[0].get("/").status_code == 200
    with tenant(organization_id=org.id):
        entry = Entry.objects.get(organization_id=org.id, event="organizations:member:signed_out")
        assert (entry.subject_id, entry.actor_id) == (person[1], org.admin)


def test_the_times_are_the_ones_that_the_guide_names() -> None:
    assert (sessions.GUESSES, settings.SESSION_COOKIE_AGE) == (10, 12 * 3600)


def test_tries_are_kept_as_hashes(person: tuple[str, int]) -> None:
    enter(person[0], "guess")
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_hash::text FROM store_throttle")
        assert not any("joris" in row[0] for row in cursor.fetchall())
