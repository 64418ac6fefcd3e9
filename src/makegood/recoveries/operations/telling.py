"""Telling staff: one note a member for a batch, as an effect; nothing is told twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

import attrs

from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.staff import notices_write
from makegood.recoveries.models import TEST, Recovery
from makegood.store.reading import read


@attrs.frozen(kw_only=True, slots=True)
class StaffNote:
    """What one member is told of one recovery: `what` is a code, such as warning.fix, breach.fix or reply.

    `above` says that they stand above who is to do it: what is late was escalated to them. `approval_id` is what they
    are asked to say yes to, or were answered.
    """

    member_id: int
    recovery_id: int
    what: str
    at: datetime
    due_at: datetime | None = None
    turn: int = 0
    above: bool = False
    approval_id: int | None = None


def staff_tell(*, organization_id: int, notes: Sequence[StaffNote]) -> None:
    """Tell each member, in one notice, all that they are told in this batch; the mail of it leaves by the outbox.

    The notice is there at once, whatever becomes of the mail and though sending be stopped. Of a test nobody is told
    but who walks it.

    The payload is ``{"member", "notes": [{"recovery", "number", "what", "due_at", "at", "turn", "above"}]}``, ids
    and codes only.
    """
    if not notes:
        return
    told = {note.recovery_id for note in notes}
    columns = ("id", "number", "owner_id", "happening_key")
    rows = read(Recovery, *columns, organization_id=organization_id, id=told)
    numbers = {recovery_id: number for recovery_id, number, _, _ in rows}
    walked = {recovery_id: owner_id for recovery_id, _, owner_id, key in rows if key.startswith(TEST)}
    heard = [note for note in notes if walked.get(note.recovery_id, note.member_id) == note.member_id]
    wanted = _wanted(heard, numbers)
    effects_add(organization_id=organization_id, wanted=wanted)
    notices_write(
        organization_id=organization_id, told=[(one.idempotency_key, one.payload, one.run_at) for one in wanted]
    )


def owners_tell(*, organization_id: int, notes: Sequence[StaffNote], numbers: Mapping[int, int]) -> None:
    """Tell owners in the same way what opens as theirs, with the `numbers` by id; their *Today* is all its notice."""
    effects_add(organization_id=organization_id, wanted=_wanted(notes, numbers))


def _wanted(notes: Sequence[StaffNote], numbers: Mapping[int, int]) -> list[Wanted]:
    """One effect a member, of all that they are told."""
    by_member: dict[int, list[StaffNote]] = {}
    for note in notes:
        by_member.setdefault(note.member_id, []).append(note)
    wanted = []
    for member_id, mine in sorted(by_member.items()):
        mine.sort(key=lambda note: (note.at, note.recovery_id, note.what))
        digest = blake2b(digest_size=16)
        for note in mine:
            digest.update(f"{note.recovery_id}:{note.what}:{note.turn}:{note.at.isoformat()};".encode())
            if note.approval_id:
                digest.update(f"approval:{note.approval_id};".encode())
        wanted.append(
            Wanted(
                kind="staff",
                idempotency_key=f"staff:{member_id}:{digest.hexdigest()}",
                subject="member",
                subject_id=member_id,
                run_at=mine[-1].at,
                payload={
                    "member": member_id,
                    "notes": [
                        {
                            "recovery": note.recovery_id,
                            "number": numbers[note.recovery_id],
                            "what": note.what,
                            "due_at": note.due_at.isoformat() if note.due_at else None,
                            "at": note.at.isoformat(),
                            "turn": note.turn,
                            "above": note.above,
                            **({"approval": note.approval_id} if note.approval_id else {}),
                        }
                        for note in mine
                    ],
                },
            )
        )
    return wanted
