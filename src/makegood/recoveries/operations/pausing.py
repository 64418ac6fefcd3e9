"""Pauses: a recovery's clocks stand still for a reason that the customer reads, and then run on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from makegood.core.lengths import fitting
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import PAUSE_REASONS, Pause
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.clocks import clocks_reckon


def pause_start(
    *,
    organization_id: int,
    recovery_id: int,
    reason: str,
    by: int,
    now: datetime,
    note: str = "",
    version: int | None = None,
) -> int:
    """Stop a recovery's clocks, with a reason that the customer may read; return the pause's id.

    Raises UnableToChangeRecovery for an unknown reason, or while a pause is open already.
    """
    recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if reason not in PAUSE_REASONS:
        raise UnableToChangeRecovery(f"A pause is for one of {', '.join(PAUSE_REASONS)}: choose one.")
    open_now = Pause.objects.filter(organization_id=organization_id, recovery_id=recovery_id, to_at=None)
    if open_now.exists():
        raise UnableToChangeRecovery("The clocks are paused already: let them run first.")
    pause = Pause.objects.create(
        organization_id=organization_id,
        recovery_id=recovery_id,
        reason=reason,
        note=fitting(note, most=300),
        from_at=now,
        by_id=by,
    )
    _record_pause(
        organization_id=organization_id,
        recovery_id=recovery_id,
        action="paused",
        now=now,
        by=by,
        data={"reason": reason, "from_at": now.isoformat()},
    )
    clocks_reckon(organization_id=organization_id, recovery_id=recovery_id, now=now, by=by)
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    return pause.id


def pause_end(
    *, organization_id: int, recovery_id: int, by: int | None, now: datetime, version: int | None = None
) -> None:
    """Let a recovery's clocks run again; the time of the pause does not count, and time used stays used.

    Raises UnableToChangeRecovery if nothing is paused.
    """
    recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if not pauses_end(organization_id=organization_id, recovery_ids=[recovery_id], by=by, now=now):
        raise UnableToChangeRecovery("The clocks are running already.")
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)


def pauses_end(
    *, organization_id: int, recovery_ids: Sequence[int], by: int | None, now: datetime, reason: str = ""
) -> int:
    """This function will end the open pauses of recoveries, of one `reason` or of any; return how many ended."""
    rows = Pause.objects.filter(organization_id=organization_id, recovery_id__in=list(recovery_ids), to_at=None)
    ended = list((rows.filter(reason=reason) if reason else rows).order_by("recovery_id"))
    for pause in ended:
        data = {"reason": pause.reason, "from_at": pause.from_at.isoformat(), "to_at": now.isoformat()}
        if pause.from_at >= now:
            pause.delete()
        else:
            pause.to_at = now
            pause.save(update_fields=["to_at"])
        _record_pause(
            organization_id=organization_id, recovery_id=pause.recovery_id, action="resumed", now=now, by=by, data=data
        )
        clocks_reckon(organization_id=organization_id, recovery_id=pause.recovery_id, now=now, by=by)
    return len(ended)


def _record_pause(
    *, organization_id: int, recovery_id: int, action: str, now: datetime, by: int | None, data: dict[str, str]
) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event=f"recoveries:recovery:{action}",
                subject="recovery",
                subject_id=recovery_id,
                data=data,
                actor_id=by,
            )
        ],
    )
