"""Routing: each contact or review goes to a recovery, or, in a burst or a silence, waits for an incident's yes.

One transaction at a time routes for an organization, and only when nothing of it is left to break or to gate, so that
the outcome depends on what happened and not on how tickers cut it into batches.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from django.db import connection

from makegood.core.bursts import Burst, burst, windows
from makegood.core.reasons import because
from makegood.failures.incidents import (
    MOST_GOING,
    belongs,
    failures_attach,
    failures_hold,
    failures_take,
    incident_propose,
)
from makegood.failures.models import Failure, Incident
from makegood.failures.policy import BurstPolicy, Policies
from makegood.journal.operations import Happened, record
from makegood.organizations.models import Place
from makegood.promises.models import Promise, Source
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared
from makegood.store.reading import Not, change, whole_rows

ROUTE_LOCK = 7403
BATCH = 5000
WEEKS = 8
SILENT_RULE = "gate.source_silent"
At = Callable[[datetime], datetime]


@attrs.frozen(kw_only=True, slots=True)
class Routable:
    """A failure on its way: to a recovery if `routed` is False."""

    id: int
    gate: str
    gate_at: datetime
    happened_at: datetime
    place_id: int | None
    source_id: int | None
    happening_key: str
    silent: bool
    routed: bool


@attrs.frozen(kw_only=True)
class Run:
    """Failures of one source or place that came in one burst."""

    failures: tuple[Routable, ...]
    seen: Burst


def failures_route(*, organization_id: int, limit: int = BATCH) -> int:
    """Route this organization's contacts and reviews; return how many. Leaves all to another ticker if one is at it."""
    moment = store_moment(organization_id=organization_id)
    if not _alone(organization_id) or _unfinished(organization_id, moment.now):
        return 0
    fresh = _fresh(organization_id, moment.now, limit)
    if not fresh:
        return 0
    left = {failure.id: failure for failure in fresh}
    for failure in _hold_silent(organization_id, fresh, moment.at):
        del left[failure]
    for failure in _join_open(organization_id, _outside(left), moment.at):
        del left[failure]
    for failure in _propose_bursts(organization_id, _outside(left), moment.at):
        left.pop(failure, None)
    free = sorted(left.values(), key=lambda failure: (failure.gate_at, failure.id))
    change(Failure, {"routed_at": moment.now}, organization_id=organization_id, id=[f.id for f in free])
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=moment.at(failure.gate_at),
                event="failures:failure:taken",
                subject="failure",
                subject_id=failure.id,
                data={"happening_key": failure.happening_key},
            )
            for failure in free
        ],
    )
    return len(fresh)


def _outside(left: Mapping[int, Routable]) -> list[Routable]:
    """What may belong to an incident: not what was promised inside a recovery, which is that recovery's own."""
    return [failure for failure in left.values() if not failure.happening_key.startswith("recovery:")]


def _alone(organization_id: int) -> bool:
    with prepared() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s::integer, %s::integer)", [ROUTE_LOCK, organization_id % 2_147_483_647]
        )
        return bool(cursor.fetchone()[0])


UNFINISHED = """
SELECT EXISTS (SELECT FROM promises_promise WHERE organization_id = %(organization)s AND state = 'open'
    AND due_at < %(now)s)
OR EXISTS (SELECT FROM failures_failure WHERE organization_id = %(organization)s AND gate = 'waiting'
    AND withdrawn_at IS NULL AND gate_at <= %(now)s)
"""
FRESH = """
SELECT id, gate, gate_at, happened_at, place_id, source_id, happening_key, gate_reasons FROM failures_failure
WHERE organization_id = %s AND gate IN ('contact', 'review') AND routed_at IS NULL AND withdrawn_at IS NULL
AND gate_at <= %s ORDER BY gate_at, id LIMIT %s FOR UPDATE
"""


def _unfinished(organization_id: int, now: datetime) -> bool:
    """Tell whether a promise is still to break or a failure still to gate at this moment."""
    with prepared() as cursor:
        cursor.execute(UNFINISHED, {"organization": organization_id, "now": now})
        return bool(cursor.fetchone()[0])


