"""A customer's link ends a stated time after the recovery closed, says so kindly, and opens again with the case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of

from makegood.messages.links import status_path
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import close, reopen
from makegood.store.clocks import clock_step
from makegood.store.numbers import UnusableNumber, whole_number
from makegood.store.tenancy import tenant

LASTS = timedelta(days=180)
INSTANT = timedelta(microseconds=1)


def link_of(org: Org, recovery: Recovery) -> str:
    """The customer's link."""
    with tenant(organization_id=org.id):
        token = Recovery.objects.select_related("thread").get(id=recovery.id).thread.token
    return status_path(organization_id=org.id, token=token)


def closed(org: Org) -> Recovery:
    """A recovery that a manager closed at the start, with a reason."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="She moved away.")
    return recovery


def at(org: Org, after: timedelta) -> None:
    """Move the organization's clock to this long after the start."""
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)


@pytest.mark.parametrize(
    ("after", "status"),
    [(LASTS - INSTANT, 200), (LASTS, 410), (LASTS + INSTANT, 410)],
)
def test_a_link_ends_to_the_instant(org: Org, after: timedelta, status: int) -> None:
    link = link_of(org, closed(org))
    at(org, after)
    assert Client(headers={"host": "127.0.0.1"}).get(link).status_code == status


def test_an_ended_link_says_so_kindly_and_how_to_get_a_page_again(org: Org) -> None:
    link = link_of(org, closed(org))
    at(org, LASTS)
    client = Client(headers={"host": "127.0.0.1"})
    text = client.get(link).content.decode()
    assert "stays for 180 days after that" in text
    assert "you get a page again" in text
    assert f'href="/r/{org.code}"' in text
    assert "Ana" not in text
    assert "The till was down" not in text
    for path, posted in (("/write", {"text": "Hello?"}), ("/rate", {"score": "1"}), ("/offer", {"answer": "accept:1"})):
        assert client.post(link + path, posted).status_code == 410, path


def test_an_open_case_has_no_end(org: Org) -> None:
    link = link_of(org, recovery_of(org))
    at(org, 10 * LASTS)
    assert Client(headers={"host": "127.0.0.1"}).get(link).status_code == 200


def test_the_link_opens_again_with_the_case(org: Org) -> None:
    recovery = closed(org)
    link = link_of(org, recovery)
    at(org, LASTS)
    with tenant(organization_id=org.id):
        reopen(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + LASTS)
    assert Client(headers={"host": "127.0.0.1"}).get(link).status_code == 200


def test_the_days_are_a_setting(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_of(org, closed(org))
    monkeypatch.setattr(settings, "STATUS_DAYS", 2)
    at(org, timedelta(days=2))
    answer = Client(headers={"host": "127.0.0.1"}).get(link)
    assert (answer.status_code, "stays for 2 days" in answer.content.decode()) == (410, True)


@pytest.mark.parametrize("text", ["0", "-1", "3651", "soon", "1.5", "٣", "9999999999"])
def test_a_setting_that_is_no_number_of_days_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MAKEGOOD_STATUS_DAYS", text)
    with pytest.raises(UnusableNumber, match="from 1 to 3650"):
        whole_number("MAKEGOOD_STATUS_DAYS", default=180, least=1, most=3650)
