"""How far a recovery has come: a stamp that moves with everything journalled of it, and what moved it since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
from django.db import connection

PARTS = """
FROM recoveries_recovery r
CROSS JOIN LATERAL (
    SELECT 'recovery' AS subject, r.id AS subject_id
    UNION ALL SELECT 'message', m.id FROM conversations_message m
        WHERE m.organization_id = r.organization_id AND m.thread_id = r.thread_id
    UNION ALL SELECT 'failure', rf.failure_id FROM recoveries_recoveryfailure rf
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id
    UNION ALL SELECT 'makegood', m.id FROM recoveries_recoveryfailure rf
        JOIN makegoods_makegood m ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id
) AS part
JOIN journal_entry e ON e.organization_id = r.organization_id AND e.subject = part.subject
    AND e.subject_id = part.subject_id
WHERE r.organization_id = %(here)s AND r.id = %(recovery)s
"""
"""Everything journalled of one recovery: its own, what was said, failed and given. Asks for `here` and `recovery`."""


@attrs.frozen(kw_only=True)
class Stamp:
    """The last entry of a recovery's journal, and how many there are: entries may come out of order."""

    last: int
    count: int

    def __str__(self) -> str:
        return f"{self.last}.{self.count}"


@attrs.frozen(kw_only=True, slots=True)
class Since:
    """One thing that happened since a stamp, and who did it, if a member did."""

    at: datetime
    event: str
    by: int | None
    data: Mapping[str, Any]


def happened_since(*, organization_id: int, recovery_id: int, last: int, most: int = 20) -> tuple[Since, ...]:
    """This function will read what was journalled after an entry, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.at, e.event, e.actor_id, e.data::text {PARTS} AND e.id > %(last)s"
            " ORDER BY e.id DESC LIMIT %(most)s",
            {"here": organization_id, "recovery": recovery_id, "last": last, "most": most},
        )
        return tuple(
            Since(at=at, event=event, by=by, data=json.loads(data)) for at, event, by, data in cursor.fetchall()
        )
