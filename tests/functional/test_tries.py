"""Tries are counted: a window's edge, guessed links, and a report form that is sent again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from tests.conftest import Org

from makegood.cli.tick import Rounds
from makegood.recoveries.models import Recovery
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt, client_address


@pytest.fixture(autouse=True)
def _no_throttle(database: str) -> None:
    """Every test begins with a clean slate of tries."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle")


def test_a_window_counts_to_its_limit(database: str) -> None:
    """The last try of a window is allowed, the next not, and the next window begins afresh."""
    at, minute = wall_now(), timedelta(minutes=1)
    tries = [attempt(key="edge", limit=3, window=minute, now=at) for _ in range(4)]
    assert [one.allowed for one in tries] == [True, True, True, False]
    assert tries[3].retry_after == 60
    assert not attempt(key="edge", limit=3, window=minute, now=at + minute - timedelta(microseconds=1)).allowed
    assert attempt(key="edge", limit=3, window=minute, now=at + minute).allowed
    assert attempt(key="other", limit=1, window=minute, now=at).allowed


def test_guessed_links_wait(database: str) -> None:
    """Twenty unknown links a quarter of an hour; the next is refused without being looked at."""
    client = Client(headers={"host": "127.0.0.1"})
    for number in range(20):
        assert client.get(f"/s/guess{number}").status_code == 404
    assert client.get("/s/another").status_code == 429


def test_the_report_form_waits_and_is_taken_once(org: Org) -> None:
    """A form sent twice is one recovery; robots are thanked; the eleventh report waits."""
    client = Client(headers={"host": "127.0.0.1"})
    report = {"what": "My room was cold", "cost": "service", "contact": "zoe@example.org", "key": "k1"}
    url = f"/r/{org.code}"
    for _ in range(2):
        assert client.post(url, report).status_code == 302
    assert client.post(url, report | {"key": "k2", "website": "spam"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Recovery.objects.filter(organization_id=org.id).count() == 1
    thanks = client.get(f"{url}/thanks").content.decode()
    assert "/s/" in thanks
    for number in range(7):
        client.post(url, report | {"key": f"m{number}"})
    assert client.post(url, report | {"key": "last"}).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "203.0.113.9", "10.0.0.1"),  # nobody is trusted: anybody can write the header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the client made up stands before what the proxy saw
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),  # it came by fewer proxies than there are
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_a_client_is_known_by_what_our_own_proxies_say(
    monkeypatch: pytest.MonkeyPatch, proxies: int, forwarded: str, counted: str
) -> None:
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", proxies)
    assert client_address({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}) == counted
    assert client_address({"REMOTE_ADDR": "10.0.0.1"}) == "10.0.0.1"


def test_two_clients_behind_one_proxy_wait_apart(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", 1)
    client = Client(headers={"host": "127.0.0.1"})
    one, other = ({"HTTP_X_FORWARDED_FOR": f"6.6.6.6, 203.0.113.{number}"} for number in (1, 2))
    answers = [client.get("/s/guessed", **one).status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]
    assert client.get("/s/guessed", **other).status_code == 404


def test_the_ticker_forgets_tries_and_sessions_that_have_passed(database: str) -> None:
    at = wall_now()
    attempt(key="old", limit=1, window=timedelta(minutes=1), now=at - timedelta(days=2))
    attempt(key="new", limit=1, window=timedelta(minutes=1), now=at)
    with connection.cursor() as cursor:
        for name, ends_at in (("gone", at - timedelta(seconds=1)), ("here", at + timedelta(hours=1))):
            cursor.execute("DELETE FROM django_session WHERE session_key = %s", [name])
            cursor.execute("INSERT INTO django_session VALUES (%s, '', %s)", [name, ends_at])
        Rounds().one(lambda *_: None)
        cursor.execute("SELECT count(*) FROM store_throttle")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT session_key FROM django_session WHERE session_key IN ('gone', 'here')")
        assert cursor.fetchall() == [("here",)]
