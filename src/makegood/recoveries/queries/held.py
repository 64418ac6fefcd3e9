"""Reads of an incident's recoveries: those it caught late and had said something; those that are open and to do."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from django.db.models import Exists, OuterRef, Q

from makegood.messages.models import Message
from makegood.recoveries.models import Recovery, RecoveryFailure, Step


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
    """An incident's open recoveries that a member sees: how many, how many to fix, and the first one's failure."""

    open: int
    to_fix: int
    to_apologise: int
    failure_id: int | None


def incident_recoveries(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None
) -> dict[int, int]:
    """This function will list an incident's recoveries that a member sees (places None: every place): number by id."""
    found = Recovery.objects.filter(organization_id=organization_id, incident_id=incident_id)
    if places is not None:
        found = found.filter(Q(place_id__in=list(places)) | Q(owner_id=by))
    return dict(found.order_by("number").values_list("id", "number"))


def incident_open(
    *, organization_id: int, incident_id: int, by: int, places: Sequence[int] | None, after: int = 0
) -> OpenOnes:
    """This function will count an incident's open recoveries with numbers after `after`; `places` None is all."""
    found = Recovery.objects.filter(
        organization_id=organization_id, incident_id=incident_id, state="open", number__gt=after
    )
    if places is not None:
        found = found.filter(Q(place_id__in=list(places)) | Q(owner_id=by))
    ids = found.values("id")
    links = RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id__in=ids)
    unsaid = Q(step="apologise", state__in=("todo", "overdue"), recovery__review=False)
    return OpenOnes(
        open=found.count(),
        to_apologise=Step.objects.filter(unsaid, organization_id=organization_id, recovery_id__in=ids).count(),
        to_fix=Step.objects.filter(
            organization_id=organization_id, recovery_id__in=ids, step="fix", state__in=("todo", "overdue")
        ).count(),
        failure_id=links.order_by("recovery__number", "id").values_list("failure_id", flat=True).first(),
    )
