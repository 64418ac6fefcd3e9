"""Clocks that run out: the owner is warned before, a manager told at the breach and again until somebody knows."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
from django.db import connection

from makegood.core.plans import HIGHEST_TIER, raised
from makegood.journal.operations import Happened, record
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import RecoveryClock
from makegood.recoveries.operations.owning import Staff
from makegood.recoveries.operations.pending import carried_until
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.bulk import record_set
from makegood.store.clocks import moment as store_moment

COLUMNS = {
    "id": "bigint", "state": "text", "next_at": "timestamptz", "breached_at": "timestamptz", "escalations": "smallint",
}  # fmt: skip


@attrs.frozen(kw_only=True, slots=True)
class Told:
    """What becomes of one clock that came due: its new state, when to look again, and who is told."""

    clock: RecoveryClock
    level: str
    at: datetime
    next_at: datetime | None
    breached_at: datetime | None
    escalations: int

    @property
    def state(self) -> str:
        """Running until the breach."""
        return "running" if self.level == "warning" else "missed"


def clocks_escalate(*, organization_id: int, limit: int) -> int:
    """Handle clocks that came due, in one batch; return how many.

    Each row is handled once: at its warning, at its breach, and at each repeat up to the playbook's most. A stepped
    clock handles each at its own moment, after what was to leave by then has left, since that may meet it. Rows that
    another ticker holds are left to it.
    """
    moment = store_moment(organization_id=organization_id)
    until = carried_until(organization_id=organization_id, moment=moment, kinds=("message", "payout"))
    rows = list(
        RecoveryClock.objects.select_for_update(skip_locked=True, of=("self", "recovery"))
        .select_related("recovery")
        .filter(organization_id=organization_id, next_at__lte=until)
        .order_by("next_at", "id")[:limit]
    )
    if not rows:
        return 0
    told = [_judge(organization_id, row, moment.at(row.next_at)) for row in rows if row.next_at is not None]
    _write(organization_id, told)
    _tell(organization_id, told)
    return len(rows)


def _judge(organization_id: int, clock: RecoveryClock, at: datetime) -> Told:
    playbook = playbook_frozen(organization_id=organization_id, version_id=clock.recovery.playbook_id)
    again = timedelta(minutes=playbook.repeat_minutes)
    if clock.state == "running" and clock.due_at is not None and at < clock.due_at:
        return Told(clock=clock, level="warning", at=at, next_at=clock.due_at, breached_at=None, escalations=0)
    turn = clock.escalations + 1
    return Told(
        clock=clock,
        level="breach" if turn == 1 else "repeat",
        at=at,
        next_at=at + again if turn <= playbook.repeats else None,
        breached_at=clock.breached_at or at,
        escalations=turn,
    )


def _write(organization_id: int, told: list[Told]) -> None:
    rows = [(one.clock.id, one.state, one.next_at, one.breached_at, one.escalations) for one in told]
    from_, parameter = record_set("u", COLUMNS, rows)
    broken = [one for one in told if one.level == "breach"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recoveries_recoveryclock c SET state = u.state, next_at = u.next_at, breached_at = u.breached_at,"
            f" escalations = u.escalations FROM {from_} WHERE c.organization_id = %s AND c.id = u.id",
            [parameter, organization_id],
        )
        if broken:
            cursor.execute(
                "UPDATE recoveries_step s SET state = 'overdue'"
                " FROM unnest(%s::bigint[], %s::text[]) AS u(recovery, step)"
                " WHERE s.organization_id = %s AND s.recovery_id = u.recovery AND s.step = u.step AND s.state = 'todo'",
                [[one.clock.recovery_id for one in broken], [one.clock.target for one in broken], organization_id],
            )


def _tell(organization_id: int, told: list[Told]) -> None:
    staff = Staff(organization_id=organization_id)
    above: dict[tuple[int, int, int | None], int] = {}
    entries: list[Happened] = []
    notes: list[StaffNote] = []
    for one in told:
        recovery = one.clock.recovery
        tier = raised(level=recovery.owner_tier, by=max(one.escalations, 1), most=HIGHEST_TIER)
        key = (recovery.owner_id, tier, recovery.place_id)
        if key not in above:
            above[key] = staff.choose(
                key=f"escalation:{recovery.owner_id}:{tier}",
                tier=tier,
                place_id=recovery.place_id,
                team_id=recovery.team_id,
                at=None,
                but=recovery.owner_id,
            ).id
        manager = above[key]
        entries.append(
            Happened(
                at=one.at,
                event="recoveries:recovery:escalated",
                subject="recovery",
                subject_id=recovery.id,
                data={
                    "target": one.clock.target,
                    "level": one.level,
                    "turn": one.escalations,
                    "to": manager,
                    "due_at": one.clock.due_at.isoformat() if one.clock.due_at else None,
                    "state": one.state,
                },
            )
        )
        notes.extend(
            StaffNote(
                member_id=member_id,
                recovery_id=recovery.id,
                what=f"{one.level}.{one.clock.target}",
                at=one.at,
                due_at=one.clock.due_at,
                turn=one.escalations,
            )
            for member_id in dict.fromkeys((recovery.owner_id, manager))
        )
    record(organization_id=organization_id, entries=entries)
    staff_tell(organization_id=organization_id, notes=notes)
