"""The next word: no open recovery goes without word to its customer for longer than its playbook says.

The clock starts with the recovery, starts over with every word that leaves, and ends when the customer has been told
how it ended. Only a pause that waits for the customer stops it: while we wait for others, the customer is still told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from makegood.journal.operations import record
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery
from makegood.recoveries.next_words import UPDATE, capped, not_plain, silence_anew, silences
from makegood.recoveries.operations.clocks import clock_start, clocked
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

COLUMNS = {
    "id": "bigint", "at": "timestamptz", "minutes": "integer", "due_at": "timestamptz", "warn_at": "timestamptz",
    "promised_at": "timestamptz",
}  # fmt: skip


OVER = """
UPDATE recoveries_recoveryclock SET state = 'ended', next_at = NULL
WHERE organization_id = %s AND recovery_id = ANY(%s) AND target = 'update' AND state <> 'ended'
RETURNING recovery_id, due_at
"""


def silence_broken(
    *, organization_id: int, words: Mapping[int, datetime], promised: Mapping[int, datetime] | None = None
) -> None:
    """Start the clocks of the next word over, for recoveries whose customers were given word at these moments.

    Where that word promised the next one by a moment, `promised`, the clock is due no later.
    """
    by = promised or {}
    rows = [
        row
        for row in silences(organization_id=organization_id, recovery_ids=list(words), locked=True)
        if row.started_at < words[row.recovery_id] and capped(organization_id, row.playbook_id)
    ]
    if not rows:
        return
    odd = not_plain(organization_id, [row.recovery_id for row in rows])
    anew = [
        silence_anew(
            organization_id,
            row,
            words[row.recovery_id],
            plain=row.recovery_id not in odd,
            promised_at=by.get(row.recovery_id),
        )
        for row in rows
    ]
    from_, parameter = record_set("u", COLUMNS, anew)
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_recoveryclock c SET started_at = u.at, minutes = u.minutes, due_at = u.due_at,"
            " warn_at = u.warn_at, next_at = coalesce(u.warn_at, u.due_at), breached_at = NULL, escalations = 0,"
            " promised_at = u.promised_at, acknowledged_by_id = NULL,"
            " state = CASE WHEN u.due_at IS NULL THEN 'paused' ELSE 'running' END"
            f" FROM {from_} WHERE c.organization_id = %s AND c.id = u.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            clocked(
                recovery_id=row.recovery_id,
                target=UPDATE,
                due_at=due_at,
                state="running" if due_at else "paused",
                at=at,
            )
            for row, (_, at, _, due_at, _, _) in zip(rows, anew, strict=True)
        ],
    )


def silence_watched(*, organization_id: int, recovery: Recovery, at: datetime) -> None:
    """Start the clock of the next word again, after the word of how it ended was taken back."""
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    if UPDATE in playbook.targets:
        clock_start(organization_id=organization_id, recovery=recovery, target=UPDATE, at=at)


def silence_over(*, organization_id: int, told: Mapping[int, datetime]) -> None:
    """End the clocks of the next word: these customers were told how it ended, at these moments."""
    if not told:
        return
    with prepared() as cursor:
        cursor.execute(OVER, [organization_id, list(told)])
        rows = sorted(cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[
            clocked(recovery_id=recovery_id, target=UPDATE, due_at=due_at, state="ended", at=told[recovery_id])
            for recovery_id, due_at in rows
        ],
    )
