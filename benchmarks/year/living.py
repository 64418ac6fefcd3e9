"""Living through the year: the clock steps from one thing to the next, and after each step the house is put in order.

A step is: what sources tell is taken in, what came due is handled, people hear of it and act, and what they did is
handled too. Whatever of this a fault interrupts is done again, as people and supervisors do.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from benchmarks.year import customers, leads, staff
from benchmarks.year.agenda import Act, up
from benchmarks.year.faults import Breaking, Killed, all_at_once
from benchmarks.year.hearing import Ears
from benchmarks.year.stage import Stage
from benchmarks.year.world import Event

DAY = timedelta(days=1)
MOST_EVENTS = 500
LAST_TOLD = 40
TRIES = 40
MOST_ROUNDS = 20_000
A_MOMENT = 0.01
IN_HAND = (
    "SELECT EXISTS (SELECT FROM finder.effects_due() AS due WHERE due = %s)"
    " OR EXISTS (SELECT FROM journal_effect WHERE state = 'claimed')"
)


class Stuck(RuntimeError):
    """Something stays due and nothing handles it, or the same act fails again and again."""


class Life:
    """One run through the year."""

    def __init__(
        self, stage: Stage, breaking: Breaking, *, grid: timedelta, ends_at: datetime, others: bool = False
    ) -> None:
        """Begin with all that will happen by itself; `others` says that tickers and workers run beside this process."""
        self.stage, self.breaking = stage, breaking
        self._others = others
        self._grid, self._ends_at = grid, ends_at
        self._ears = Ears(stage)
        self._told: list[Event] = []
        self._events: list[tuple[datetime, str, Event]] = []
        for one in stage.world.failures:
            for event in stage.world.events(one):
                self._expect(event)
        self._reports = [one for one in stage.world.failures if one.how == "reported"]
        self.steps = 0

    def _expect(self, event: Event) -> None:
        heapq.heappush(self._events, (event.told_at, event.body["id"], event))

    def run(self, *, daily: Callable[[datetime], None]) -> None:
        """Live to the end; `daily` is called on every day, with nothing due and nothing in anybody's hands."""
        stage = self.stage
        checked = stage.now
        while (at := self._next()) is not None and at <= self._ends_at:
            stage.now = max(at, stage.now + self.breaking.jump)
            self.breaking.jump = timedelta()
            self.breaking.look(stage.now)
            self.steps += 1
            self._step()
            if stage.now.date() != checked.date():
                checked = stage.now
                self._again(lambda: daily(stage.now))

    def _next(self) -> datetime | None:
        """The next moment at which anything happens, at most a day away."""
        stage = self.stage
        moments = [stage.now + DAY]
        if self._events:
            moments.append(up(self._events[0][0], self._grid))
        if self._reports:
            moments.append(up(self._reports[0].at, self._grid))
        if (next_act := stage.agenda.next_at()) is not None:
            moments.append(next_act)
        at = max(min(moments), stage.now)
        return at if at > stage.now else stage.now + self._grid

    def _step(self) -> None:
        self._again(self._take)
        self._settle()
        self._again(self._hear)
        acts = self.stage.agenda.due(self.stage.now)
        for what in acts:
            self._again(lambda what=what: self._act(what))
        if acts:
            self._settle()
            self._again(self._hear)

    def _again(self, do: Callable[[], Any]) -> Any:
        """Do this and return what it answers; where a fault interrupts it, do it again, as whoever was at it would."""
        from django.db import InterfaceError, OperationalError, connections

        for _ in range(TRIES):
            try:
                with self.breaking.watching():
                    return do()
            except (OperationalError, InterfaceError, psycopg.OperationalError, Killed) as error:
                last: BaseException = error
                connections.close_all()
                self.breaking.come_back(lapse=not self._others)
        raise Stuck(Stuck.__doc__) from last

    def _take(self) -> None:
        """Move the clock, and take in what sources tell, in one transaction."""
        from makegood.listen.operations import events_accept
        from makegood.store.clocks import clock_step
        from makegood.store.tenancy import tenant

        stage = self.stage
        due = []
        while self._events and self._events[0][0] <= stage.now:
            due.append(heapq.heappop(self._events)[2])
        twice = self._told[-LAST_TOLD:] if self.breaking.tell_twice else []
        reports = [one for one in self._reports if one.at <= stage.now]
        try:
            with tenant(organization_id=stage.here):
                clock_step(organization_id=stage.here, moment_at=stage.now)
                for line, source_id in stage.house.sources.items():
                    for mine in (due, twice):
                        bodies = [event.body for event in mine if event.line == line]
                        for start in range(0, len(bodies), MOST_EVENTS):
                            events_accept(
                                organization_id=stage.here,
                                source_id=source_id,
                                bodies=bodies[start : start + MOST_EVENTS],
                                now=stage.now,
                            )
                for one in reports:
                    customer_id, purchase_id = self._purchase(one.bought)
                    leads.report(stage, one, customer_id, purchase_id)
        except BaseException:
            for event in due:
                self._expect(event)
            raise
        self._reports = self._reports[len(reports) :]
        self._told = [*self._told, *due][-LAST_TOLD:]

    def _purchase(self, reference: str) -> tuple[int, int]:
        from makegood.customers.models import Purchase

        row = Purchase.objects.filter(organization_id=self.stage.here, reference=reference)
        return row.values_list("customer_id", "id")[0]

    def _settle(self) -> None:
        """Let tickers and workers do all there is to do."""
        if self.breaking.at_once:
            self._again(lambda: all_at_once([self._tick, self._work, self._tick, self._work]))
        for _ in range(MOST_ROUNDS):
            done = [0]

            def once(done: list[int] = done) -> None:
                done[0] += self._tick() + self._work()

            self._again(once)
            if not done[0] and not (self._others and self._again(self._in_hand)):
                return
        raise Stuck(Stuck.__doc__)

    def _in_hand(self) -> bool:
        """Whether other processes have anything of the house in hand; waits a moment if so."""
        from django.db import connection

        from makegood.store.tenancy import tenant
        from makegood.store.ticking import find_due

        with tenant(organization_id=self.stage.here), connection.cursor() as cursor:
            cursor.execute(IN_HAND, [self.stage.here])
            busy = bool(cursor.fetchone()[0])
        busy = busy or any(one == self.stage.here for _, one in find_due())
        if busy:
            time.sleep(A_MOMENT)
        return busy

    def _tick(self) -> int:
        from makegood.store.ticking import tick_once

        return tick_once(only=[self.stage.here])

    def _work(self) -> int:
        from makegood.config.working import work_once

        return work_once(only=[self.stage.here])

    def _hear(self) -> None:
        from makegood.store.tenancy import tenant

        with tenant(organization_id=self.stage.here):
            self._ears.listen()
        for event in self.stage.coming:
            self._expect(event)
        self.stage.coming.clear()

    def _act(self, what: Act) -> None:
        """Do what somebody meant to do; what is refused by now they leave, as one does after reloading the page."""
        from makegood.store.tenancy import tenant

        stage = self.stage
        later: Any = None
        if what.name in staff.ACTS and not stage.cases[what.about].open:
            return
        if what.name in staff.ACTS and (later := staff.waits(stage, what)) is not None:
            stage.agenda.add(later, what.key, what.name, about=what.about, turn=what.turn, more=what.more)
            return
        try:
            with tenant(organization_id=stage.here):
                if what.name in staff.ACTS:
                    later = staff.act(stage, what)
                elif what.name in customers.ACTS:
                    customers.act(stage, what)
                else:
                    leads.act(stage, what)
        except refusals() as error:
            stage.refused[f"{what.name}: {type(error).__name__}: {error}"] += 1
        if later is not None:
            stage.agenda.add(later, what.key, what.name, about=what.about, turn=what.turn, more=what.more)


def refusals() -> tuple[type[Exception], ...]:
    """Return the errors by which an operation refuses what came too late, or does not fit any more."""
    from makegood.failures.incidents import UnableToDecideIncident
    from makegood.makegoods.operations import UnableToMoveMakeGood, UnableToOffer, UnableToPayByHand
    from makegood.messages.operations import UnableToSend
    from makegood.recoveries.operations import UnableToChangeRecovery, UnableToRate
    from makegood.recoveries.operations.stories import UnableToTellStory

    return (
        UnableToChangeRecovery, UnableToDecideIncident, UnableToMoveMakeGood, UnableToOffer, UnableToPayByHand,
        UnableToRate, UnableToSend, UnableToTellStory,
    )  # fmt: skip