def _read(rows: Iterable[Failure], *, routed: bool) -> list[Routable]:
    return [
        Routable(
            id=row.id,
            gate=row.gate,
            gate_at=row.gate_at,
            happened_at=row.happened_at,
            place_id=row.place_id,
            source_id=row.source_id,
            happening_key=row.happening_key,
            silent=_silent(row.gate_reasons),
            routed=routed,
        )
        for row in rows
    ]


def _fresh(organization_id: int, now: datetime, limit: int) -> list[Routable]:
    with prepared() as cursor:
        cursor.execute(FRESH, [organization_id, now, limit])
        rows = cursor.fetchall()
    return [
        Routable(
            id=failure_id,
            gate=gate,
            gate_at=gate_at,
            happened_at=happened_at,
            place_id=place_id,
            source_id=source_id,
            happening_key=happening_key,
            silent=_silent(json.loads(reasons)),
            routed=False,
        )
        for failure_id, gate, gate_at, happened_at, place_id, source_id, happening_key, reasons in rows
    ]


def _silent(reasons: Iterable[Mapping[str, Any]]) -> bool:
    return any(reason["rule"] == SILENT_RULE for reason in reasons)


def _hold_silent(organization_id: int, fresh: Sequence[Routable], at: At) -> list[int]:
    by_source: dict[int, list[Routable]] = defaultdict(list)
    for failure in fresh:
        if failure.silent and failure.source_id is not None:
            by_source[failure.source_id].append(failure)
    for source_id, failures in sorted(by_source.items()):
        moment_at = at(failures[0].gate_at)
        incident_id = (
            Incident.objects.filter(
                organization_id=organization_id, state="proposed", reason="silence", source_id=source_id
            )
            .values_list("id", flat=True)
            .first()
        )
        if incident_id is None:
            source = Source.objects.get(organization_id=organization_id, id=source_id)
            incident_id = incident_propose(
                organization_id=organization_id,
                reason="silence",
                title=f"{source.name} is silent",
                at=moment_at,
                active_from=source.heard_until or source.live_from,
                active_to=None,
                reasons=[
                    because(
                        "incident.silence",
                        f"Expected every {source.rhythm_minutes} minutes and not heard for longer: what depends on it"
                        " is held, and nothing is sent.",
                        evidence="P3",
                    )
                ],
                source_id=source_id,
            )
        failures_attach(
            organization_id=organization_id,
            incident_id=incident_id,
            failure_ids=[failure.id for failure in failures],
            at=moment_at,
        )
    return [failure.id for failures in by_source.values() for failure in failures]


def _join_open(organization_id: int, fresh: Sequence[Routable], at: At) -> list[int]:
    """Attach failures to an incident that goes on at their place or source; an open one takes what has room.

    What the yes to it does not reach is proposed anew, as an incident of its own that waits for another.
    """
    going = _going(organization_id, fresh)
    joined: dict[int, list[Routable]] = defaultdict(list)
    beyond: dict[int, list[Routable]] = defaultdict(list)
    for failure in fresh:
        at_it = [one for one in going if _belongs(failure, one)]
        incident = next((one for one in at_it if one.room != 0), None)
        if incident is not None:
            joined[incident.id].append(failure)
            if incident.room is not None:
                incident.room -= 1
        elif at_it:
            incident = at_it[0]
            beyond[incident.id].append(failure)
        if incident is not None and incident.active_to is not None:
            incident.active_to = max(incident.active_to, failure.gate_at)
    for incident in going:
        if incident.id in beyond:
            _propose_anew(organization_id, incident, beyond[incident.id], at)
        failures = joined.get(incident.id)
        if not failures:
            continue
        moment_at = at(failures[-1].gate_at)
        Incident.objects.filter(organization_id=organization_id, id=incident.id).update(
            active_to=incident.active_to, room=incident.room
        )
        failures_attach(
            organization_id=organization_id,
            incident_id=incident.id,
            failure_ids=[failure.id for failure in failures],
            at=moment_at,
        )
        if incident.state == "open":
            failures_take(organization_id=organization_id, incident_id=incident.id, at=moment_at)
    return [failure.id for failures in (*joined.values(), *beyond.values()) for failure in failures]


