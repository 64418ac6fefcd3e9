"""Tries are counted: a window's edge, guessed links, and a report form that is sent again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from tests.conftest import Org

from makegood.recoveries.models import Recovery
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt, forgive


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
    forgive(key="edge")
    assert attempt(key="edge", limit=1, window=minute, now=at + minute).allowed


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
