"""Living through the day: events as the demo's clocks reach them, and colleagues and customers who do their part.

The newcomer's own recoveries are left to the newcomer: colleagues act only on what they own themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db.models import F

from makegood.cli.demo import airline, shops
from makegood.cli.demo.founding import Demo
from makegood.core.steps import UNDONE
from makegood.failures.models import Incident
from makegood.listen.models import Replay
from makegood.listen.operations import events_accept
from makegood.recoveries.models import Rating, Step
from makegood.recoveries.operations import UnableToChangeRecovery, rating_answer, step_done
from makegood.recoveries.operations.helping import help_tick
from makegood.recoveries.queries.helping import help_state
from makegood.store.clocks import STILL, clock_set, clock_step
from makegood.store.clocks import now as store_now
from makegood.store.models import Clock
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

CHUNK = 500
SEED_STEP = timedelta(minutes=15)
COLLEAGUES_AT_ONCE = 4
MINE = {
    airline.CODE: ("Maria Lopez", "Ben Osei", "Ada Quist"),
    shops.CODE: ("Joris Vos", "Daan Smit", "Nell Vogel"),
}
"""Whom a newcomer may play in each organization: those whom the page to sign in offers."""

Work = Callable[[], int]


@attrs.define(kw_only=True)
class Feed:
    """What is still to happen in one demo organization, in time order."""

    demo: Demo
    code: str
    moments: Sequence[tuple[datetime, Any]]
    happen: Callable[[Demo, Sequence[Any], datetime], None]

    def advance(self) -> int:
        """Let what is due by the organization's clock happen, at most CHUNK of it; return how many.

        Where the day stands is written in the same transaction, so that nothing happens twice.
        """
        organization_id = self.demo.organization_id
        with tenant(organization_id=organization_id):
            now = store_now(organization_id=organization_id)
            stands = Replay.objects.filter(organization_id=organization_id, kind="demo").select_for_update().get()
            start = end = stands.position
            while end < min(len(self.moments), start + CHUNK) and self.moments[end][0] <= now:
                end += 1
            if end > start:
                self.happen(self.demo, [what for _, what in self.moments[start:end]], now)
                Replay.objects.filter(organization_id=organization_id, id=stands.id).update(position=end)
            return end - start


def airline_feed(*, day: airline.Day, demo: Demo) -> Feed:
    """Return what happens at the airline on this day."""
    return Feed(demo=demo, code=airline.CODE, moments=list(airline.events(day)), happen=_take)


def shops_feed(*, demo: Demo) -> Feed:
    """Return what happens at the shops and the hotel."""
    moments = [(shops.BEGINS_AT + one.after, one) for one in shops.script()]
    return Feed(demo=demo, code=shops.CODE, moments=moments, happen=_act)


def begin_airline(*, work: Work) -> None:
    """Found the airline, live through its morning until the first incident is proposed, and let time stand there."""
    day = airline.worst_day()
    demo = airline.found_airline(day)
    feed = airline_feed(day=day, demo=demo)
    now = feed.moments[0][0]
    for _ in range(int(timedelta(days=1) / SEED_STEP)):
        now += SEED_STEP
        with tenant(organization_id=demo.organization_id):
            clock_step(organization_id=demo.organization_id, moment_at=now)
        while feed.advance() == CHUNK:
            pass
        while tick_dry(only=[demo.organization_id]) + work():
            pass
        with tenant(organization_id=demo.organization_id):
            if Incident.objects.filter(organization_id=demo.organization_id, state="proposed").exists():
                break
    _stand(demo)


def begin_shops(*, work: Work) -> None:
    """Found the shops and the hotel, live through two hours, and let time stand there; the script follows it."""
    demo = shops.found_shops()
    feed = shops_feed(demo=demo)
    for after in (timedelta(minutes=30), timedelta(minutes=70), timedelta(minutes=125)):
        with tenant(organization_id=demo.organization_id):
            clock_step(organization_id=demo.organization_id, moment_at=shops.BEGINS_AT + after)
        feed.advance()
        while tick_dry(only=[demo.organization_id]) + work():
            pass
    _stand(demo)


def _take(demo: Demo, bodies: Sequence[dict[str, Any]], now: datetime) -> None:
    events_accept(organization_id=demo.organization_id, source_id=demo.source_id, bodies=bodies, now=now)


def _act(demo: Demo, happenings: Sequence[shops.Happening], now: datetime) -> None:
    for one in happenings:
        one.act(demo, now)


def _stand(demo: Demo) -> None:
    with tenant(organization_id=demo.organization_id):
        now = store_now(organization_id=demo.organization_id)
        clock_set(organization_id=demo.organization_id, kind="running", moment_at=now, speed=STILL)


def stands_still(*, feed: Feed) -> bool:
    """Tell whether time stands still in an organization: then nobody does anything either."""
    with tenant(organization_id=feed.demo.organization_id):
        return Clock.objects.filter(organization_id=feed.demo.organization_id, speed__lte=STILL).exists()


def colleagues_act(*, feed: Feed, rnd: random.Random) -> int:
    """Let colleagues put right a few of the recoveries that they own, the most pressing first; return how many."""
    mine = [feed.demo.members[name] for name in MINE[feed.code]]
    organization_id = feed.demo.organization_id
    acted = 0
    with tenant(organization_id=organization_id):
        now = store_now(organization_id=organization_id)
        waiting = Step.objects.filter(
            organization_id=organization_id,
            step="fix",
            state__in=UNDONE,
            recovery__state="open",
            recovery__review=False,
            recovery__opened_at__lte=now - timedelta(minutes=20),
        ).exclude(recovery__owner_id__in=mine)
        for recovery_id, owner_id in waiting.order_by("due_at", "id").values_list(
            "recovery_id", F("recovery__owner_id")
        )[:COLLEAGUES_AT_ONCE]:
            if rnd.random() < 0.5:  # half of the colleagues are busy with something else
                continue
            try:
                _tick_off(organization_id, recovery_id, by=owner_id, now=now)
                step_done(organization_id=organization_id, recovery_id=recovery_id, step="fix", by=owner_id, now=now)
            except UnableToChangeRecovery:
                continue
            acted += 1
    return acted


def _tick_off(organization_id: int, recovery_id: int, *, by: int, now: datetime) -> None:
    """Tick what the playbook asks for before the fix is done, as colleagues do who looked."""
    for lack in help_state(organization_id=organization_id, recovery_id=recovery_id).lacking(step="fix"):
        if lack.what == "item":
            checklist, item = lack.code.split(".")
            help_tick(
                organization_id=organization_id,
                recovery_id=recovery_id,
                checklist=checklist,
                item=item,
                ticked=True,
                by=by,
                now=now,
            )


def customers_act(*, feed: Feed, rnd: random.Random) -> int:
    """Let a few customers rate what was delivered to them; most never do. Return how many did."""
    organization_id = feed.demo.organization_id
    acted = 0
    with tenant(organization_id=organization_id):
        now = store_now(organization_id=organization_id)
        asked = Rating.objects.filter(
            organization_id=organization_id, answered_at__isnull=True, asked_at__lte=now - timedelta(minutes=15)
        ).order_by("asked_at", "id")
        for rating in asked[:COLLEAGUES_AT_ONCE]:
            if rnd.random() < 0.1:  # silence is the usual answer
                rating_answer(
                    organization_id=organization_id,
                    recovery_id=rating.recovery_id,
                    score=rnd.choice((3, 5, 6, 6, 7, 7)),
                    now=now,
                )
                acted += 1
    return acted
