"""Telling on devices: encrypted for each alone, by one way, never into the quiet hours, mailed where it surely failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings
from tests.conftest import START, Org
from tests.integration.test_telling import MORNING, NIGHT, case, go, late, note, org, server, subjects
from tests.integration.test_telling_chat import rows
from tests.support.outside import MailServer
from tests.support.push_service import Browser, PushService, proved, push_service

from makegood.organizations.devices import UnableToAddDevice, device_add, devices_of
from makegood.organizations.models import Device, Member
from makegood.organizations.passwords import sessions_end
from makegood.organizations.telling import ears_of
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["case", "org", "server"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    with push_service(monkeypatch) as one:
        yield one


def added(org: Org, push: PushService, name: str = "phone", member_id: int = 0, **values: Any) -> Browser:
    """A browser that a member added, the employee's unless somebody else is named."""
    browser = push.browser(name)
    given: dict[str, Any] = {**browser.said, "name": "Firefox on Android", "now": START, "at": START, **values}
    with tenant(organization_id=org.id):
        device_add(organization_id=org.id, member_id=member_id or org.employee, **given)
    return browser


def test_each_device_shows_one_notification_that_only_it_can_read(
    org: Org, case: Recovery, server: MailServer, push: PushService
) -> None:
    phone, desk = added(org, push), added(org, push, "desk")
    late(org, case)
    note(org, "breach.fix", START, due_at=START)
    note(org, "score", START)
    for _ in range(2):
        go(org, START + MINUTE)
    assert [one["path"] for one in push.asked] == ["/to/phone", "/to/desk"]
    assert server.taken == []
    first, second = push.asked
    told = phone.read(first["body"])
    assert told["title"] == f"Recovery R-{case.number} is late (the fix). And 1 more."
    assert told["url"] == f"{settings.PUBLIC_URL}/recoveries/R-{case.number}"
    assert told["action"] == "Do it now, or say that you know"
    assert desk.read(second["body"]) == told
    with pytest.raises(InvalidTag):
        desk.read(first["body"])
    headers = first["headers"]
    assert (headers["Content-Encoding"], headers["TTL"], headers["Urgency"]) == ("aes128gcm", "39540", "high")
    assert proved(headers["Authorization"], of=push.url)["sub"].startswith(("https:", "mailto:"))
    assert rows(org) == [("push", "told", False)] * 2


def test_quiet_hours_hold_it_and_no_push_service_keeps_it_into_them(
    org: Org, case: Recovery, server: MailServer, push: PushService
) -> None:
    added(org, push)
    note(org, "score", NIGHT - 3 * HOUR)
    go(org, NIGHT - 3 * HOUR)
    assert push.asked[0]["headers"]["TTL"] == str(60 * 60), "the night begins in an hour"
    note(org, "reply", NIGHT)
    go(org, NIGHT)
    go(org, MORNING - MINUTE)
    assert len(push.asked) == 1
    go(org, MORNING)
    assert len(push.asked) == 2
    assert push.asked[1]["headers"]["TTL"] == str(12 * 60 * 60)


@pytest.mark.parametrize(("answers", "left"), [([410], 0), ([404], 0), ([403], 1), ([429, 503, 429], 1)])
def test_what_surely_did_not_get_there_is_mailed_and_a_device_that_is_gone_is_forgotten(
    org: Org, case: Recovery, server: MailServer, push: PushService, answers: list[int | None], left: int
) -> None:
    added(org, push)
    late(org, case)
    note(org, "breach.fix", START)
    push.answers = list(answers)
    for minutes in (0, 1, 3, 4, 9):
        go(org, START + minutes * MINUTE)
    assert len(push.asked) == len(answers)
    assert subjects(server) == [f"Recovery R-{case.number} is late (the fix)."]
    assert rows(org) == [("mail", "told", True)]
    with tenant(organization_id=org.id):
        kept = devices_of(organization_id=org.id, member_id=org.employee)
    assert len(kept) == left
    assert all(f"answered {answers[-1]}" in one.trouble for one in kept)


@pytest.mark.parametrize(
    ("answers", "state"), [([None], "unknown"), ([500], "unknown"), ([410, 201], "told"), ([500, 201], "told")]
)
def test_what_may_be_there_or_is_on_one_device_is_neither_repeated_nor_mailed(
    org: Org, case: Recovery, server: MailServer, push: PushService, answers: list[int | None], state: str
) -> None:
    for number in range(len(answers)):
        added(org, push, f"d{number}")
    late(org, case)
    note(org, "breach.fix", START)
    push.answers = list(answers)
    for minutes in (0, 5, 30):
        go(org, START + minutes * MINUTE)
    assert len(push.asked) == len(answers)
    assert server.taken == []
    assert rows(org) == [("push", state, False)]


def test_a_device_is_its_members_until_they_sign_out_everywhere_or_a_colleague_adds_it(
    org: Org, push: PushService
) -> None:
    added(org, push)
    with tenant(organization_id=org.id):
        (stored,) = Device.objects.values_list("subscription", flat=True)
        assert b"/to/phone" not in bytes(stored)
    added(org, push, member_id=org.manager)
    ids = [org.employee, org.manager]
    with tenant(organization_id=org.id):
        ears = ears_of(organization_id=org.id, member_ids=ids)
        user_id = Member.objects.get(id=org.manager).user_id
    assert [ears[one].push for one in ids] == [False, True]
    assert [ears[one].way for one in ids] == ["push", "push"]
    assert user_id is not None
    sessions_end(user_id=user_id, now=START + MINUTE)
    with tenant(organization_id=org.id):
        assert devices_of(organization_id=org.id, member_id=org.manager) == []
        assert not ears_of(organization_id=org.id, member_ids=ids)[org.manager].push
    for wrong in ({"key": "AAAA"}, {"auth": "AAAA"}, {"endpoint": "http://example.com/x"}, {"key": "é"}):
        with pytest.raises(UnableToAddDevice):
            added(org, push, "other", **wrong)
    for number in range(5):
        added(org, push, f"d{number}")
    with pytest.raises(UnableToAddDevice, match="forget one first"):
        added(org, push, "d6")


def test_no_member_brings_a_machine_of_the_house_as_a_device(
    org: Org, push: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(org, push)
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", (*settings.PRIVATE_HOSTS, "payout.internal"))
    for wrong in (
        "http://payout.internal/restart?now=1",
        "https://payout.internal/restart",
        "https://payout.internal:8443/x",
    ):
        with pytest.raises(UnableToAddDevice):
            added(org, push, endpoint=wrong)
    with tenant(organization_id=org.id):
        assert len(devices_of(organization_id=org.id, member_id=org.employee)) == 1
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("push.example.com",))
    with tenant(organization_id=org.id):
        assert devices_of(organization_id=org.id, member_id=org.employee) == [], "it became one of the house since"
