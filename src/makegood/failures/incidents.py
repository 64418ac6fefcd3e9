"""Incidents: one cause that hits many customers, proposed by the system or opened by hand, decided by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q

from makegood.core.bursts import asks_again_at, room
from makegood.core.lengths import fitting
from makegood.core.reasons import Reason
from makegood.failures.models import Failure, Incident
from makegood.journal.operations import Happened, record

NUMBER_LOCK = 7402
MOST_GOING = 200
GOES_ON = timedelta(minutes=60)


class UnableToDecideIncident(ValueError):
    """This incident has been decided already: reload the page to see how."""


UNDECIDED = "Say first whether it is one incident: yes opens its recoveries, no frees each to go its own way."


class UnableToOpenIncident(ValueError):
    """An incident needs a title that says what went wrong."""


def incident_number(*, organization_id: int) -> int:
    """Take the organization's next incident number; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NUMBER_LOCK, organization_id % 2_147_483_647])
    last = Incident.objects.filter(organization_id=organization_id).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def incident_propose(
    *,
    organization_id: int,
    reason: str,
    title: str,
    at: datetime,
    active_from: datetime,
    active_to: datetime | None,
    reasons: Sequence[Reason],
    source_id: int | None = None,
    place_id: int | None = None,
) -> int:
    """Propose an incident; nothing reaches its customers until a person decides. Return its id."""
    incident = Incident.objects.create(
        organization_id=organization_id,
        number=incident_number(organization_id=organization_id),
        state="proposed",
        reason=reason,
        source_id=source_id,
        place_id=place_id,
        title=title,
        active_from=active_from,
        active_to=active_to,
        proposed_at=at,
        ask_at=asks_again_at(proposed_at=at, now=at),
        explanation=[reason.as_dict() for reason in reasons],
    )
    _record(organization_id, incident.id, "proposed", at, None, {"number": incident.number, "reason": reason})
    return incident.id


def incident_open(
    *,
    organization_id: int,
    title: str,
    by: int,
    now: datetime,
    place_id: int | None = None,
    source_id: int | None = None,
    active_from: datetime | None = None,
) -> int:
    """Open an incident by hand; the opener owns it, and failures of its place or source attach. Return its id.

    Raises UnableToOpenIncident without a title.
    """
    if not title.strip():
        raise UnableToOpenIncident(UnableToOpenIncident.__doc__)
    incident = Incident.objects.create(
        organization_id=organization_id,
        number=incident_number(organization_id=organization_id),
        state="open",
        reason="hand",
        source_id=source_id,
        place_id=place_id,
        title=fitting(title, most=160),
        owner_id=by,
        decided_by_id=by,
        decided_at=now,
        active_from=active_from or now,
        proposed_at=now,
    )
    _record(organization_id, incident.id, "opened", now, by, {"number": incident.number})
    unrouted = Failure.objects.filter(
        organization_id=organization_id,
        routed_at__isnull=True,
        withdrawn_at__isnull=True,
        gate__in=["contact", "review"],
        happened_at__gte=incident.active_from,
    )
    if place_id is not None:
        unrouted = unrouted.filter(place_id=place_id)
    if source_id is not None:
        unrouted = unrouted.filter(source_id=source_id)
    if place_id is not None or source_id is not None:
        failures_attach(
            organization_id=organization_id,
            incident_id=incident.id,
            failure_ids=list(unrouted.values_list("id", flat=True)),
            at=now,
        )
        failures_take(organization_id=organization_id, incident_id=incident.id, at=now)
    return incident.id


def incident_going(*, organization_id: int, place_id: int | None, source_id: int | None, at: datetime) -> int | None:
    """This function will find the latest open incident that has room for what happens now at this place or source."""
    going = Incident.objects.filter(organization_id=organization_id, state="open").exclude(
        Q(reason="silence") | Q(room=0)
    )
    return next(
        (
            one.id
            for one in going.order_by("-active_from", "-id")[:MOST_GOING]
            if belongs(incident=one, place_id=place_id, source_id=source_id, at=at)
        ),
        None,
    )


def incident_fill(*, organization_id: int, incident_id: int) -> None:
    """Take one of the places that are left in an incident; one that takes in as many as come stays so."""
    Incident.objects.filter(organization_id=organization_id, id=incident_id, room__gt=0).update(room=F("room") - 1)


def belongs(*, incident: Incident, place_id: int | None, source_id: int | None, at: datetime) -> bool:
    """This function will say whether an incident takes in what the gate decided at `at`: by place, else source."""
    if at < incident.active_from:
        return False
    if incident.active_to is not None and at > incident.active_to + GOES_ON:
        return False
    if incident.place_id is not None:
        return place_id == incident.place_id
    return incident.source_id is not None and source_id == incident.source_id


def failures_attach(*, organization_id: int, incident_id: int, failure_ids: Sequence[int], at: datetime) -> None:
    """Attach failures that no recovery has taken to an incident; they wait for its decision."""
    Failure.objects.filter(organization_id=organization_id, id__in=list(failure_ids)).update(
        incident_id=incident_id, routed_at=at
    )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="failures:failure:attached",
                subject="failure",
                subject_id=failure_id,
                data={"incident": incident_id},
            )
            for failure_id in failure_ids
        ],
    )


def failures_hold(*, organization_id: int, incident_id: int, failure_ids: Sequence[int], at: datetime) -> None:
    """Hold what recoveries that opened before the burst was seen have not sent yet, until the incident is decided."""
    Failure.objects.filter(organization_id=organization_id, id__in=list(failure_ids)).update(incident_id=incident_id)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="failures:failure:held",
                subject="failure",
                subject_id=failure_id,
                data={"incident": incident_id},
            )
            for failure_id in failure_ids
        ],
    )


