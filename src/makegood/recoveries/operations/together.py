"""One step for everybody whom an incident hit, through the operations that do it for one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db.models import F, Q

from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.operations.stepping import Mark, steps_mark


class UnableToDoForAll(ValueError):
    """This cannot be done for all of them: the message says why."""


@attrs.frozen(kw_only=True, slots=True)
class Refusal:
    """A recovery, by its number, for which it was not done, and why."""

    number: int
    why: str


@attrs.frozen(kw_only=True, slots=True)
class Together:
    """What was done for all: numbers of the recoveries done and refused, how many are left, the last one tried."""

    done: tuple[int, ...]
    refused: tuple[Refusal, ...]
    left: int = 0
    last: int = 0


def incident_open_ones(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None
) -> list[Recovery]:
    """This function will lock an incident's open recoveries that a member sees (None: every place), by number."""
    found = Recovery.objects.filter(organization_id=organization_id, incident_id=incident_id, state="open")
    if places is not None:
        found = found.filter(Q(place_id__in=list(places)) | Q(owner_id=by))
    return list(found.select_for_update(of=("self",)).order_by("number"))


def incident_fix_done(
    *,
    organization_id: int,
    incident_id: int,
    note: str,
    by: int,
    now: datetime,
    places: Sequence[int] | None = None,
    seen: int | None = None,
) -> Together:
    """This function will record the fix as done for every open recovery of an incident, in one transaction.

    Those under review are left to be decided first; where the fix was done or left out already, nothing changes.
    `seen` is how many were shown. Raises UnableToDoForAll if there are more by now, or without a note.
    """
    if not note.strip():
        raise UnableToDoForAll("Say in a few words what was done.")
    rows = incident_open_ones(organization_id=organization_id, incident_id=incident_id, by=by, places=places)
    if seen is not None and len(rows) > seen:
        raise UnableToDoForAll(f"There are {len(rows)} by now: look again, and say yes again.")
    todo = set(
        Step.objects.filter(
            organization_id=organization_id,
            recovery_id__in=[row.id for row in rows],
            step="fix",
            state__in=("todo", "overdue"),
        ).values_list("recovery_id", flat=True)
    )
    able = [row for row in rows if row.id in todo and not row.review]
    steps_mark(
        organization_id=organization_id,
        marks=[Mark(recovery_id=row.id, step="fix", at=now, by=by, note=note.strip()) for row in able],
    )
    Recovery.objects.filter(organization_id=organization_id, id__in=[row.id for row in able]).update(
        version=F("version") + 1
    )
    refused = [
        Refusal(number=row.number, why="they are to be decided first" if row.review else "it was recorded before")
        for row in rows
        if row not in able
    ]
    return Together(done=tuple(row.number for row in able), refused=tuple(refused))