def _going(organization_id: int, fresh: Sequence[Routable]) -> list[Incident]:
    """The incidents that go on where these failed, the latest first, locked so that nobody decides them meanwhile."""
    going: dict[str, Any] = {
        "organization_id": organization_id,
        "state": ("open", "proposed"),
        "reason": Not("silence"),
    }
    latest = sorted(whole_rows(Incident, **going), key=_began, reverse=True)[:MOST_GOING]
    wanted = [one.id for one in latest if any(_belongs(failure, one) for failure in fresh)]
    return sorted(whole_rows(Incident, locking=True, **going, id=wanted), key=_began, reverse=True)


def _began(incident: Incident) -> tuple[datetime, int]:
    return incident.active_from, incident.id


def _belongs(failure: Routable, incident: Incident) -> bool:
    return belongs(incident=incident, place_id=failure.place_id, source_id=failure.source_id, at=failure.gate_at)


def _propose_anew(organization_id: int, before: Incident, failures: Sequence[Routable], at: At) -> None:
    moment_at = at(failures[-1].gate_at)
    incident_id = incident_propose(
        organization_id=organization_id,
        reason="burst",
        title=before.title,
        at=moment_at,
        active_from=failures[0].gate_at,
        active_to=failures[-1].gate_at,
        reasons=[
            because(
                "incident.beyond",
                f"It goes on: as many as the yes to I-{before.number} reaches are taken in.",
                evidence="P3",
            )
        ],
        place_id=before.place_id,
        source_id=before.source_id,
    )
    failures_attach(
        organization_id=organization_id,
        incident_id=incident_id,
        failure_ids=[failure.id for failure in failures],
        at=moment_at,
    )


def _propose_bursts(organization_id: int, fresh: Sequence[Routable], at: At) -> set[int]:
    contacts = [failure for failure in fresh if failure.gate == "contact"]
    held: set[int] = set()
    policies = Policies(organization_id=organization_id)
    playbooks = dict(Source.objects.filter(organization_id=organization_id).values_list("id", "playbook"))
    for column in ("place_id", "source_id"):
        groups: dict[int, list[Routable]] = defaultdict(list)
        for failure in contacts:
            key = getattr(failure, column)
            if key is not None and failure.id not in held:
                groups[key].append(failure)
        for key, failures in sorted(groups.items()):
            playbook = playbooks.get(failures[0].source_id or 0, "default")
            policy = policies.burst(playbook=playbook)
            for run in _runs(organization_id, column, key, failures, policy):
                held |= _propose(organization_id, column, key, run, at)
    return held


def _propose(organization_id: int, column: str, key: int, run: Run, at: At) -> set[int]:
    first, last = run.failures[0], run.failures[-1]
    moment_at = at(last.gate_at)
    name = (
        Place.objects.get(organization_id=organization_id, id=key).name
        if column == "place_id"
        else Source.objects.get(organization_id=organization_id, id=key).name
    )
    incident_id = incident_propose(
        organization_id=organization_id,
        reason="burst",
        title=f"{name}: many customers let down within minutes",
        at=moment_at,
        active_from=first.gate_at,
        active_to=last.gate_at,
        reasons=run.seen.reasons,
        **{column: key},
    )
    failures_attach(
        organization_id=organization_id,
        incident_id=incident_id,
        failure_ids=[failure.id for failure in run.failures if not failure.routed],
        at=moment_at,
    )
    failures_hold(
        organization_id=organization_id,
        incident_id=incident_id,
        failure_ids=[failure.id for failure in run.failures if failure.routed],
        at=moment_at,
    )
    return {failure.id for failure in run.failures if not failure.routed}


