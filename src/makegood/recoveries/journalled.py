"""The whole journal of a recovery: its own entries, and those of what was said to its customer and given to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from makegood.core.cares import Journalled, cares_of
from makegood.journal.operations import Happened
from makegood.recoveries.models import CaresRecord
from makegood.store.bulk import insert, record_set
from makegood.store.preparing import prepared

WHOLE = """
SELECT u.id, e.at, e.event, e.subject_id, e.actor_id, e.data::text
FROM {wanted} JOIN recoveries_recovery r ON r.organization_id = %s AND r.id = u.id
CROSS JOIN LATERAL (
    SELECT 'recovery' AS subject, r.id AS subject_id
    UNION ALL SELECT 'message', m.id FROM conversations_message m
        WHERE m.organization_id = r.organization_id AND m.thread_id = r.thread_id AND m.direction = 'out'
    UNION ALL SELECT 'makegood', m.id FROM recoveries_recoveryfailure rf
        JOIN makegoods_makegood m ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id
) AS part
JOIN journal_entry e ON e.organization_id = r.organization_id AND e.subject = part.subject
    AND e.subject_id = part.subject_id
ORDER BY u.id, e.at, e.id
"""


def journals(*, organization_id: int, recovery_ids: Collection[int]) -> dict[int, list[Journalled]]:
    """This function will read the whole journals of recoveries, the oldest entries first, by recovery."""
    found: dict[int, list[Journalled]] = {one: [] for one in recovery_ids}
    if not found:
        return found
    wanted, parameter = record_set("u", {"id": "bigint"}, [(one,) for one in sorted(found)])
    with prepared() as cursor:
        cursor.execute(WHOLE.format(wanted=wanted), [parameter, organization_id])
        for recovery_id, at, event, subject_id, actor_id, data in cursor.fetchall():
            found[recovery_id].append(
                Journalled(at=at, event=event, subject_id=subject_id, actor_id=actor_id, data=json.loads(data))
            )
    return found


def cares_keep(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Keep what the record shows of CARES when recoveries close (handler of recoveries:recovery:closed)."""
    closed_at = {entry.subject_id: entry.at for entry in entries}
    told = journals(organization_id=organization_id, recovery_ids=closed_at)
    insert(
        CaresRecord,
        ("organization_id", "recovery_id", "at", "kept"),
        [
            (
                organization_id,
                recovery_id,
                closed_at[recovery_id],
                {one.name: [one.kept, one.known] for one in cares_of(entries=lines)},
            )
            for recovery_id, lines in told.items()
        ],
        on_conflict="ON CONFLICT (organization_id, recovery_id) DO UPDATE SET at = excluded.at, kept = excluded.kept",
    )
