"""A customer's reply: a thanks changes nothing, anything else reaches the owner with a clock (invariant 9)."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.core.replies import read_reply
from makegood.journal.operations import Happened, record
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.recoveries.inputs import STOPS_UPDATES
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.clocks import clock_start
from makegood.recoveries.operations.closing import reopened_or_open
from makegood.recoveries.operations.ending import outcome_call_back
from makegood.recoveries.operations.pausing import pauses_end
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.reading import GIVEN, read, whole_rows

WRITTEN = (None, "person")
"""What a person wrote; automatic answers, bounces and lists are no reply."""


def replies_received(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Read replies and bring those that need an answer to the owner; a handler of `messages:message:received`.

    A thanks neither reopens nor cancels anything. Any other reply reopens what was closed, calls back a word of how
    it ended that has not left, ends a pause that waited for the customer, starts the clock to respond and tells the
    owner. What was withdrawn stays so, and its owner is told.
    """
    replies = [
        entry
        for entry in entries
        if entry.data.get("kind") == "reply" and entry.data.get("thread") and entry.data.get("mail") in WRITTEN
    ]
    here = {"organization_id": organization_id}
    bodies = dict(read(Message, "id", "body", **here, id=[entry.subject_id for entry in replies]))
    for entry in replies:
        for recovery in whole_rows(Recovery, locking=True, **here, thread_id=entry.data["thread"]):
            text = bodies[entry.subject_id]
            reply_hear(organization_id=organization_id, recovery=recovery, entry=entry, text=text)


def reply_hear(*, organization_id: int, recovery: Recovery, entry: Happened, text: str) -> None:
    """Bring one reply, of which `entry` tells, to its recovery, which is locked; a thanks starts nothing."""
    reading = read_reply(text=text, names=_known_to_them(organization_id, recovery))
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=entry.at,
                event="recoveries:recovery:replied",
                subject="recovery",
                subject_id=recovery.id,
                data={"kind": reading.kind, "message": entry.subject_id},
            )
        ],
    )
    if not reading.reaches_owner:
        return
    if recovery.state == "closed":
        recovery = reopened_or_open(organization_id=organization_id, recovery=recovery, why="reply", at=entry.at)
    due_at = None
    if recovery.state == "open":
        outcome_call_back(organization_id=organization_id, recovery=recovery, by=None, now=entry.at)
        pauses_end(
            organization_id=organization_id, recovery_ids=[recovery.id], by=None, now=entry.at, reason=STOPS_UPDATES
        )
        due_at = clock_start(organization_id=organization_id, recovery=recovery, target="respond", at=entry.at)
    ((owner_id,),) = read(Recovery, "owner_id", organization_id=organization_id, id=recovery.id)
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(
                member_id=owner_id, recovery_id=recovery.id, what=f"reply.{reading.kind}", at=entry.at, due_at=due_at
            )
        ],
    )


def _known_to_them(organization_id: int, recovery: Recovery) -> list[str]:
    """The names of the owner and of all who wrote to this customer about it."""
    here = {"organization_id": organization_id}
    wrote = {one for (one,) in read(Message, "author_id", **here, thread_id=recovery.thread_id, author_id=GIVEN)}
    return sorted(name for (name,) in read(Member, "name", **here, id={recovery.owner_id, *wrote}))
