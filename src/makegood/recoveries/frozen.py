"""The playbook frozen onto a recovery, and the clocks that it sets."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import attrs

from makegood.core.calendars import Calendar, CalendarVersion
from makegood.core.clock import Deadline, Pause, deadline, deadline_or_visit_end
from makegood.organizations.models import PlaybookVersion
from makegood.organizations.operations import playbook_publish
from makegood.organizations.queries import playbook_versions
from makegood.rules.playbooks import Playbook, data_of, from_data, names, text_of
from makegood.store.preparing import prepared

FALLBACK = "default"
Calendars = tuple[CalendarVersion, ...]
CALENDARS = """
SELECT code, active_from, data::text FROM organizations_calendarversion WHERE organization_id = %s AND code = ANY(%s)
ORDER BY active_from
"""


@attrs.frozen(kw_only=True)
class Frozen:
    """One published version of a playbook, and its id."""

    id: int
    playbook: Playbook


@lru_cache(maxsize=2048)
def _read(organization_id: int, version_id: int) -> Playbook:
    row = PlaybookVersion.objects.only("data").get(organization_id=organization_id, id=version_id)
    return from_data(row.data, where=f"playbook version {version_id}")


def playbook_frozen(*, organization_id: int, version_id: int) -> Playbook:
    """This function will return the playbook of a version; versions never change, so it is read once a process."""
    return _read(organization_id, version_id)


def playbooks_latest(*, organization_id: int, codes: Collection[str], now: datetime) -> dict[str, Frozen]:
    """This function will find the latest version of each playbook; one that was never published falls back to default.

    Where an organization has not even published that, the one that comes with Makegood is published for it.
    """
    ids = playbook_versions(organization_id=organization_id)
    for code in sorted({*codes, FALLBACK} - ids.keys()):
        if code == FALLBACK or code in names():
            text = text_of(code)
            ids[code] = playbook_publish(
                organization_id=organization_id, code=code, text=text, data=data_of(text, where=code), now=now
            )
    chosen = {code: ids.get(code, ids[FALLBACK]) for code in codes}
    return {code: Frozen(id=one, playbook=_read(organization_id, one)) for code, one in chosen.items()}


def calendars_named(*, organization_id: int, codes: Collection[str]) -> Mapping[str, Calendars]:
    """This function will read these calendars' versions in the order in which they took effect."""
    found: dict[str, list[CalendarVersion]] = {code: [] for code in codes}
    if any(codes):
        with prepared() as cursor:
            cursor.execute(CALENDARS, [organization_id, list(codes)])
            for code, active_from, text in cursor.fetchall():
                found[code].append(CalendarVersion(active_from=active_from, calendar=_calendar(text)))
    return {code: tuple(versions) for code, versions in found.items()}


@lru_cache(maxsize=256)
def _calendar(text: str) -> Calendar:
    return Calendar.from_data(json.loads(text))


def due_after(
    *,
    started_at: datetime,
    minutes: int,
    calendars: Calendars,
    pauses: Sequence[Pause] = (),
    visit_ends_at: datetime | None = None,
) -> datetime | None:
    """This function will say when so many minutes are used, or the visit ends if that is sooner; None while paused.

    Where nothing stops the clock this is a plain sum, which spares the hot path the telling of reasons.
    """
    if not calendars and not pauses:
        due_at = started_at + timedelta(minutes=minutes)
        return min(due_at, visit_ends_at) if visit_ends_at and visit_ends_at > started_at else due_at
    return explained(
        started_at=started_at, minutes=minutes, calendars=calendars, pauses=pauses, visit_ends_at=visit_ends_at
    ).due_at


def step_due(
    *, started_at: datetime, minutes: int, calendars: Calendars, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """This function will say when a step is due that no clock times; None while paused.

    Open hours count, but never for longer than a week: a week to find a cause is a week, and from then on days count
    as they pass.
    """
    working = due_after(started_at=started_at, minutes=minutes, calendars=calendars, pauses=pauses)
    if not calendars or working is None:
        return working
    passing = due_after(started_at=started_at, minutes=max(minutes, WEEK_MINUTES), calendars=(), pauses=pauses)
    return working if passing is None else min(working, passing)


def explained(
    *,
    started_at: datetime,
    minutes: int,
    calendars: Calendars,
    pauses: Sequence[Pause] = (),
    visit_ends_at: datetime | None = None,
) -> Deadline:
    """This function will find the same deadline together with its reasons."""
    if visit_ends_at is None:
        return deadline(start_at=started_at, minutes=minutes, calendars=calendars or None, pauses=pauses)
    return deadline_or_visit_end(
        start_at=started_at,
        minutes=minutes,
        calendars=calendars or None,
        pauses=pauses,
        visit_ends_at=visit_ends_at,
    )


def target_minutes(*, playbook: Playbook, target: str, group: str) -> tuple[int, int]:
    """This function will return a target's minutes for this group of customers, and how long before it to warn."""
    return playbook.target_minutes(target=target, group=group)


WEEK_MINUTES = 7 * 24 * 60
VISIT_BOUND = frozenset({"fix", "make_good"})
"""The targets that a customer's visit ends: what is put right after they left is not put right in time."""
