"""Telling in Slack and Teams: by one way, with one button, mailed where it surely failed, and never repeated else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.integration.test_telling import (
    NIGHT,
    case,
    choose,
    go,
    late,
    manager_led_to,
    note,
    org,
    refuse,
    server,
    subjects,
    two_asked,
)
from tests.support.helpdesk import HelpdeskServer, helpdesk_server
from tests.support.outside import MailServer

from makegood.config.working import work_dry
from makegood.messages.models import Telling
from makegood.organizations.chats import UnableToSetChat, channel_of, chat_set, chats_all
from makegood.organizations.models import Chat, Member
from makegood.organizations.operations import team_create
from makegood.recoveries.models import Recovery
from makegood.store.secrets import decrypt
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["case", "org", "server"]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[HelpdeskServer]:
    """What takes webhooks as a channel does."""
    with helpdesk_server(monkeypatch) as one:
        yield one


def channel(org: Org, url: str, kind: str = "slack", **whose: Any) -> None:
    with tenant(organization_id=org.id):
        chat_set(organization_id=org.id, kind=kind, address=url, by=org.admin, now=START, **whose)


def rows(org: Org) -> list[tuple[str, str, bool]]:
    with tenant(organization_id=org.id):
        return list(Telling.objects.order_by("id").values_list("way", "state", "fell_back"))


def told_late(org: Org, case: Recovery, chat: HelpdeskServer, kind: str = "slack") -> None:
    """The employee chose the organization's channel, and a clock of theirs ran out."""
    channel(org, f"{chat.url}/hook?sig=x", kind)
    choose(org, org.employee, way="chat")
    late(org, case)
    note(org, "breach.fix", START, due_at=START)


def test_one_message_with_one_button_and_no_mail(
    org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer
) -> None:
    told_late(org, case, chat)
    note(org, "score", START)
    for _ in range(2):
        go(org, START + MINUTE)
    (asked,) = chat.asked
    assert asked["path"] == "/hook?sig=x"
    said, pressed = asked["body"]["blocks"]
    assert said["text"]["type"] == "plain_text"
    assert said["text"]["text"].startswith(f"Employee: Recovery R-{case.number} is late (the fix). And 1 more.")
    (button,) = pressed["elements"]
    assert button["url"] == f"{settings.PUBLIC_URL}/recoveries/R-{case.number}"
    assert button["text"]["text"] == "Do it now, or say that you know"
    assert server.taken == []
    assert rows(org) == [("chat", "told", False)] * 2


def test_teams_gets_a_card_without_markup(org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer) -> None:
    told_late(org, case, chat, "teams")
    go(org, START + MINUTE)
    (attached,) = chat.asked[0]["body"]["attachments"]
    card = attached["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"][0]["inlines"][0]["text"] == f"Employee: Recovery R-{case.number} is late (the fix)."
    assert {one["type"] for one in card["body"]} == {"RichTextBlock"}
    (button,) = card["actions"]
    assert button["url"].endswith(f"/recoveries/R-{case.number}")


@pytest.mark.parametrize(("answers", "asked"), [([404], 1), ([429, 503, 429], 3)])
def test_what_was_surely_not_taken_is_mailed_once_and_shows(
    org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer, answers: list[int | None], asked: int
) -> None:
    told_late(org, case, chat)
    chat.answers = answers
    for minutes in (0, 1, 3, 4, 9):
        go(org, START + minutes * MINUTE)
    assert len(chat.asked) == asked
    assert subjects(server) == [f"Recovery R-{case.number} is late (the fix)."]
    assert rows(org) == [("mail", "told", True)]
    with tenant(organization_id=org.id):
        (shown,) = chats_all(organization_id=org.id)
    assert shown.trouble.startswith("Slack ")


def test_what_was_said_by_what_was_surely_not_taken_is_mailed_too_where_that_is_answered_first(
    org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer
) -> None:
    """Two yeses left as one message, which the channel refuses; one of them is answered before the mail leaves."""
    channel(org, f"{chat.url}/hook?sig=x")
    choose(org, org.manager, way="chat")
    chat.answers = [404]
    first, second = two_asked(org, case)
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    work_dry(only=[org.id])
    assert (len(chat.asked), server.taken) == (1, [])
    refuse(org, second, START)
    go(org, START)
    (link,) = manager_led_to(org, server)
    assert link.startswith("/approve/")
    with tenant(organization_id=org.id):
        asked = Telling.objects.filter(what="ask.make_good").order_by("id")
        assert list(asked.values_list("note__approval", "state", "way")) == [
            (first, "told", "mail"),
            (second, "settled", "mail"),
        ]


@pytest.mark.parametrize("answer", [None, 500])
def test_what_may_have_been_taken_is_neither_repeated_nor_mailed(
    org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer, answer: int | None
) -> None:
    told_late(org, case, chat)
    chat.answers = [answer]
    for minutes in (0, 5, 30):
        go(org, START + minutes * MINUTE)
    assert len(chat.asked) == 1
    assert server.taken == []
    assert rows(org) == [("chat", "unknown", False)]
    with tenant(organization_id=org.id):
        assert "it may be there" in chats_all(organization_id=org.id)[0].trouble


def test_quiet_hours_hold_there_too(org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer) -> None:
    told_late(org, case, chat)
    with tenant(organization_id=org.id):
        Telling.objects.all().delete()
    note(org, "score", NIGHT)
    go(org, NIGHT)
    assert chat.asked == []
    assert rows(org)[-1] == ("chat", "held", False)


def test_who_chooses_otherwise_while_it_leaves_is_told_once_by_the_new_way(
    org: Org, case: Recovery, server: MailServer, chat: HelpdeskServer
) -> None:
    told_late(org, case, chat)
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    assert rows(org) == [("chat", "leaving", False)]
    choose(org, org.employee, way="mail")
    go(org, START + MINUTE)
    assert (len(chat.asked), len(server.taken)) == (0, 1)
    assert rows(org) == [("mail", "told", False)]


def test_ones_own_channel_comes_before_the_teams_and_that_before_the_organizations(
    org: Org, chat: HelpdeskServer
) -> None:
    with tenant(organization_id=org.id):
        team = team_create(organization_id=org.id, name="Desk")
        Member.objects.filter(id=org.employee).update(team_id=team)
        assert channel_of(organization_id=org.id, member_id=org.employee) is None
    for path, whose in (("all", {}), ("team", {"team_id": team}), ("own", {"member_id": org.employee})):
        url = f"https://example.com/{path}"
        channel(org, url, **whose)
        with tenant(organization_id=org.id):
            found = channel_of(organization_id=org.id, member_id=org.employee)
        assert found is not None
        assert (decrypt(found.address), found.shared) == (url, path != "own")
    with tenant(organization_id=org.id):
        assert not any(b"example.com" in bytes(one) for one in Chat.objects.values_list("address", flat=True))
        manager = channel_of(organization_id=org.id, member_id=org.manager)
    assert manager is not None
    assert decrypt(manager.address) == "https://example.com/all"
    for wrong, whose in ((f"{chat.url}/x", {"member_id": org.employee}), ("http://example.com/x", {})):
        with pytest.raises(UnableToSetChat):
            channel(org, wrong, **whose)
