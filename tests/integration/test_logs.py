"""Logs hold no personal data: a day is lived, things go wrong on the way, and what was logged is looked through."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import DataError, connection
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_erasure import SECRETS, live

from makegood.api.problems import unforeseen
from makegood.cli.loops import Complaints
from makegood.config.working import work_dry
from makegood.console.views import customers
from makegood.customers.models import Customer, Fact, Identity, Purchase
from makegood.keeping.erasing import person_erase
from makegood.keeping.person_file import person_file
from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.promises.models import Promise
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]
HELD = ((Customer, "name"), (Identity, "value"), (Purchase, "reference"), (Fact, "text"), (Message, "body"),
        (Message, "subject"), (Message, "address"), (Promise, "what"), (Thread, "token"))  # fmt: skip
SHORTEST = 5
WORDS = " ".join(SECRETS)
"""What errors quote; named, since a trace shows lines of the source."""


def texts(org: Org) -> set[str]:
    """Every name, address, number and text of this organization's customers, whole."""
    with tenant(organization_id=org.id):
        found = {
            one.strip()
            for model, column in HELD
            for one in model._default_manager.filter(organization_id=org.id).values_list(column, flat=True)
        }
    return {one for one in found if len(one) >= SHORTEST} | set(SECRETS)


def broken(*_: Any, **__: Any) -> Any:
    raise ValueError(WORDS)


def test_a_day_leaves_nothing_of_anybody_in_the_log(
    org: Org, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    customer_id = live(org)
    tick_dry(only=[org.id])
    work_dry(only=[org.id])
    said = texts(org)
    assert len(said) > 15
    client = signed_in(org, org.admin)
    visitor = Client(headers={"host": "127.0.0.1"})
    client.raise_request_exception = visitor.raise_request_exception = False
    with tenant(organization_id=org.id):
        token = Thread.objects.filter(customer_id=customer_id).latest("id").token
        link = status_path(organization_id=org.id, token=token)
    assert client.get("/customers", {"q": "Wilhelmina Quatermass"}).status_code == 200
    assert visitor.get(link).status_code == 200
    monkeypatch.setattr(customers.queries, "customers_found", broken)
    monkeypatch.setattr("makegood.public.views.status_page", broken)
    assert client.get("/customers", {"q": "Wilhelmina Quatermass"}).status_code == 500
    assert visitor.get(link).status_code == 500
    _troubles()
    with tenant(organization_id=org.id):
        person_file(organization_id=org.id, customer_id=customer_id, now=START, by=org.admin).content.close()
        person_erase(
            organization_id=org.id, customer_id=customer_id, typed="Wilhelmina Quatermass", by=org.admin, now=START
        )  # fmt: skip
    logged = "\n".join(
        logging.Formatter("%(name)s %(message)s").format(one) for one in caplog.records if _is_written(one)
    )
    assert "reference " in logged
    assert "route of organization 7 failed: DataError 22P02" in logged
    assert [one for one in said if one.lower() in logged.lower()] == []


def _is_written(record: logging.LogRecord) -> bool:
    """Django's own lines about requests go nowhere: there is no debugging, and nobody whom it would mail."""
    return not record.name.startswith("django.")


def _troubles() -> None:
    """A worker and the API meet errors that quote a person's words."""
    complaints = Complaints()
    for error in (_quoted(), _raised()):
        complaints.of_organization("route", 7, error)
        unforeseen("a request to the API", error)


def _quoted() -> Exception:
    with pytest.raises(DataError, match="Wilhelmina") as told, connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::bigint", [WORDS])
    return told.value


def _raised() -> Exception:
    with pytest.raises(ValueError, match="Wilhelmina") as told:
        broken()
    return told.value
