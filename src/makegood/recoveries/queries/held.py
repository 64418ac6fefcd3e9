"""Reads of what a proposed incident caught late: recoveries that were open, and may have said something, before."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from django.db.models import Exists, OuterRef

from makegood.messages.models import Message
from makegood.recoveries.models import RecoveryFailure


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
