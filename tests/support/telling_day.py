"""A day of staff and their recoveries, lived through by the clock, and who was told what, when and by which way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import attrs
from tests.conftest import START, Org
from tests.support.helpdesk import HelpdeskServer
from tests.support.outside import MailServer
from tests.support.push_service import Browser, PushService
from tests.support.recoveries import failure, open_for, step_to

from makegood.config.working import work_dry
from makegood.messages.staff import notices_read
from makegood.organizations.chats import chat_set
from makegood.organizations.devices import device_add
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, user_create
from makegood.organizations.telling import telling_choose
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change, step_done
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.recoveries.operations.knowing import clocks_acknowledge
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
BY_HOUR = (1, 0, 0, 0, 0, 1, 2, 5, 9, 12, 14, 15, 16, 15, 14, 13, 13, 12, 11, 9, 7, 5, 3, 2)
"""How much comes in which hour of the day, of what comes in all."""
ROLES = ("employee", "employee", "employee", "manager")
OWN = (
    {},
    {"paces": {"warning": "hourly", "customer": "hourly", "assignment": "hourly"}},
    {"paces": {"warning": "morning", "assignment": "morning"}, "quiet": (time(19), time(7))},
    {"quiet": None},
    {"wake": True},
    {"by_mail": False},
    {"way": "chat"},
    {"way": "push", "paces": {"customer": "hourly"}},
)
"""How the members want to be told, in turn."""


ANSWERS = (200, 200, 200, 404, 200, 200, 500, 200, 200, 200)
"""What a channel answers, in turn: mostly that it has it, else that it has not, or that it may have."""
PUSH_ANSWERS = (201, 201, 403, 201, 201, 500, 201, 201, 201, 201, 201)
"""What the push service answers, in turn."""


@attrs.frozen(kw_only=True)
class Told:
    """One telling that came: the moment, its first line, the lines after it, and how many more it only counts."""

    way: str
    at: datetime
    to: int
    head: str
    lines: tuple[str, ...]
    more: int
    links: int


@attrs.frozen(kw_only=True)
class Day:
    """A day as it went: the members with how each chose, every telling in its order, and what channels answered."""

    chosen: dict[int, dict[str, Any]]
    told: list[Told]
    answered: Counter[int]
    recoveries: int


def staffed(org: Org, count: int) -> dict[int, dict[str, Any]]:
    """Members with accounts, each with a choice of OWN."""
    chosen: dict[int, dict[str, Any]] = {}
    for number in range(count):
        user_id = user_create(email=f"m{number}.org{org.id}@example.com", password=None, now=START)
        with tenant(organization_id=org.id):
            role = ROLES[number % len(ROLES)]
            member_id = member_create(
                organization_id=org.id, name=f"Member {number}", role=role, now=START, limit_minor=5_000
            )
            Member.objects.filter(id=member_id).update(user_id=user_id, present=number % 9 != 8)
            own = {"way": "mail", "by_mail": True, "quiet": (time(21), time(8)), "zone": "", "paces": {}, "wake": False}
            chosen[member_id] = {**own, **OWN[number % len(OWN)]}
            telling_choose(organization_id=org.id, member_id=member_id, now=START, **chosen[member_id])
    return chosen


def lived(
    org: Org, server: MailServer, chat: HelpdeskServer, push: PushService, *, staff: int, recoveries: int, seed: int = 1
) -> Day:
    """Let so many recoveries come over 24 hours from START, staff do some of their work, and a night and a noon pass."""
    chance = random.Random(seed)
    chosen = staffed(org, staff)
    with tenant(organization_id=org.id):
        chat_set(organization_id=org.id, kind="slack", address=f"{chat.url}/all", by=org.admin, now=START)
    chat.answers = list(ANSWERS) * 1000
    push.answers = list(PUSH_ANSWERS) * 1000
    browsers = _added(org, push, chosen)
    names = {f"Member {number}": member for number, member in enumerate(chosen)}
    who = {f"m{number}.org{org.id}@example.com": member for number, member in enumerate(chosen)}
    comes = chance.choices(range(24), weights=BY_HOUR, k=recoveries)
    told: list[Told] = []
    mailed = written = pushed = 0
    for hour in range(50):
        at = START.replace(hour=0) + hour * HOUR + HOUR * 9
        step_to(org, at)
        with tenant(organization_id=org.id):
            for _ in range(comes.count((at.hour + 1) % 24) if hour < 24 else 0):
                open_for(org, failure(org, at=at, severity=chance.choice((1, 2, 2, 3))), at=at)
        if 8 <= at.hour + 1 < 19:
            _worked(org, chance, chosen, at)
        for _ in range(3):
            work_dry(only=[org.id])
            tick_dry(only=[org.id])
        work_dry(only=[org.id])
        told.extend(_mailed(server.taken[mailed:], at, who))
        told.extend(_written(chat.asked[written:], written, at, names))
        told.extend(_pushed(push.asked[pushed:], at, browsers))
        mailed, written, pushed = len(server.taken), len(chat.asked), len(push.asked)
    answered = Counter(ANSWERS[number % len(ANSWERS)] for number in range(written))
    answered.update(one["answered"] for one in push.asked)
    return Day(chosen=chosen, told=told, answered=answered, recoveries=recoveries)


def _added(org: Org, push: PushService, chosen: dict[int, dict[str, Any]]) -> dict[str, tuple[int, Browser]]:
    """A browser of each member who chose to be told by it, by the path at which it is reached."""
    found: dict[str, tuple[int, Browser]] = {}
    for member_id, own in chosen.items():
        if own["way"] == "push":
            browser = push.browser(member_id)
            with tenant(organization_id=org.id):
                device_add(
                    organization_id=org.id, member_id=member_id, name="Phone", now=START, at=START, **browser.said
                )
            found[f"/to/{member_id}"] = member_id, browser
    return found


def _worked(org: Org, chance: random.Random, chosen: dict[int, dict[str, Any]], at: datetime) -> None:
    """An hour of work: some fix, some say that they know, some hand over, some read their notices, some do nothing."""
    with tenant(organization_id=org.id):
        for case in Recovery.objects.filter(organization_id=org.id, state="open").order_by("id"):
            act: dict[int, Callable[[], Any]] = {
                0: lambda case=case: step_done(
                    organization_id=org.id, recovery_id=case.id, step="fix", by=case.owner_id, now=at
                ),
                1: lambda case=case: clocks_acknowledge(
                    organization_id=org.id, recovery_ids=[case.id], by=case.owner_id, now=at
                ),
                2: lambda case=case: owner_change(
                    organization_id=org.id, recovery_id=case.id, to=None, by=case.owner_id, reason="", now=at
                ),
            }
            with suppress(UnableToChangeRecovery):
                act.get(chance.randrange(12), int)()
        for member_id in chosen:
            if chance.random() < 0.2:
                notices_read(organization_id=org.id, member_id=member_id, now=at)


def _mailed(taken: list[bytes], at: datetime, who: dict[str, int]) -> Iterator[Told]:
    for raw in taken:
        mail = message_from_bytes(raw, policy=default)
        text = mail.get_content().replace("\r\n", "\n")
        yield read_as_told(text, way="mail", at=at, to=who[str(mail["To"])], links=text.count("http"))


def _written(asked: list[dict[str, Any]], first: int, at: datetime, names: dict[str, int]) -> Iterator[Told]:
    """What a channel has, of what it was asked: the others were answered otherwise."""
    for number, one in enumerate(asked, first):
        if ANSWERS[number % len(ANSWERS)] != 200:
            continue
        said, pressed = one["body"]["blocks"]
        name, _, text = said["text"]["text"].partition(": ")
        yield read_as_told(text, way="chat", at=at, to=names[name], links=len(pressed["elements"]))


def _pushed(asked: list[dict[str, Any]], at: datetime, browsers: dict[str, tuple[int, Browser]]) -> Iterator[Told]:
    """What came to browsers, as each reads it."""
    for one in asked:
        if one["answered"] == 201:
            to, browser = browsers[one["path"]]
            said = browser.read(one["body"])
            yield read_as_told(f"{said['title']}\n\n{said['body']}", way="push", at=at, to=to, links=1)


def read_as_told(text: str, *, way: str, at: datetime, to: int, links: int) -> Told:
    """A telling as its reader takes it."""
    listed = [line[2:] for line in text.split("\n") if line.startswith("- ")]
    more = [int(line.split()[1]) for line in listed if line.startswith("and ")]
    head = text.split("\n", 1)[0]
    if listed:
        head = head.rpartition(" And ")[0]
    lines = tuple(line for line in listed if not line.startswith("and "))
    return Told(way=way, at=at, to=to, head=head, lines=lines, more=sum(more), links=links)
