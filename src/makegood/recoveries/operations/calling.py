"""A call: the customer was spoken to by phone, which answers what they wrote as well as a message does."""

from __future__ import annotations

from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.messages.operations import note_add
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.clocks import Met, clocks_meet
from makegood.recoveries.operations.silence import silence_broken
from makegood.recoveries.operations.stepping import Mark, steps_mark

MEETS = ("acknowledge", "respond")
LEAD = "By phone: "


def called(
    *, organization_id: int, recovery_id: int, note: str, by: int, now: datetime, version: int | None = None
) -> int:
    """This function will record that a member spoke with the customer, and what was said; return the note's id.

    It answers what the customer wrote or how they rated: the clocks to acknowledge and to respond are met, and the
    step to respond is done. Raises UnableToChangeRecovery without a note, or if it is to be decided first, is closed or
    was changed meanwhile.
    """
    if not note.strip():
        raise UnableToChangeRecovery("Say in a few words what was said.")
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if recovery.review:
        raise UnableToChangeRecovery("Decide first whether the customer is to be contacted.")
    note_id = note_add(
        organization_id=organization_id, thread_id=recovery.thread_id, by=by, body=f"{LEAD}{note.strip()}", now=now
    )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:called",
                subject="recovery",
                subject_id=recovery_id,
                data={"message": note_id},
                actor_id=by,
            )
        ],
    )
    clocks_meet(
        organization_id=organization_id,
        met=[Met(recovery_id=recovery_id, target=target, at=now) for target in MEETS],
    )
    silence_broken(organization_id=organization_id, words={recovery_id: now})
    steps_mark(
        organization_id=organization_id,
        marks=[Mark(recovery_id=recovery_id, step="respond", at=now, by=by, note="By phone")],
    )
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    return note_id
