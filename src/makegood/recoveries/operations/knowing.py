"""Knowing: a person says that they know of a clock that ran out, and it is told no more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.store.preparing import prepared

KNOWN = """
WITH late AS (
    SELECT id FROM recoveries_recoveryclock WHERE organization_id = %s AND recovery_id = ANY(%s) AND state = 'missed'
    AND met_at IS NULL AND acknowledged_by_id IS NULL AND (%s = '' OR target = %s)
    ORDER BY recovery_id, target FOR UPDATE)
UPDATE recoveries_recoveryclock c SET next_at = NULL, acknowledged_by_id = %s FROM late
WHERE c.organization_id = %s AND c.id = late.id RETURNING c.recovery_id, c.target
"""


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
    with prepared() as cursor:
        cursor.execute(KNOWN, [organization_id, list(recovery_ids), target, target, by, organization_id])
        rows = sorted(cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:acknowledged",
                subject="recovery",
                subject_id=recovery_id,
                data={"target": known},
                actor_id=by,
            )
            for recovery_id, known in rows
        ],
    )
    return len(rows)
