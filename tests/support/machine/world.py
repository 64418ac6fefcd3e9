"""The world of one run: an organization, its moment, what was done to it, and how time passes there."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from types import CodeType, FrameType
from typing import Any

from tests.conftest import START, Org
from tests.support.recoveries import playbook_with

from makegood.causes.operations import UnableToImprove, UnableToSettleImprovement
from makegood.config.working import work_once
from makegood.core.scores import UnusableScore
from makegood.customers.models import Customer
from makegood.customers.operations import UnableToErase, UnableToMerge
from makegood.failures.incidents import UnableToDecideIncident
from makegood.failures.operations import UnableToReportFailure, UnableToSetCause, cause_create
from makegood.makegoods.allowances import UnableToOffer
from makegood.makegoods.moves import UnableToMoveMakeGood
from makegood.makegoods.operations import UnableToDeliver, UnableToPayByHand, UnableToSwap
from makegood.messages.operations import UnableToSend, UnableToStop
from makegood.organizations.models import Member
from makegood.organizations.operations import (
    UnableToChangeMember,
    UnableToPublishCalendar,
    calendar_publish,
    member_create,
)
from makegood.promises.models import StaffWord
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import (
    UnableToChangeRecovery,
    UnableToClose,
    UnableToDoForAll,
    UnableToRate,
    UnableToReopen,
)
from makegood.recoveries.operations.approving import UnableToApprove
from makegood.recoveries.operations.bulk import UnableToDoMany
from makegood.recoveries.operations.helping import UnableToFillForm, UnableToUseHelp
from makegood.recoveries.operations.stories import UnableToTellStory
from makegood.store.clocks import clock_set, clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_once

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REFUSALS = (
    UnableToApprove, UnableToChangeMember, UnableToChangeRecovery, UnableToClose, UnableToDecideIncident, UnableToDeliver,
    UnableToDoForAll, UnableToDoMany, UnableToErase, UnableToFillForm, UnableToImprove, UnableToMerge, UnableToMoveMakeGood, UnableToOffer,
    UnableToPayByHand, UnableToPublishCalendar, UnableToRate, UnableToReopen, UnableToReportFailure, UnableToSend,
    UnableToSetCause, UnableToSettleImprovement, UnableToStop, UnableToSwap, UnableToTellStory, UnableToUseHelp,
    UnusableScore,
)  # fmt: skip
"""What a person is told instead; whatever else is raised is a fault of ours."""
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROUNDS = 400
_numbers = count(1)


class Deeds:
    """What was done in all the runs, why what was refused was, and which of the watched functions ran meanwhile."""

    def __init__(self, watched: dict[CodeType, str]) -> None:
        """Watch these functions, by their code."""
        self.done: Counter[str] = Counter()
        self.refused: dict[str, str] = {}
        self.called: set[str] = set()
        self._watched = watched

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note the watched functions that run within; where none is watched, nothing is slowed by looking."""
        if not self._watched:
            yield
            return
        before = sys.getprofile()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (name := self._watched.get(frame.f_code)):
            self.called.add(name)