def incident_confirm(*, organization_id: int, incident_id: int, by: int, now: datetime, seen: int | None = None) -> int:
    """Say yes to a proposed incident: its failures become recoveries with one plan for all. Return how many.

    `seen` is the number of failures, without those withdrawn, that the person was shown; None is all that it holds.
    The yes reaches as many more as `room` says; what happens beyond is proposed anew.
    Raises UnableToDecideIncident if it is not proposed any more, or holds more failures than that already.
    """
    _decide(organization_id, incident_id, state="open", by=by, now=now)
    held = Failure.objects.filter(
        organization_id=organization_id, incident_id=incident_id, withdrawn_at__isnull=True
    ).count()
    seen = held if seen is None else seen
    left = seen + room(seen=seen) - held
    if left < 0:
        raise UnableToDecideIncident(f"It has grown to {held:,} since you looked: say yes again.")
    Incident.objects.filter(organization_id=organization_id, id=incident_id).update(room=left)
    _record(organization_id, incident_id, "confirmed", now, by, {})
    return failures_take(organization_id=organization_id, incident_id=incident_id, at=now)


def incident_dismiss(*, organization_id: int, incident_id: int, by: int, now: datetime) -> int:
    """Say that a proposed incident is none: each of its failures goes its own way. Return how many.

    Raises UnableToDecideIncident if it is not proposed any more.
    """
    _decide(organization_id, incident_id, state="dismissed", by=by, now=now)
    held = list(
        Failure.objects.filter(organization_id=organization_id, incident_id=incident_id, withdrawn_at__isnull=True)
        .order_by("gate_at", "id")
        .values_list("id", "happening_key")
    )
    Failure.objects.filter(organization_id=organization_id, incident_id=incident_id).update(incident_id=None)
    record(
        organization_id=organization_id,
        entries=[
            Happened(at=now, event="failures:failure:freed", subject="failure", subject_id=failure_id)
            for failure_id, _ in held
        ],
    )
    _record(organization_id, incident_id, "dismissed", now, by, {"failures": len(held)})
    _take(organization_id, held, now)
    return len(held)


def incident_close(
    *, organization_id: int, incident_id: int, by: int, now: datetime, cause_id: int | None = None
) -> None:
    """Close an open incident; its recoveries go on until each is put right.

    Raises UnableToDecideIncident if it is not open: a proposed one asks for a yes or a no.
    """
    mine = Incident.objects.filter(organization_id=organization_id, id=incident_id)
    if not mine.filter(state="open").update(state="closed", active_to=now, cause_id=cause_id):
        proposed = mine.filter(state="proposed").exists()
        raise UnableToDecideIncident(UNDECIDED if proposed else UnableToDecideIncident.__doc__)
    _closed(organization_id, incident_id, now, by)


def _closed(organization_id: int, incident_id: int, now: datetime, by: int | None) -> None:
    story = Failure.objects.filter(organization_id=organization_id, incident_id=incident_id).aggregate(
        failures=Count("id"), withdrawn=Count("id", filter=Q(withdrawn_at__isnull=False))
    )
    _record(organization_id, incident_id, "closed", now, by, story)


def incidents_close_withdrawn(*, organization_id: int, incident_ids: Sequence[int], now: datetime) -> None:
    """Close those proposed incidents of which late evidence has withdrawn every failure: there was no failure."""
    empty = (
        Incident.objects.filter(organization_id=organization_id, id__in=list(incident_ids), state="proposed")
        .exclude(
            id__in=Failure.objects.filter(
                organization_id=organization_id, incident_id__in=list(incident_ids), withdrawn_at__isnull=True
            ).values("incident_id")
        )
        .order_by("id")
        .select_for_update()
    )
    for incident in empty:
        Incident.objects.filter(organization_id=organization_id, id=incident.id).update(state="closed", active_to=now)
        _closed(organization_id, incident.id, now, None)


def failures_take(*, organization_id: int, incident_id: int, at: datetime) -> int:
    """Hand an open incident's failures that no recovery holds yet to recoveries, under one happening."""
    key = f"incident:{incident_id}"
    fresh = list(
        Failure.objects.filter(organization_id=organization_id, incident_id=incident_id, withdrawn_at__isnull=True)
        .exclude(happening_key=key)
        .order_by("gate_at", "id")
        .values_list("id", flat=True)
    )
    Failure.objects.filter(organization_id=organization_id, id__in=fresh).update(happening_key=key)
    _take(organization_id, [(failure_id, key) for failure_id in fresh], at)
    return len(fresh)


def _take(organization_id: int, failures: Sequence[tuple[int, str]], at: datetime) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="failures:failure:taken",
                subject="failure",
                subject_id=failure_id,
                data={"happening_key": key},
            )
            for failure_id, key in failures
        ],
    )


def _decide(organization_id: int, incident_id: int, *, state: str, by: int, now: datetime) -> None:
    changed = Incident.objects.filter(organization_id=organization_id, id=incident_id, state="proposed").update(
        state=state, owner_id=by, decided_by_id=by, decided_at=now
    )
    if not changed:
        raise UnableToDecideIncident(UnableToDecideIncident.__doc__)


def _record(
    organization_id: int, incident_id: int, action: str, at: datetime, by: int | None, data: dict[str, Any]
) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event=f"failures:incident:{action}",
                subject="incident",
                subject_id=incident_id,
                actor_id=by,
                data=data,
            )
        ],
    )
