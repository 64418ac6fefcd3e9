"""What colleagues ask of each other and customers write during a day, and who must hear of it, reckoned a second time.

Who may say yes is reckoned from what was said to whom and given by whom, and not by the rules of `core.limits`.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from django.db import transaction
from tests.conftest import Org
from tests.support.recoveries import say

from makegood.journal.models import Entry
from makegood.makegoods.operations import UnableToOffer
from makegood.messages.receiving import message_received
from makegood.organizations.models import Member
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.approving import approval_ask, approval_decide

HERE = ZoneInfo("Europe/Amsterdam")
ANSWER_WITHIN = timedelta(minutes=30)
"""So long who is asked for a yes has; then a deputy is asked too, as docs/guides/limits.md tells."""
WRITTEN = (
    ("Thanks!", ""),
    ("I'm still waiting for my refund", "still_broken"),
    ("Vielen Dank, alles bestens!", ""),
    ("Danke, aber die Heizung ist immer noch kaputt", "still_broken"),
    ("Thanks, but it still doesn't work", "still_broken"),
)
"""What customers write back, and what its owner hears that it is: of a thanks nobody does."""


@attrs.frozen(kw_only=True)
class Owed:
    """What one member must hear of: of which recovery, since when; of a yes asked for, of which and in which turn."""

    to: int
    recovery: int
    what: str
    at: datetime
    turn: int = 0
    approval: int | None = None


@attrs.define(kw_only=True)
class Asking:
    """A yes asked for: of whom, since when, who was asked besides once that was over, and when it was answered."""

    id: int
    recovery: int
    remedy: str
    minor: int
    by: int
    at: datetime
    approver: int
    deputy: int | None = None
    passed_on: bool = False
    decided_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Giver:
    """Somebody who may say yes to others, while it fits what they may give on one day."""

    id: int
    tier: int
    present: bool
    limit_minor: int


class Voices:
    """What was asked and written in a day so far, who had to hear of it, and when that was over."""

    def __init__(self, org: Org, chance: random.Random) -> None:
        """Begin a day of an organization whose members are all there; call inside a unit of work."""
        self.owed: list[Owed] = []
        self.asked: dict[int, Asking] = {}
        self.replied: dict[int, list[datetime]] = {}
        self.answered: dict[int, list[datetime]] = {}
        self.written = 0
        self._org, self._chance = org, chance
        self._given: Counter[tuple[int, date]] = Counter()
        rows = Member.objects.filter(organization_id=org.id, role__in=("manager", "admin"))
        self._givers = [
            Giver(id=one.id, tier=one.tier, present=one.present, limit_minor=one.limit_minor) for one in rows
        ]

    def reply(self, *, recovery: int, owner: int, token: str, at: datetime) -> None:
        """A customer writes back: with a thanks that nobody hears of, or with what its owner must hear of."""
        self.written += 1
        text, kind = WRITTEN[self.written % len(WRITTEN)]
        message_received(organization_id=self._org.id, key=f"reply-{self.written}", at=at, body=text, token=token)
        if kind:
            self.replied.setdefault(recovery, []).append(at)
            self.owed.append(Owed(to=owner, recovery=recovery, what=f"reply.{kind}", at=at))

    def answer(self, *, recovery: int, owner: int, at: datetime) -> None:
        """Its owner writes to a customer who waits for an answer, if they do."""
        if self._waits(recovery):
            say(self._org, Recovery.objects.get(id=recovery), "update", at=at, by=owner)
            self.answered.setdefault(recovery, []).append(at)

    def _waits(self, recovery: int) -> bool:
        replied, answered = self.replied.get(recovery, ()), self.answered.get(recovery, ())
        return bool(replied) and (not answered or answered[-1] < replied[-1])

    def ask(self, *, recovery: int, by: int, at: datetime) -> None:
        """Somebody asks for a yes to all that they may not give and nobody was asked for yet."""
        failures = RecoveryFailure.objects.filter(recovery_id=recovery).order_by("id")
        found = gifts_for(
            organization_id=self._org.id,
            failure_id=failures.values_list("failure_id", flat=True)[0],
            member_id=by,
            now=at,
        )
        waiting = {one.remedy for one in self.asked.values() if one.recovery == recovery and not one.decided_at}
        for gift in found.beyond:
            able = self._able(gift.cost.minor, at, but=by)
            if gift.remedy in waiting or not able:
                continue
            about = {"organization_id": self._org.id, "recovery_id": recovery, "remedy": gift.remedy}
            approval_ask(**about, by=by, now=at)
            asked = Approval.objects.values_list("id", flat=True).get(**about, state="waiting")
            self.asked[asked] = Asking(
                id=asked, recovery=recovery, remedy=gift.remedy, minor=gift.cost.minor, by=by, at=at,
                approver=able[0],
            )  # fmt: skip
            self._owe(self.asked[asked], able[0], "ask.make_good", at)

    def decide(self, *, share: float, at: datetime) -> None:
        """Some of those who are asked answer, with a `share` of the hour's chance; one question in five nobody does."""
        for number, one in enumerate(self.asked.values()):
            if one.decided_at or number % 5 == 4 or self._chance.random() >= 0.8 * share:
                continue
            by = self._chance.choice([one.approver, one.deputy or one.approver])
            yes = self._chance.random() < 0.6
            with suppress(UnableToOffer), transaction.atomic():
                approval_decide(organization_id=self._org.id, approval_id=one.id, yes=yes, by=by, now=at)
                one.decided_at = at
            if one.decided_at:
                self._given[by, _day(at)] += one.minor if yes else 0
                self._owe(one, one.by, "approved.make_good" if yes else "refused.make_good", at)

    def pass_on(self, *, at: datetime) -> None:
        """Reckon whom else is asked where nobody answered in time: a deputy, else who was asked once more."""
        for one in self.asked.values():
            if one.decided_at or one.passed_on or one.at + ANSWER_WITHIN > at:
                continue
            one.passed_on = True
            able = self._able(one.minor, one.at + ANSWER_WITHIN, but=one.by)
            one.deputy = next((other for other in able if other != one.approver), None)
            self._owe(one, one.deputy or one.approver, "ask.make_good", one.at + ANSWER_WITHIN, turn=1)

    def _able(self, minor: int, at: datetime, *, but: int) -> list[int]:
        """Whom a cost may be asked of: who is here first, then who stands lowest, then who came first."""
        able = [
            one for one in self._givers if one.id != but and one.limit_minor - self._given[one.id, _day(at)] >= minor
        ]
        return [one.id for one in sorted(able, key=lambda one: (not one.present, one.tier, one.id))]

    def _owe(self, one: Asking, to: int, what: str, at: datetime, *, turn: int = 0) -> None:
        self.owed.append(Owed(to=to, recovery=one.recovery, what=what, at=at, turn=turn, approval=one.id))


def of_journal(org: Org) -> list[Owed]:
    """Who had to hear of a recovery that is theirs now, and of a clock: its owner of that moment, and who is named.

    Call inside a unit of work.
    """
    here = "recoveries:recovery:"
    events = [f"{here}{one}" for one in ("opened", "owned", "escalated")]
    owner: dict[int, int] = {}
    found = []
    for one in Entry.objects.filter(organization_id=org.id, event__in=events).order_by("id"):
        about = {"recovery": one.subject_id, "at": one.at}
        if "owner" in one.data:
            owner[one.subject_id] = one.data["owner"]
            if one.data["owner"] != one.actor_id:
                found.append(Owed(to=one.data["owner"], what=one.event.removeprefix(here), **about))
        else:
            what, turn = f"{one.data['level']}.{one.data['target']}", one.data["turn"]
            told = {owner[one.subject_id], one.data["to"]}
            found += [Owed(to=to, what=what, turn=turn, **about) for to in told]
    return found


def _day(at: datetime) -> date:
    return at.astimezone(HERE).date()
