"""What the ticker does with promises: break those that are due."""

from __future__ import annotations

from django.db import connection

from makegood.journal.operations import Happened, record
from makegood.store.clocks import moment as store_moment

BATCH = 1000


def promises_break(*, organization_id: int, limit: int = BATCH) -> int:
    """Break this organization's promises that are past due, oldest first; return how many.

    Rows that another ticker holds are left to it. A promise that fell due breaks at its due time.
    """
    moment = store_moment(organization_id=organization_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH due AS ("
            "  SELECT id FROM promises_promise WHERE organization_id = %s AND state = 'open' AND due_at < %s"
            "  ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)"
            " UPDATE promises_promise p SET state = 'broken', settled_at = p.due_at FROM due"
            " WHERE p.organization_id = %s AND p.id = due.id RETURNING p.id, p.due_at",
            [organization_id, moment.now, limit, organization_id],
        )
        broken = sorted(cursor.fetchall(), key=lambda row: (row[1], row[0]))
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=moment.at(due_at),
                event="promises:promise:broken",
                subject="promise",
                subject_id=promise_id,
                data={"due_at": due_at.isoformat()},
            )
            for promise_id, due_at in broken
        ],
    )
    return len(broken)
