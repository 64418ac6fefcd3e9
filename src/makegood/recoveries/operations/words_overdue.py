"""The word of staff that was not kept: somebody higher up is told, again and again, until a person knows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from makegood.core.plans import HIGHEST_TIER, raised
from makegood.journal.operations import Happened, record
from makegood.promises.models import Promise, StaffWord
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.owning import Staff
from makegood.recoveries.operations.pending import carried_until
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared
from makegood.store.reading import whole_rows, write_back

MOST_TOLD = 30_000
BEATS = timedelta(microseconds=1)


DUE = """
SELECT id FROM promises_staffword WHERE organization_id = %s AND next_at <= %s
ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""


def words_escalate(*, organization_id: int, limit: int = 1000) -> int:
    """Handle the given words whose time has come; return how many.

    One that was kept or released is looked at no more; one whose time was moved is looked at then. Of a broken one
    its promiser and the next person up are told, higher each time, as often as the playbook repeats a late clock,
    without an end: only a person's word, or the promise being kept, ends it. It raises the recovery once, by its
    failure, and never here. A stepped clock waits for what was to leave by then, since that may keep it.
    """
    moment = store_moment(organization_id=organization_id)
    until = carried_until(organization_id=organization_id, moment=moment, kinds=("message", "payout"))
    with prepared() as cursor:
        cursor.execute(DUE, [organization_id, until, limit])
        order = {row[0]: position for position, row in enumerate(cursor.fetchall())}
    here: dict[str, Any] = {"organization_id": organization_id}
    rows = sorted(whole_rows(StaffWord, **here, id=list(order)), key=lambda row: order[row.id])
    promises = {one.id: one for one in whole_rows(Promise, **here, id={row.promise_id for row in rows})}
    recoveries = {one.id: one for one in whole_rows(Recovery, **here, id={row.recovery_id for row in rows})}
    staff = Staff(organization_id=organization_id) if rows else None
    for row in rows:
        promise = promises[row.promise_id or 0]
        assert row.next_at is not None, "filtered above"
        if promise.state == "open" and promise.due_at >= row.next_at:
            row.next_at = promise.due_at + BEATS
        elif promise.state != "broken" or promise.fulfilled_at is not None:
            row.next_at = None
        elif staff is not None:
            _tell(organization_id, row, recoveries[row.recovery_id], staff, at=moment.at(row.next_at))
        write_back(row, ["next_at", "told"])
    return len(rows)


def _tell(organization_id: int, row: StaffWord, recovery: Recovery, staff: Staff, *, at: datetime) -> None:
    row.told = min(row.told + 1, MOST_TOLD)
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    row.next_at = at + timedelta(minutes=playbook.repeat_minutes)
    tier = raised(level=recovery.owner_tier, by=row.told, most=HIGHEST_TIER)
    above = staff.choose(
        key=f"staff word:{row.member_id}:{tier}",
        tier=tier,
        place_id=recovery.place_id,
        team_id=recovery.team_id,
        at=None,
        but=row.member_id,
    ).id
    entry = Happened(
        at=at,
        event="recoveries:recovery:word_overdue",
        subject="recovery",
        subject_id=row.recovery_id,
        data={"word": row.id, "promise": row.promise_id, "turn": row.told, "to": above, "member": row.member_id},
    )
    record(organization_id=organization_id, entries=[entry])
    what = "word_broken" if row.told == 1 else "word_waiting"
    notes = [
        StaffNote(
            member_id=one,
            recovery_id=row.recovery_id,
            what=what,
            at=at,
            due_at=row.due_at,
            turn=row.told,
            above=one != row.member_id,
        )
        for one in dict.fromkeys((row.member_id, above))
    ]
    staff_tell(organization_id=organization_id, notes=notes)
