"""A day of staff and their recoveries, lived through by the clock, and who was mailed what and when."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import attrs
from tests.conftest import START, Org
from tests.support.outside import MailServer
from tests.support.recoveries import failure, open_for, step_to

from makegood.config.working import work_dry
from makegood.messages.staff import notices_read
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
)
"""How the members want to be told, in turn."""


@attrs.frozen(kw_only=True)
class Mailed:
    """One mail that a member got: the moment, its first line, the lines after it, and how many more it only counts."""

    at: datetime
    to: int
    head: str
    lines: tuple[str, ...]
    more: int
    links: int


@attrs.frozen(kw_only=True)
class Day:
    """A day as it went: the members with how each chose, and every mail in its order."""

    chosen: dict[int, dict[str, Any]]
    mails: list[Mailed]
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
            own = {"by_mail": True, "quiet": (time(21), time(8)), "zone": "", "paces": {}, "wake": False}
            chosen[member_id] = {**own, **OWN[number % len(OWN)]}
            telling_choose(organization_id=org.id, member_id=member_id, now=START, **chosen[member_id])
    return chosen


def lived(org: Org, server: MailServer, *, staff: int, recoveries: int, seed: int = 1) -> Day:
    """Let so many recoveries come over 24 hours from START, staff do some of their work, and a night and a noon pass."""
    chance = random.Random(seed)
    chosen = staffed(org, staff)
    who = {f"m{number}.org{org.id}@example.com": member for number, member in enumerate(chosen)}
    comes = chance.choices(range(24), weights=BY_HOUR, k=recoveries)
    mails: list[Mailed] = []
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
        mails.extend(_mailed(server.taken[len(mails) :], at, who))
    return Day(chosen=chosen, mails=mails, recoveries=recoveries)


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


def _mailed(taken: list[bytes], at: datetime, who: dict[str, int]) -> Iterator[Mailed]:
    for raw in taken:
        mail = message_from_bytes(raw, policy=default)
        text = mail.get_content().replace("\r\n", "\n")
        listed = [line[2:] for line in text.split("\n") if line.startswith("- ")]
        more = [int(line.split()[1]) for line in listed if line.startswith("and ")]
        head = text.split("\n", 1)[0]
        if listed:
            head = head.rpartition(" And ")[0]
        lines = tuple(line for line in listed if not line.startswith("and "))
        yield Mailed(at=at, to=who[str(mail["To"])], head=head, lines=lines, more=sum(more), links=text.count("http"))
