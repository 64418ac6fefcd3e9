"""An erased customer's link: the page says that they were forgotten, and nothing more is taken."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of

from makegood.customers.operations import customer_erase
from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


@pytest.mark.parametrize("way", ["write", "rate", "offer", "stay"])
def test_nothing_is_taken_from_who_was_erased(org: Org, way: str) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        link = status_path(organization_id=org.id, token=Thread.objects.get(id=recovery.thread_id).token)
        customer_erase(organization_id=org.id, customer_id=recovery.customer_id, now=START, by=org.admin)
    visitor = Client(headers={"host": "127.0.0.1"})
    assert visitor.get(link).status_code == 410
    answer = visitor.post(f"{link}/{way}", {"text": "I am Ana, ana@example.org", "score": "5"})
    assert answer.status_code == 410
    with tenant(organization_id=org.id):
        assert not Message.objects.filter(direction="in").exclude(body="").exists()
