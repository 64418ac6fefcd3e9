"""A day of staff and their recoveries, lived through by the clock, and who was told what, when and by which way.

The clock goes in steps of a grid, of so many minutes as divide an hour. Things happen at its moments, and clocks come
due between them too; what came due is looked after at the next one, as by a ticker that comes so often.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

import attrs
from tests.conftest import START, Org
from tests.support.helpdesk import HelpdeskServer
from tests.support.outside import MailServer
from tests.support.push_service import Browser, PushService
from tests.support.recoveries import failure, open_for, step_to
from tests.support.telling_owed import HERE, Voices
from tests.support.telling_read import ANSWERS, PUSH_ANSWERS, Told, mailed, pushed, written

from makegood.config.working import work_dry
from makegood.messages.staff import notices_read
from makegood.organizations.chats import chat_set
from makegood.organizations.devices import device_add
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, team_create, user_create
from makegood.organizations.telling import telling_choose
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change, step_done
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.recoveries.operations.knowing import clocks_acknowledge
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
END = START + 49 * HOUR
BY_HOUR = (1, 0, 0, 0, 0, 1, 2, 5, 9, 12, 14, 15, 16, 15, 14, 13, 13, 12, 11, 9, 7, 5, 3, 2)
"""How much comes in which hour of the day, of what comes in all."""
ROLES = ("employee", "employee", "employee", "manager")
LIMITS = {"employee": 0, "manager": 10_000}
"""What each may give in a day without asking: the extras of the playbook cost 500 and 1,000."""
OWN = (
    {},
    {"paces": {"warning": "hourly", "customer": "hourly", "assignment": "hourly"}, "zone": "Asia/Kolkata"},
    {"paces": {"warning": "morning", "assignment": "morning"}, "quiet": (time(19, 30), time(7, 15))},
    {"way": "chat"},
    {"wake": True},
    {"by_mail": False},
    {"quiet": None, "way": "chat"},
    {"way": "push", "paces": {"customer": "hourly"}},
    {"paces": {"warning": "hourly", "customer": "morning", "assignment": "hourly"}},
    {"way": "chat", "quiet": (time(12, 5), time(13, 10)), "zone": "America/New_York"},
    {"way": "chat", "paces": {"assignment": "hourly"}},
)
"""How the members want to be told, in turn."""


@attrs.frozen(kw_only=True)
class Day:
    """A day as it went: the members with how each chose, every telling in its order, and what channels answered.

    `voices` is what was asked and written, and who had to hear of it.
    """

    chosen: dict[int, dict[str, Any]]
    told: list[Told]
    answered: Counter[int]
    voices: Voices


def staffed(org: Org, count: int) -> tuple[int, dict[int, dict[str, Any]]]:
    """Members with accounts, each with a choice of OWN, and every other one in a team, whose id comes first.

    The others of the organization are away, and may say yes only where none of these may: the admin.
    """
    chosen: dict[int, dict[str, Any]] = {}
    with tenant(organization_id=org.id):
        desk = team_create(organization_id=org.id, name="Desk")
    for number in range(count):
        user_id = user_create(email=f"m{number}.org{org.id}@example.com", password=None, now=START)
        with tenant(organization_id=org.id):
            role = ROLES[number % len(ROLES)]
            member_id = member_create(
                organization_id=org.id, name=f"Member {number}", role=role, now=START, limit_minor=LIMITS[role]
            )
            Member.objects.filter(id=member_id).update(
                user_id=user_id, present=number % 9 != 8, team_id=desk if number % 2 else None
            )
            own = {"way": "mail", "by_mail": True, "quiet": (time(21), time(8)), "zone": "", "paces": {}, "wake": False}
            chosen[member_id] = {**own, **OWN[number % len(OWN)]}
            telling_choose(organization_id=org.id, member_id=member_id, now=START, **chosen[member_id])
    with tenant(organization_id=org.id):
        Member.objects.filter(id__in=[org.admin, org.manager, org.employee]).update(present=False)
        Member.objects.filter(id=org.manager).update(limit_minor=0)
    return desk, chosen


def lived(
    org: Org,
    server: MailServer,
    chat: HelpdeskServer,
    push: PushService,
    *,
    staff: int,
    recoveries: int,
    minutes: int,
    seed: int = 1,
) -> Day:
    """Let so many recoveries come over 24 hours from START, staff do some of their work, and two nights pass, to END.

    `minutes` are the grid's. The channel for everybody is in Slack, that of every other member's team in Teams.
    """
    chance = random.Random(seed)
    desk, chosen = staffed(org, staff)
    with tenant(organization_id=org.id):
        for kind, whose in (("slack", None), ("teams", desk)):
            address = f"{chat.url}/{kind}"
            chat_set(organization_id=org.id, kind=kind, address=address, by=org.admin, now=START, team_id=whose)
        voices = Voices(org, chance)
    chat.answers = list(ANSWERS) * 1000
    push.answers = list(PUSH_ANSWERS) * 1000
    browsers = _added(org, push, chosen)
    names: dict[str, dict[str, int]] = {"/slack": {}, "/teams": {}}
    for number, member in enumerate(chosen):
        names["/teams" if number % 2 else "/slack"][f"Member {number}"] = member
    who = {f"m{number}.org{org.id}@example.com": member for number, member in enumerate(chosen)}
    comes = Counter(_step_of(chance, minutes) for _ in range(recoveries))
    told: list[Told] = []
    mails = posts = pushes = 0
    at, step = START, 0
    while at <= END:
        step_to(org, at)
        with tenant(organization_id=org.id):
            for _ in range(comes[step]):
                open_for(org, failure(org, at=at, severity=chance.choice((1, 2, 2, 3))), at=at)
            _wrote(org, chance, voices, at, minutes / 60)
            _worked(org, chance, voices, chosen, at, minutes / 60)
            voices.pass_on(at=at)
        while work_dry(only=[org.id]) + tick_dry(only=[org.id]):
            pass
        told.extend(mailed(server.taken[mails:], at, who))
        told.extend(written(chat.asked[posts:], posts, at, names))
        told.extend(pushed(push.asked[pushes:], at, browsers))
        mails, posts, pushes = len(server.taken), len(chat.asked), len(push.asked)
        at, step = at + minutes * MINUTE, step + 1
    answered = Counter(ANSWERS[number % len(ANSWERS)] for number in range(posts))
    answered.update(one["answered"] for one in push.asked)
    return Day(chosen=chosen, told=told, answered=answered, voices=voices)


def _step_of(chance: random.Random, minutes: int) -> int:
    """The step of the grid at which one of the day's recoveries comes: any minute of an hour chosen by BY_HOUR."""
    (hour,) = chance.choices(range(24), weights=BY_HOUR)
    after = (hour - START.astimezone(HERE).hour) % 24 * 60 + chance.randrange(60)
    return -(-after // minutes)


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


def _open(org: Org, *more: str) -> list[tuple[Any, ...]]:
    """The open recoveries by their id, each with its owner and `more`."""
    rows = Recovery.objects.filter(organization_id=org.id, state="open").order_by("id")
    return list(rows.values_list("id", "owner_id", *more))


def _wrote(org: Org, chance: random.Random, voices: Voices, at: datetime, share: float) -> None:
    """A `share` of an hour in which customers write back, most by day: at the busiest hour one of eight."""
    busy = BY_HOUR[at.astimezone(HERE).hour] / max(BY_HOUR)
    if not busy:
        return
    for recovery, owner, token in _open(org, "thread__token"):
        if chance.random() < busy * share / 8:
            voices.reply(recovery=recovery, owner=owner, token=token, at=at)


def _worked(
    org: Org, chance: random.Random, voices: Voices, chosen: dict[int, dict[str, Any]], at: datetime, share: float
) -> None:
    """A `share` of an hour of work; at night there is an eighth of it.

    Some fix, some say that they know, hand over, ask for a yes, answer a customer or a colleague, some read their
    notices, some do nothing.
    """
    share *= 1 if 8 <= at.astimezone(HERE).hour < 19 else 0.125
    askers = [member for number, member in enumerate(chosen) if ROLES[number % len(ROLES)] == "employee"]
    acts: tuple[Callable[[int, int], Any], ...] = (
        lambda recovery, owner: step_done(organization_id=org.id, recovery_id=recovery, step="fix", by=owner, now=at),
        lambda recovery, owner: clocks_acknowledge(organization_id=org.id, recovery_ids=[recovery], by=owner, now=at),
        lambda recovery, owner: owner_change(
            organization_id=org.id, recovery_id=recovery, to=None, by=owner, reason="", now=at
        ),
        lambda recovery, _: voices.ask(recovery=recovery, by=chance.choice(askers), at=at),
        lambda recovery, owner: voices.answer(recovery=recovery, owner=owner, at=at),
    )
    for recovery, owner in _open(org):
        if chance.random() < share * len(acts) / 12:
            with suppress(UnableToChangeRecovery):
                chance.choice(acts)(recovery, owner)
    voices.decide(share=share, at=at)
    for member_id in chosen:
        if chance.random() < 0.2 * share:
            notices_read(organization_id=org.id, member_id=member_id, now=at)
