"""What becomes of an asking for a yes: ended, journalled, and told to whom it concerns."""

from __future__ import annotations

from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.operations.telling import StaffNote, staff_tell


def asking_end(row: Approval, state: str, *, by: int | None, now: datetime) -> None:
    """This function will end a locked asking in a state; an approved one names its make-good already."""
    row.state, row.decided_by_id, row.decided_at, row.next_at = state, by, now, None
    row.save(update_fields=["state", "decided_by", "decided_at", "next_at", "makegood"])
    asking_journal(row, state, by=by, now=now, data={"makegood": row.makegood_id})


def askings_over(*, organization_id: int, recovery_id: int, remedy: str, by: int, now: datetime) -> None:
    """This function will end what waits for a yes to an extra of a locked recovery: it was offered without one."""
    waiting = Approval.objects.select_for_update().filter(
        organization_id=organization_id, recovery_id=recovery_id, remedy=remedy, state="waiting"
    )
    for row in waiting:
        asking_end(row, "over", by=by, now=now)


def asking_journal(row: Approval, action: str, *, by: int | None, now: datetime, data: dict[str, object]) -> None:
    """This function will journal what happened to an asking; `data` is beside what it asks for."""
    more = {"recovery": row.recovery_id, "remedy": row.remedy, "minor": row.cost_minor, "currency": row.currency}
    entry = Happened(
        at=now,
        event=f"recoveries:approval:{action}",
        subject="approval",
        subject_id=row.id,
        actor_id=by,
        data={**more, **data},
    )
    record(organization_id=row.organization_id, entries=[entry])


def asking_tell(row: Approval, member_id: int, what: str, at: datetime, *, turn: int = 0) -> None:
    """This function will tell a member that they are asked for a yes, or were answered."""
    note = StaffNote(member_id=member_id, recovery_id=row.recovery_id, what=what, at=at, turn=turn, approval_id=row.id)
    staff_tell(organization_id=row.organization_id, notes=[note])
