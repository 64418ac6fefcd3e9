"""The end of a shadow: what a source only watched is over once it goes live, and stays in the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from makegood.journal.operations import Happened
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.closing import closed_write

OVER: Final = "shadow"
"""Why a shadow's recovery closed that was open as its source went live."""


def shadows_over(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Close the open recoveries of shadows whose source goes live: nobody works on them, and none of them is sent.

    A handler of `promises:source:changed`.
    """
    for entry in entries:
        if entry.data["mode"] != "live":
            continue
        links = RecoveryFailure.objects.filter(organization_id=organization_id)
        mine = Recovery.objects.filter(
            organization_id=organization_id,
            state="open",
            id__in=links.filter(failure__source_id=entry.subject_id, failure__shadow=True).values("recovery_id"),
        ).exclude(id__in=links.filter(failure__shadow=False).values("recovery_id"))
        ids = sorted(mine.select_for_update(of=("self",)).values_list("id", flat=True))
        if ids:
            closed_write(
                organization_id=organization_id, closed=ids, state="closed", why=OVER, at=entry.at, by=entry.actor_id
            )
