"""Knowing: a person says that they know of a clock that ran out, and it is told no more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.recoveries.models import RecoveryClock
from makegood.recoveries.operations.changing import UnableToChangeRecovery


def clock_acknowledge(*, organization_id: int, recovery_id: int, target: str, by: int, now: datetime) -> None:
    """Note that a person knows of a missed clock: it is told no more.

    Raises UnableToChangeRecovery if that clock was not missed, was met since, or somebody knows already.
    """
    known = clocks_acknowledge(
        organization_id=organization_id, recovery_ids=[recovery_id], by=by, now=now, target=target
    )
    if not known:
        raise UnableToChangeRecovery("There is nothing to acknowledge here: this clock is not late, or somebody knows.")


def clocks_acknowledge(
    *, organization_id: int, recovery_ids: Collection[int], by: int, now: datetime, target: str = ""
) -> int:
    """Note that a person knows of every missed clock of these recoveries, or of one target; return how many."""
    late = (
        RecoveryClock.objects.select_for_update()
        .filter(
            organization_id=organization_id,
            recovery_id__in=list(recovery_ids),
            state="missed",
            met_at=None,
            acknowledged_by_id=None,
        )
        .order_by("recovery_id", "target")
    )
    rows = list(late.filter(target=target) if target else late)
    RecoveryClock.objects.filter(organization_id=organization_id, id__in=[row.id for row in rows]).update(
        next_at=None, acknowledged_by_id=by
    )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:acknowledged",
                subject="recovery",
                subject_id=row.recovery_id,
                data={"target": row.target},
                actor_id=by,
            )
            for row in rows
        ],
    )
    return len(rows)
