"""Batches that are taken beside each other: whoever comes second waits, and never crosswise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import connection
from tests.conftest import START, Org
from tests.integration.test_hooks import ordered
from tests.integration.test_listening import accept, event, made
from tests.support.hooks import outside

from makegood.customers.models import Customer, Identity
from makegood.listen import importing_tables, operations
from makegood.listen.hooks.delivery_rule import DeliveryRule
from makegood.listen.importing import Imported
from makegood.listen.operations import events_accept_all
from makegood.promises.models import Promise
from makegood.promises.operations import source_create
from makegood.store.tenancy import tenant

PLENTY = 30
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def second_waits_while_first_has_its_turn(
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    once: tuple[ModuleType, str] = (operations, "sources_lock"),
) -> None:
    """Take `first`; `once` it took what it is to have for itself, begin `second` beside it, and go on when that waits."""
    turn, begun = getattr(*once), threading.Event()
    with ThreadPoolExecutor(1) as beside:
        taken: list[Future[Any]] = []

        def closing() -> None:
            try:
                second()
            finally:
                connection.close()

        def taking(**given: Any) -> Any:
            done = turn(**given)
            if begun.is_set():
                return done
            begun.set()
            taken.append(beside.submit(closing))
            waiting = 0
            while not waiting and not taken[0].done():
                with connection.cursor() as cursor:
                    cursor.execute(WAITING)
                    (waiting,) = cursor.fetchone()
            assert waiting, "the second did not wait for the first"
            return done

        monkeypatch.setattr(*once, taking)
        first()
        taken[0].result(PLENTY)


def seen(number: int) -> dict[str, Any]:
    return event(f"{number}", "customer.seen", START, customer={"token": f"card {number}", "name": f"Name {number}"})


def bought(number: int) -> dict[str, Any]:
    at = START - timedelta(days=number)
    facts = {"reference": f"order {number}", "placed_at": at.isoformat(), "total": {"minor": 100, "currency": "EUR"}}
    return event(f"{number}", "purchase.made", START, customer={"token": f"card {number}"}, **facts)


def test_who_fills_customers_in_and_who_notes_their_purchases_never_wait_crosswise(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(org, [made(1), made(2)])
    second_waits_while_first_has_its_turn(
        monkeypatch, lambda: accept(org, [bought(2), bought(1)]), lambda: accept(org, [seen(1), seen(2)])
    )
    with tenant(organization_id=org.id):
        told = (
            Customer.objects.filter(name__startswith="Name").order_by("name").values_list("name", "first_purchase_at")
        )
        assert list(told) == [(f"Name {n}", START - timedelta(days=n)) for n in (1, 2)]


def test_requests_of_two_sources_never_wait_crosswise(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant(organization_id=org.id):
        other = source_create(organization_id=org.id, code="other", name="Other", now=START)

    def take(batches: dict[int, list[dict[str, Any]]]) -> None:
        with tenant(organization_id=org.id):
            events_accept_all(organization_id=org.id, batches=batches, now=START)

    second_waits_while_first_has_its_turn(
        monkeypatch,
        lambda: take({org.source: [made(1)], other: [made(2)]}),
        lambda: take({other: [made(3)], org.source: [made(4)]}),
    )
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(organization_id=org.id).count() == 4


def test_an_order_that_a_webhook_tells_and_a_request_of_its_source_never_wait_crosswise(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = outside(org, rule=DeliveryRule(days=2))
    source = shop.row().source_id
    for number in (1, 2):
        shop.post(ordered(number))
    told = event("2", "customer.seen", START, customer={"email": ordered(2)["email"], "name": "Ana"})

    def take() -> None:
        with tenant(organization_id=org.id):
            events_accept_all(organization_id=org.id, batches={source: [told]}, now=START)

    second_waits_while_first_has_its_turn(monkeypatch, shop.work, take)
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(source_id=source).count() == 2
        known = Identity.objects.get(value=ordered(2)["email"])
        assert Promise.objects.filter(source_id=source, customer_id=known.customer_id).count() == 1
    assert {row.state for row in shop.deliveries()} == {"done"}


def test_customers_of_a_file_and_of_a_request_never_wait_crosswise(
    org: Org, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importing_tables, "MOST_EVENTS", 1)
    known = [{"email": f"ana{number}@example.com"} for number in (1, 2)]
    for number, one in enumerate(known):
        accept(org, [event(f"{number}", "customer.seen", START, customer=one)])
    file = tmp_path / "customers.csv"
    file.write_text("email,name\nana2@example.com,Ana\nana1@example.com,Ana\nben@example.com,Ben\n")
    told = [
        event(f"{number} told", "customer.seen", START, customer=one | {"name": "Ana"})
        for number, one in enumerate(known)
    ]
    taken: list[Imported] = []
    second_waits_while_first_has_its_turn(
        monkeypatch,
        lambda: taken.append(importing_tables.customers_import(organization_id=org.id, path=file)),
        lambda: accept(org, told),
        once=(importing_tables, "customers_resolve"),
    )
    assert [(one.new, one.known) for one in taken] == [(1, 2)]
    with tenant(organization_id=org.id):
        assert Customer.objects.filter(name="Ana").count() == 2
