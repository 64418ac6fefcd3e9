"""A database that is slow, full or gone: who asks is told when to come again, nothing is half done, and work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_erasure import body

from makegood.config.database import databases
from makegood.customers.models import Fact
from makegood.journal.models import Entry
from makegood.listen.models import Raw
from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.organizations.operations import api_key_create
from makegood.promises.models import Promise
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]
Trouble = Callable[[str, str], Any]


@contextmanager
def slow(database: str, table: str) -> Iterator[None]:
    """Somebody holds the whole table, and nobody here waits for long."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '80ms'")
    try:
        with psycopg.connect(database) as other:
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


@contextmanager
def full(database: str, table: str) -> Iterator[None]:
    """No row more fits on the disk, as the database says it."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file of Wilhelmina: no space left' USING ERRCODE = 'disk_full'; END $$"
        )
        owner.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")
        try:
            yield
        finally:
            owner.execute(f"DROP TRIGGER no_room ON {table}")


def turned_away(answer: Any) -> None:
    """It says so, and when to come again."""
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0


def journalled(org: Org) -> int:
    with tenant(organization_id=org.id):
        return Entry.objects.count()


@pytest.mark.parametrize("trouble", [slow, full])
def test_a_page_and_a_customers_page_say_so_and_do_nothing_by_halves(
    org: Org, database: str, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        link = status_path(organization_id=org.id, token=Thread.objects.get(id=recovery.thread_id).token)
    staff, visitor = signed_in(org, org.admin), Client(headers={"host": "127.0.0.1", "accept-language": "de"})
    staff.raise_request_exception = visitor.raise_request_exception = False
    fact = {"fact": "Wilhelmina likes zebras", "fact_source": "x"}
    before = journalled(org)
    with trouble(database, "customers_fact"):
        turned_away(staff.post(f"/customers/{org.customer}/facts", fact))
    with trouble(database, "journal_entry"):
        answer = visitor.post(f"{link}/write", {"text": "It is Wilhelmina"})
        turned_away(answer)
    assert "nicht erreichbar" in answer.content.decode()
    assert "vielleicht nicht angekommen" in answer.content.decode()
    assert journalled(org) == before
    with tenant(organization_id=org.id):
        assert not Message.objects.filter(body="It is Wilhelmina").exists()
    assert "Wilhelmina" not in "".join(
        record.getMessage() for record in caplog.records if record.name == "makegood.web"
    )
    assert staff.post(f"/customers/{org.customer}/facts", fact).status_code == 302
    assert visitor.post(f"{link}/write", {"text": "It is Wilhelmina"}).status_code == 302
    with tenant(organization_id=org.id):
        assert (Fact.objects.count(), Message.objects.filter(body="It is Wilhelmina").count()) == (1, 1)


@pytest.mark.parametrize("trouble", [slow, full])
def test_events_are_refused_whole_and_taken_once_when_they_come_again(
    org: Org, database: str, trouble: Trouble
) -> None:
    from datetime import timedelta

    with tenant(organization_id=org.id):
        key = api_key_create(organization_id=org.id, name="t", scopes=("events",), now=START).key
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {key}"})
    told = [
        body(
            f"e{number}", "promise.made", timedelta(), reference=f"p{number}", customer={"email": f"c{number}@example.org"},
            due_at=(START + timedelta(hours=1)).isoformat(), what="a lamp",
        )
        | {"source": "orders"}
        for number in range(3)
    ]  # fmt: skip
    for table in ("listen_raw", "promises_promise", "journal_entry"):
        with trouble(database, table):
            answer = client.post("/api/v1/events", told, content_type="application/cloudevents-batch+json")
            turned_away(answer)
            assert answer["Content-Type"] == "application/problem+json"
            assert "look before you send it again" in answer.json()["detail"]
        with tenant(organization_id=org.id):
            assert (Raw.objects.count(), Promise.objects.count()) == (0, 0), table
    for _ in range(2):
        answer = client.post("/api/v1/events", told, content_type="application/cloudevents-batch+json")
        assert answer.status_code < 300, answer.content
    with tenant(organization_id=org.id):
        assert (Raw.objects.count(), Promise.objects.count()) == (3, 3)
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=2))
    with trouble(database, "failures_failure"), pytest.raises(OperationalError):
        tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(state="open").count() == 3, "it was half done"
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(state="broken").count() == 3


def test_the_web_waits_for_no_statement_and_no_lock_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_PART", "web")
    options = databases()["default"]["OPTIONS"]["options"]
    assert "statement_timeout=25s" in options
    assert "lock_timeout=10s" in options
    assert "options" not in databases()["owner"]["OPTIONS"]
    monkeypatch.delenv("MAKEGOOD_PART")
    assert "timeout" not in databases()["default"]["OPTIONS"]["options"]
