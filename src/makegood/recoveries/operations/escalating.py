"""Clocks that run out: the owner is warned before, a manager told at the breach and again until somebody knows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import attrs

from makegood.core.plans import HIGHEST_TIER, raised
from makegood.journal.operations import Happened, record
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.operations.owning import Staff
from makegood.recoveries.operations.pending import carried_until
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.rules.playbooks import Playbook
from makegood.store.bulk import record_set
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared

COLUMNS = {
    "id": "bigint", "state": "text", "next_at": "timestamptz", "breached_at": "timestamptz", "escalations": "smallint",
}  # fmt: skip

DUE = """
SELECT c.id, c.target, c.state, c.due_at, c.next_at, c.breached_at, c.escalations,
    r.id, r.owner_id, r.owner_tier, r.place_id, r.team_id, r.playbook_id
FROM recoveries_recoveryclock c
JOIN recoveries_recovery r ON r.organization_id = c.organization_id AND r.id = c.recovery_id
WHERE c.organization_id = %s AND c.next_at <= %s
ORDER BY c.next_at, c.id LIMIT %s FOR UPDATE OF c, r SKIP LOCKED
"""


class DueClock(NamedTuple):
    """A clock that came due, with what is asked of its recovery."""

    id: int
    target: str
    state: str
    due_at: datetime | None
    next_at: datetime
    breached_at: datetime | None
    escalations: int
    recovery_id: int
    owner_id: int
    owner_tier: int
    place_id: int | None
    team_id: int | None
    playbook_id: int


@attrs.frozen(kw_only=True, slots=True)
class Told:
    """What becomes of one clock that came due: its new state, when to look again, and who is told."""

    clock: DueClock
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

    Each row is handled once: at its warning, at its breach, and at each repeat, as the playbook says, until a person
    acknowledges it. The owner is told with the next one up: a manager at the breach, an admin from then on. A stepped
    clock handles each at its own moment, after what was to leave by then has left, since that may meet it. Rows that
    another ticker holds are left to it.
    """
    moment = store_moment(organization_id=organization_id)
    until = carried_until(organization_id=organization_id, moment=moment, kinds=("message", "payout"))
    with prepared() as cursor:
        cursor.execute(DUE, [organization_id, until, limit])
        rows = [DueClock(*row) for row in cursor.fetchall()]
    if not rows:
        return 0
    told = [_judge(organization_id, row, moment.at(row.next_at)) for row in rows]
    _write(organization_id, told)
    _tell(organization_id, told)
    return len(rows)


def _judge(organization_id: int, clock: DueClock, at: datetime) -> Told:
    playbook = playbook_frozen(organization_id=organization_id, version_id=clock.playbook_id)
    if clock.state == "running" and clock.due_at is not None and at < clock.due_at:
        return Told(clock=clock, level="warning", at=at, next_at=clock.due_at, breached_at=None, escalations=0)
    turn = clock.escalations + 1
    return Told(
        clock=clock,
        level="breach" if turn == 1 else "repeat",
        at=at,
        next_at=_again(playbook, turn, at),
        breached_at=clock.breached_at or at,
        escalations=turn,
    )


def _again(playbook: Playbook, turn: int, at: datetime) -> datetime | None:
    """The next repeat: at the playbook's pace for so many turns, then at its slower one until somebody acknowledges."""
    minutes = playbook.repeat_minutes if turn <= playbook.repeats else playbook.then_minutes
    return at + timedelta(minutes=minutes) if minutes else None


def _write(organization_id: int, told: list[Told]) -> None:
    rows = [(one.clock.id, one.state, one.next_at, one.breached_at, one.escalations) for one in told]
    from_, parameter = record_set("u", COLUMNS, rows)
    broken = [one for one in told if one.level == "breach"]
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_recoveryclock c SET state = u.state, next_at = u.next_at, breached_at = u.breached_at,"
            f" escalations = u.escalations FROM {from_} WHERE c.organization_id = %s AND c.id = u.id",
            [parameter, organization_id],
        )
        if broken:
            steps = [(one.clock.recovery_id, one.clock.target) for one in broken]
            from_, parameter = record_set("u", {"recovery": "bigint", "step": "text"}, steps)
            cursor.execute(
                f"UPDATE recoveries_step s SET state = 'overdue' FROM {from_}"
                " WHERE s.organization_id = %s AND s.recovery_id = u.recovery AND s.step = u.step AND s.state = 'todo'",
                [parameter, organization_id],
            )


def _tell(organization_id: int, told: list[Told]) -> None:
    staff = Staff(organization_id=organization_id)
    above: dict[tuple[int, int, int | None], int] = {}
    entries: list[Happened] = []
    notes: list[StaffNote] = []
    for one in told:
        recovery = one.clock
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
                subject_id=recovery.recovery_id,
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
                recovery_id=recovery.recovery_id,
                what=f"{one.level}.{one.clock.target}",
                at=one.at,
                due_at=one.clock.due_at,
                turn=one.escalations,
                above=member_id != recovery.owner_id,
            )
            for member_id in dict.fromkeys((recovery.owner_id, manager))
        )
    record(organization_id=organization_id, entries=entries)
    staff_tell(organization_id=organization_id, notes=notes)