def _runs(organization_id: int, column: str, key: int, failures: Sequence[Routable], policy: BurstPolicy) -> list[Run]:
    """Find the bursts among these failures of one group, with those routed in the quarter of an hour before them."""
    width = timedelta(minutes=policy.window_minutes)
    before = Failure.objects.filter(
        organization_id=organization_id,
        gate="contact",
        incident_id__isnull=True,
        routed_at__isnull=False,
        withdrawn_at__isnull=True,
        gate_at__gt=failures[0].gate_at - width,
        gate_at__lte=failures[-1].gate_at,
        **{column: key},
    )
    all_of_them = sorted([*_read(before, routed=True), *failures], key=lambda failure: (failure.gate_at, failure.id))
    moments = [failure.gate_at for failure in all_of_them]
    history = _History(organization_id, column, key, policy, among=all_of_them)
    inside: set[int] = set()
    seen: dict[int, Burst] = {}
    for index, count in enumerate(windows(moments=moments, minutes=policy.window_minutes)):
        if count < 2 or all_of_them[index].routed:
            continue
        found = history.judge(burst_of=all_of_them[(end := bisect_right(moments, moments[index])) - count : end])
        if found.is_burst:
            for back in range(index, -1, -1):
                if moments[back] <= moments[index] - width:
                    break
                inside.add(back)
                seen[back] = found
    return _cut(all_of_them, sorted(inside), seen, width)


def _cut(failures: Sequence[Routable], inside: Sequence[int], seen: dict[int, Burst], width: timedelta) -> list[Run]:
    runs: list[list[int]] = []
    for index in inside:
        if runs and failures[index].gate_at - failures[runs[-1][-1]].gate_at <= width:
            runs[-1].append(index)
        else:
            runs.append([index])
    return [Run(failures=tuple(failures[i] for i in run), seen=seen[run[-1]]) for run in runs]


class _History:
    """How many contacts the same hour of the day had over the last eight weeks, for one source or place."""

    def __init__(
        self, organization_id: int, column: str, key: int, policy: BurstPolicy, *, among: Sequence[Routable]
    ) -> None:
        """Read for one source or place, whose failures that may be judged are all in `among`."""
        self._among = among
        self._due_at: list[datetime] | None = None
        self._where = {"organization_id": organization_id, column: key}
        self._column = column
        self._policy = policy
        self._days: dict[datetime, tuple[int, dict[int, int]]] = {}

    def judge(self, *, burst_of: Sequence[Routable]) -> Burst:
        """Say whether these failures, the latest last, are a burst; a young source is held against what fell due."""
        count = len(burst_of)
        weeks, in_hour = self._hour(burst_of[-1].gate_at)
        fell_due = 0
        if weeks < self._policy.weeks_needed:
            if count <= self._policy.minimum:
                return burst(count=count, same_hour_counts=(), weeks_of_history=weeks, fell_due=0)
            happened = [failure.happened_at for failure in burst_of]
            fell_due = self._fell_due(min(happened), max(happened))
        slots = WEEKS * 7 * (60 // self._policy.window_minutes)
        return burst(
            count=count,
            same_hour_counts=(in_hour, *[0] * (slots - 1)),
            weeks_of_history=weeks,
            fell_due=fell_due,
            quantile=Decimal(self._policy.quantile),
            weeks_needed=self._policy.weeks_needed,
            minimum=self._policy.minimum,
            share=self._policy.share,
        )

    def _fell_due(self, first_at: datetime, last_at: datetime) -> int:
        """Count the promises due between two moments; all that may be asked about are read once."""
        if self._due_at is None:
            happened = [failure.happened_at for failure in self._among]
            rows = Promise.objects.filter(due_at__gte=min(happened), due_at__lte=max(happened), **self._where)
            self._due_at = list(rows.order_by("due_at").values_list("due_at", flat=True))
        return bisect_right(self._due_at, last_at) - bisect_left(self._due_at, first_at)

    def _hour(self, at: datetime) -> tuple[int, int]:
        """Return the weeks of history before this day, and the contacts of this hour (UTC) in the last eight."""
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if day not in self._days:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT extract(hour FROM gate_at AT TIME ZONE 'UTC')::int, count(*), min(gate_at)"
                    f" FROM failures_failure WHERE organization_id = %s AND {self._column} = %s AND gate = 'contact'"
                    " AND gate_at >= %s AND gate_at < %s GROUP BY 1",
                    [self._where["organization_id"], self._where[self._column], day - timedelta(weeks=WEEKS), day],
                )
                rows = cursor.fetchall()
            first_at = min((row[2] for row in rows), default=day)
            weeks = -(-(day - first_at).days // 7) if rows else 0
            self._days[day] = (weeks, {hour: count for hour, count, _ in rows})
        weeks, hours = self._days[day]
        return weeks, hours.get(at.astimezone(UTC).hour, 0)
