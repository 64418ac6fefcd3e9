"""Reads of an incident's recoveries: those it caught late and had said something; those that are open and to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from makegood.core.steps import UNDONE
from makegood.journal.models import Entry
from makegood.messages.models import Message
from makegood.recoveries.for_all import ForAll, remedies_for_all
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery, RecoveryFailure, Step
from makegood.recoveries.queries.lines import TimelineLine
from makegood.recoveries.seeing import seen_by


@attrs.frozen(kw_only=True, slots=True)
class Begun:
    """A failure that a recovery, by its number, had taken already; `written` is whether its customer was written to."""

    failure_id: int
    number: int
    written: bool


def incident_begun(*, organization_id: int, incident_id: int) -> Sequence[Begun]:
    """This function will list an incident's failures that recoveries hold, without those withdrawn, by number.

    A customer counts as written to once a message of ours has left, or may have left (state unknown).
    """
    said = Message.objects.filter(
        organization_id=organization_id,
        thread_id=OuterRef("recovery__thread_id"),
        direction="out",
        member=None,
        state__in=["sent", "unknown"],
    ).exclude(kind__in=["note", "staff"])
    rows = RecoveryFailure.objects.filter(
        organization_id=organization_id, failure__incident_id=incident_id, failure__withdrawn_at=None
    ).order_by("recovery__number", "failure_id")
    return [
        Begun(failure_id=failure_id, number=number, written=written)
        for failure_id, number, written in rows.annotate(written=Exists(said)).values_list(
            "failure_id", "recovery__number", "written"
        )
    ]


@attrs.frozen(kw_only=True, slots=True)
class OpenOnes:
    """An incident's open recoveries that a member sees: how many to fix, to tell sorry, and the last one's number."""

    to_fix: int
    to_apologise: int
    last: int


def incident_recoveries(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None
) -> dict[int, int]:
    """This function will list an incident's recoveries that a member sees (places None: every place): number by id."""
    found = _seen(organization_id, incident_id, by, places)
    return dict(found.order_by("number").values_list("id", "number"))


def _seen(organization_id: int, incident_id: int, by: int, places: Sequence[int] | None) -> QuerySet[Recovery]:
    return Recovery.objects.filter(
        seen_by(member_id=by, places=places), organization_id=organization_id, incident_id=incident_id
    )


def incident_open(*, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None) -> OpenOnes:
    """This function will count what an incident's open recoveries still need; `places` None is all.

    Whose apology is on its way needs no other.
    """
    found = _seen(organization_id, incident_id, by, places).filter(state="open")
    ids = found.values("id")
    leaves = Message.objects.filter(
        organization_id=organization_id,
        thread_id=OuterRef("recovery__thread_id"),
        direction="out",
        kind="apology",
        state="queued",
    )
    unsaid = Q(step="apologise", state__in=UNDONE, recovery__review=False)
    return OpenOnes(
        to_apologise=Step.objects.filter(
            unsaid, ~Exists(leaves), organization_id=organization_id, recovery_id__in=ids
        ).count(),
        to_fix=Step.objects.filter(
            organization_id=organization_id, recovery_id__in=ids, step="fix", state__in=UNDONE
        ).count(),
        last=found.aggregate(last=Max("number"))["last"] or 0,
    )


def incident_offers(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None, now: datetime
) -> tuple[ForAll, ...]:
    """This function will judge what may be offered to all of an incident's open ones; `places` None is all of them."""
    rows = list(_seen(organization_id, incident_id, by, places).filter(state="open").order_by("number"))
    return remedies_for_all(organization_id=organization_id, rows=rows, now=now)


def incident_done(*, organization_id: int, incident_id: int) -> tuple[TimelineLine, ...]:
    """This function will list what members did for all of an incident, the oldest first.

    Where it is about a remedy, its title as the playbook has it stands in the data beside its code.
    """
    rows = list(
        Entry.objects.filter(
            organization_id=organization_id,
            subject="incident",
            subject_id=incident_id,
            event__startswith="recoveries:incident:",
        ).order_by("id")
    )
    if not rows:
        return ()
    first = Recovery.objects.filter(organization_id=organization_id, incident_id=incident_id).order_by("number")
    frozen = [playbook_frozen(organization_id=organization_id, version_id=one.playbook_id) for one in first[:1]]
    titles = {one.code: one.title for playbook in frozen for one in playbook.remedies}
    return tuple(
        TimelineLine(
            at=row.at,
            event=row.event,
            actor_id=row.actor_id,
            data={**row.data, "title": titles.get(row.data.get("remedy"), "")},
        )
        for row in rows
    )
