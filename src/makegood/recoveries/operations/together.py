"""One step for everybody whom an incident hit, through the operations that do it for one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from django.db.models import F

from makegood.core.lengths import fitting
from makegood.core.steps import UNDONE
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.operations.stepping import NOTE, Mark, steps_mark
from makegood.recoveries.seeing import seen_by


class UnableToDoForAll(ValueError):
    """This cannot be done for all of them: the message says why."""


@attrs.frozen(kw_only=True, slots=True)
class Refusal:
    """A recovery, by its number, for which it was not done, and why."""

    number: int
    why: str


@attrs.frozen(kw_only=True, slots=True)
class Together:
    """What was done for all: numbers of the recoveries done and refused, how many are left, how many came since.

    `since` are those that were hit after the page was shown, for whom nothing was done.
    """

    done: tuple[int, ...]
    refused: tuple[Refusal, ...]
    left: int = 0
    since: int = 0


def incident_open_ones(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None, upto: int | None
) -> tuple[list[Recovery], int]:
    """This function will lock an incident's open recoveries that a member sees (None: every place), by number.

    Those with numbers after `upto`, the last one that was shown, are not among them, but counted beside.
    """
    found = Recovery.objects.filter(
        seen_by(member_id=by, places=places), organization_id=organization_id, incident_id=incident_id, state="open"
    )
    shown = found if upto is None else found.filter(number__lte=upto)
    since = 0 if upto is None else found.filter(number__gt=upto).count()
    return list(shown.select_for_update(of=("self",)).order_by("number")), since


def incident_journal(
    *, organization_id: int, incident_id: int, what: str, by: int, now: datetime, data: dict[str, Any]
) -> None:
    """This function will write into the journal what a member did for all of an incident: fixed, offered or asked."""
    entry = Happened(
        at=now,
        event=f"recoveries:incident:{what}",
        subject="incident",
        subject_id=incident_id,
        data=data,
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])


def incident_fix_done(
    *,
    organization_id: int,
    incident_id: int,
    note: str,
    by: int,
    now: datetime,
    places: Sequence[int] | None = None,
    upto: int | None = None,
) -> Together:
    """This function will record the fix as done for every open recovery of an incident, in one transaction.

    Those under review are left to be decided first; where the fix was done or left out already, nothing changes.
    `upto` is the number of the last one that was shown: it is done for those, and who came since is counted. Raises
    UnableToDoForAll without a note.
    """
    if not note.strip():
        raise UnableToDoForAll("Say in a few words what was done.")
    note = fitting(note, most=NOTE)
    rows, since = incident_open_ones(
        organization_id=organization_id, incident_id=incident_id, by=by, places=places, upto=upto
    )
    todo = set(
        Step.objects.filter(
            organization_id=organization_id,
            recovery_id__in=[row.id for row in rows],
            step="fix",
            state__in=UNDONE,
        ).values_list("recovery_id", flat=True)
    )
    able = [row for row in rows if row.id in todo and not row.review]
    steps_mark(
        organization_id=organization_id,
        marks=[Mark(recovery_id=row.id, step="fix", at=now, by=by, note=note) for row in able],
    )
    Recovery.objects.filter(organization_id=organization_id, id__in=[row.id for row in able]).update(
        version=F("version") + 1
    )
    refused = [
        Refusal(number=row.number, why="they are to be decided first" if row.review else "it was recorded before")
        for row in rows
        if row not in able
    ]
    if able:
        incident_journal(
            organization_id=organization_id,
            incident_id=incident_id,
            what="fixed",
            by=by,
            now=now,
            data={"count": len(able)},
        )
    return Together(done=tuple(row.number for row in able), refused=tuple(refused), since=since)
