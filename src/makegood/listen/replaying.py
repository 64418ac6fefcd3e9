"""Living through the past: recorded events taken in time order under a stepped clock, in step with tickers and workers.

The clock moves only when nothing of the organization is due or claimable, so that every row is handled at its own
moment, whoever handles it. A batch, its clock step and the replay's position are one transaction: a replay that was
killed goes on where it stood.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection
from django.db.models import F

from makegood.failures.incidents import UnableToDecideIncident, incident_confirm
from makegood.failures.models import Incident
from makegood.listen.datasets import Recorded
from makegood.listen.datasets.recorded import Body, Moment
from makegood.listen.events import MOST_EVENTS
from makegood.listen.models import Replay
from makegood.listen.operations import events_accept
from makegood.listen.replay_ground import Ground, ground
from makegood.listen.replay_report import Report, report
from makegood.store.clocks import clock_step, wall_now
from makegood.store.clocks import now as store_now
from makegood.store.tenancy import tenant
from makegood.store.ticking import find_due, tick_once

LONGEST_STEP = timedelta(days=1)
"""A batch spans at most so much recorded time: what falls due within it is handled before the next."""

STUCK_SECONDS = 300.0
A_MOMENT = 0.005


class UnableToReplay(RuntimeError):
    """Something of the replay stays due and nothing handles it: see what the ticker and the workers say."""


class Work(Protocol):
    """Carries out a batch of one organization's due effects, and returns how many."""

    def __call__(self, *, organization_id: int) -> int: ...


class Watch:
    """The real time that passes between its laps, in seconds."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        now = time.monotonic()
        passed, self._since = now - self._since, now
        return passed


def replay(*, recorded: Recorded, work: Work, until: datetime | None = None) -> Report:
    """Live through a recorded data set, or go on where an earlier run stood, and report.

    Ends at the last recorded event, or at `until` if that is given: events after it are left for a later run. A
    finished replay only reports. Opens its own units of work. Raises UnusableData if there is no event, and
    UnableToReplay if something stays due.
    """
    watch = Watch()
    here = ground(recorded=recorded)
    with tenant(organization_id=here.organization_id):
        position = Replay.objects.get(organization_id=here.organization_id).position
    drain(here=here, work=work)
    bodies = recorded.events(position)
    for end in batch_ends(moments=recorded.moments, start=position, until=until):
        batch = [next(bodies) for _ in range(end - position)]
        _take(here, batch, recorded.moments[end - 1][0], end, watch)
        drain(here=here, work=work)
        position = end
    if until is not None:
        with tenant(organization_id=here.organization_id):
            clock_step(organization_id=here.organization_id, moment_at=until)
        drain(here=here, work=work)
    with tenant(organization_id=here.organization_id):
        stands = Replay.objects.filter(organization_id=here.organization_id, finished_at__isnull=True)
        stands.update(worked_seconds=F("worked_seconds") + watch.lap())
        if position == len(recorded.moments):
            stands.update(finished_at=wall_now())
    return report(organization_id=here.organization_id, dataset=recorded.kind)


def batch_ends(*, moments: Sequence[Moment], start: int, until: datetime | None) -> Iterator[int]:
    """Yield where each batch ends: at most MOST_EVENTS events, LONGEST_STEP of time, and nothing after `until`."""
    last = len(moments) if until is None else bisect_right(moments, until, key=_at)
    while start < last:
        end = min(start + MOST_EVENTS, last)
        start = bisect_right(moments, moments[start][0] + LONGEST_STEP, lo=start, hi=end, key=_at)
        yield start


def _at(moment: Moment) -> datetime:
    return moment[0]


def _take(here: Ground, batch: Sequence[Body], at: datetime, position: int, watch: Watch) -> None:
    with tenant(organization_id=here.organization_id):
        clock_step(organization_id=here.organization_id, moment_at=at)
        events_accept(organization_id=here.organization_id, source_id=here.source_id, bodies=batch, now=at)
        Replay.objects.filter(organization_id=here.organization_id).update(
            position=position, worked_seconds=F("worked_seconds") + watch.lap()
        )


def drain(*, here: Ground, work: Work) -> None:
    """Tick and work until nothing of the organization is due or claimable, then say yes to incidents, and so on.

    Rows that another ticker or worker holds are waited for. Raises UnableToReplay if nothing moves for too long.
    """
    moved_at = time.monotonic()
    while True:
        if _tick(here) + _work(here, work):
            moved_at = time.monotonic()
        elif not _is_busy(here.organization_id):
            if not incidents_confirm(here=here):
                return
        elif time.monotonic() - moved_at > STUCK_SECONDS:
            raise UnableToReplay(UnableToReplay.__doc__)
        else:
            time.sleep(A_MOMENT)


def _tick(here: Ground) -> int:
    handled = 0
    while batch := tick_once(only=[here.organization_id]):
        handled += batch
    return handled


def _work(here: Ground, work: Work) -> int:
    handled = 0
    while batch := work(organization_id=here.organization_id):
        handled += batch
    return handled


def incidents_confirm(*, here: Ground) -> int:
    """Say yes, as the replay's own member, to every incident that is proposed; return how many."""
    with tenant(organization_id=here.organization_id):
        now = store_now(organization_id=here.organization_id)
        proposed = list(
            Incident.objects.filter(organization_id=here.organization_id, state="proposed")
            .order_by("number")
            .values_list("id", flat=True)
        )
        for incident_id in proposed:
            try:
                incident_confirm(
                    organization_id=here.organization_id, incident_id=incident_id, by=here.member_id, now=now
                )
            except UnableToDecideIncident:
                continue  # late evidence closed it meanwhile
    return len(proposed)


def _is_busy(organization_id: int) -> bool:
    if any(found == organization_id for _, found in find_due()):
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM finder.effects_due() AS due WHERE due = %s)", [organization_id])
        return bool(cursor.fetchone()[0])
