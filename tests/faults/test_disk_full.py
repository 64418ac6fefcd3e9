"""A disk that is full for real: what was accepted is there afterwards, the rest was refused, and all goes on by itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest
from tests.conftest import START
from tests.functional.commands import Home, ask, temporary_home, until_well
from tests.integration.test_erasure import body
from tests.support.ports import free_port
from tests.support.ready import copy_ready
from tests.support.small_disk import UnableToMount, fill, small_disk
from tests.support.waiting import until

from makegood.store import embedded

MOST, REFUSED = 400, 6
FOUND = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.organizations.operations import api_key_create, organization_create, place_create
from makegood.promises.operations import source_create
from makegood.store.tenancy import tenant
now = datetime.now(UTC)
with transaction.atomic():
    here = organization_create(code="small", name="Small", now=now, delivery="inbox", zone="UTC")
with tenant(organization_id=here):
    source_create(organization_id=here, code="orders", name="Orders", now=now)
    print(api_key_create(organization_id=here, name="t", scopes=("events",), now=now).key)
"""
KNOWN = """
from django.db import connections
with connections["owner"].cursor() as cursor:
    cursor.execute("SELECT count(*) FROM listen_raw")
    print(cursor.fetchone()[0])
    cursor.execute("SELECT count(*) FROM customers_purchase")
    print(cursor.fetchone()[0])
"""


@contextmanager
def on_a_small_disk(home: Home) -> Iterator[None]:
    """Have the home lie on a disk of its own."""
    try:
        with small_disk(home.path, "420m"):
            yield
    except UnableToMount as error:
        pytest.skip(str(error))


def sent(port: int, key: str, number: int) -> int:
    """Send one purchase; the status of the answer, 0 where there was none."""
    event = body(
        f"e{number}", "purchase.made", timedelta(), reference=f"p{number}", placed_at=START.isoformat(),
        customer={"email": f"c{number}@example.org", "name": "N" * 200}, total={"minor": 1, "currency": "EUR"},
        what="w" * 100,
    ) | {"source": "orders"}  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"}
    try:
        connection.request("POST", "/api/v1/events", json.dumps([event]), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == http.client.SERVICE_UNAVAILABLE:
            assert answer.headers["Retry-After"]
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def write_much(home: Home) -> None:
    """Have the database write so much of what it does that it must begin another file for it."""
    url = embedded.Server(home.path.resolve()).url()
    with psycopg.connect(url, autocommit=True) as owner:
        for _ in range(400):
            owner.execute("SELECT pg_logical_emit_message(false, 'makegood', repeat('x', 1000000))")


def sent_until_refused(home: Home, port: int, key: str) -> list[int]:
    """Fill the disk and the database's own log until a purchase is refused; return the numbers that were tried.

    A database that ended for want of room gives some back as it comes again, so one filling may not be enough.
    """
    tried: list[int] = []
    for number in range(1000, 1000 + MOST):
        fill(home.path / f"filler {number}")
        with suppress(psycopg.OperationalError):
            write_much(home)
        tried.append(number)
        if sent(port, key, number) == http.client.SERVICE_UNAVAILABLE:
            return tried
    raise AssertionError("the disk was not full")


def test_nothing_accepted_is_lost_on_a_full_disk_and_all_goes_on_once_there_is_room() -> None:
    with temporary_home() as home, on_a_small_disk(home):
        copy_ready(home.path, synced=False)
        key = home.python(FOUND).split()[-1]
        port = free_port()
        with home.running("serve", "--port", str(port)):
            until_well(port, home)
            assert [sent(port, key, number) for number in range(10)] == [202] * 10
            fill(home.path / "filler")
            statuses: list[int] = []
            while statuses.count(503) < REFUSED and len(statuses) < MOST:
                statuses.append(sent(port, key, 10 + len(statuses)))
            assert set(statuses) <= {202, 503}, statuses
            assert 503 in statuses, "the disk was not full"
            (home.path / "filler").unlink()
            until_well(port, home)
            raw, _ = map(int, home.python(KNOWN).split()[-2:])
            assert raw == 10 + statuses.count(202), "what was refused was taken, or what was taken is lost"
            again = [number for number in range(10 + len(statuses)) if sent(port, key, number) == 202]
            assert len(again) == 10 + len(statuses), "it did not go on"
            assert ask(port)[1]["work"] == "well"
            tried = sent_until_refused(home, port, key)
            until(lambda: ask(port)[0] == 503, "its health says that it is not well")
            for filler in home.path.glob("filler *"):
                filler.unlink()
            until_well(port, home)
            assert [sent(port, key, number) for number in tried] == [202] * len(tried)
            again += tried
        raw, purchases = map(int, home.python(KNOWN).split()[-2:])
        assert (raw, purchases) == (len(again), len(again)), "something was lost, or came twice"