class World:
    """One organization on its own: two customers or more, six colleagues, two playbooks, a shop with hours."""

    def __init__(self, org: Org, deeds: Deeds, *, stepped: bool, hours: int) -> None:
        """Found it. A clock that is not stepped stands still between deeds, and its ticker may come late."""
        self.org, self.deeds, self.stepped = org, deeds, stepped
        self.now = START
        self.hours, self.hours_from = hours, START
        self.last_deed = "founding"
        self.watches: list[Callable[[], None]] = []
        self.customers: list[int] = []
        self.purchases: list[int] = []
        self.promises: list[bytes] = []
        self._set_clock()
        with tenant(organization_id=org.id):
            for role, limit in (("employee", 9_000), ("manager", 50_000), ("finance", 0)):
                member_create(
                    organization_id=org.id, name=f"A {role}", role=role, now=START, limit_minor=limit, by=org.admin
                )
            self.publish_hours(hours, START - 9 * DAY, now=START - 9 * DAY)
            self.versions = [
                playbook_with(org, *changes)
                for changes in (
                    (('calendar: ""', "calendar: shop"),),
                    (("fix: { minutes: 1440", "fix: { minutes: 720"), ("respond: { minutes: 240", "respond: { minutes: 300")),
                    (("    update: { minutes: 1440, warn_minutes: 240 }\n", ""), ("make_good: { minutes: 1440", "make_good: { minutes: 2000")),
                    (("apologise: { minutes: 240, send: person", "apologise: { minutes: 240, send: at_once"), ("make_good: { clock: make_good, send: person", "make_good: { clock: make_good, send: at_once")),
                    (('that it is right., evidence: "2.5" }', "that it is right., must: true }"),),
                    (),
                )
            ]  # fmt: skip
            self.causes = [cause_create(organization_id=org.id, name=name) for name in ("The carrier", "The label")]
        self.customers.append(org.customer)

    def _set_clock(self) -> None:
        with tenant(organization_id=self.org.id):
            if self.stepped:
                clock_step(organization_id=self.org.id, moment_at=self.now)
            else:
                clock_set(organization_id=self.org.id, kind="running", moment_at=self.now, speed=1e-9)

    def publish_hours(self, hours: int, active_from: datetime, *, now: datetime) -> None:
        """The shop opens every day at noon, for so many hours, from a moment on."""
        weekly = {day: [["12:00", f"{12 + hours:02}:00"]] for day in WEEK}
        data = {"zone": "UTC", "weekly": weekly}
        calendar_publish(organization_id=self.org.id, code="shop", data=data, active_from=active_from, now=now)

    def do(self, name: str, deed: Callable[[], Any]) -> Any:
        """Do one thing in its own unit of work; what is refused, with a word that says why, changes nothing."""
        self.last_deed = name
        try:
            with self.deeds.watching(), tenant(organization_id=self.org.id):
                found = deed()
        except REFUSALS as error:
            self.deeds.refused[name] = str(error)
            return None
        self.deeds.done[name] += 1
        return found

    def drain(self) -> None:
        """Do all that is due by now: ticks and what leaves; what watches is asked after each round."""
        for _ in range(ROUNDS):
            with self.deeds.watching():
                handled = tick_once(only=[self.org.id]) + work_once(only=[self.org.id])
            if not handled:
                return
            for watch in self.watches:
                watch()
        raise AssertionError("it never comes to rest")

    def wait(self, length: timedelta, *, ticker_late: bool = False) -> None:
        """Let time pass. A stepped clock moves only when nothing is due; another's ticker may sleep through it."""
        self.last_deed = "waiting"
        if self.stepped or not ticker_late:
            self.drain()
        self.now += min(length, 2 * DAY) if self._word_is_told_of() else length
        self._set_clock()
        if self.stepped or not ticker_late:
            self.drain()
        self.deeds.done["wait late" if ticker_late else "wait"] += 1

    def _word_is_told_of(self) -> bool:
        """Whether somebody is told every two hours, without an end, of a promise on the ledger."""
        with tenant(organization_id=self.org.id):
            return StaffWord.objects.filter(organization_id=self.org.id, next_at__isnull=False).exists()

    def some(self, model: Any, **facts: Any) -> bool:
        """Whether there is any such row."""
        with tenant(organization_id=self.org.id):
            return bool(model.objects.filter(organization_id=self.org.id, **facts).exists())

    def number(self) -> int:
        """A number that nothing had before."""
        return next(_numbers)

    def recovery(self, pick: int, *states: str) -> Recovery:
        """One of the recoveries, rather of these states; call inside a unit of work."""
        found = Recovery.objects.filter(organization_id=self.org.id).order_by("id")
        rows = list(found.filter(state__in=states)) or list(found)
        return rows[pick % len(rows)]

    def customer(self, pick: int) -> int:
        """One of the customers that this world knows."""
        return self.customers[pick % len(self.customers)]

    def customer_new(self, **facts: Any) -> int:
        """One customer more; call inside a unit of work."""
        made = Customer.objects.create(organization_id=self.org.id, name="Ana Ferreira", created_at=self.now, **facts)
        self.customers.append(made.id)
        return made.id

    def member(self, pick: int, *roles: str) -> int:
        """One of the active members, rather of these roles; call inside a unit of work."""
        found = Member.objects.filter(organization_id=self.org.id, active=True).order_by("id")
        return self.one(list(found.filter(role__in=roles)) or list(found), pick).id

    @staticmethod
    def one(rows: Sequence[Any], pick: int) -> Any:
        """One of several; refused where there is none."""
        if not rows:
            raise UnableToChangeRecovery("There is none.")
        return rows[pick % len(rows)]

    def on(self, pick: int, *states: str, roles: Sequence[str] = ()) -> dict[str, Any]:
        """The arguments that most deeds of a person take: on one recovery, by one member, now."""
        return {
            "organization_id": self.org.id,
            "recovery_id": self.recovery(pick, *(states or ("open",))).id,
            "by": self.member(pick, *roles),
            "now": self.now,
        }
