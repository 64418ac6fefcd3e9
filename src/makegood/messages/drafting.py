"""A draft that a machine wrote: who asked it, what stood there before, and that a person reads it before it leaves."""

from __future__ import annotations

from datetime import datetime

from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.messages.machine import UnableToDraft
from makegood.messages.models import Message
from makegood.messages.promising import ANEW
from makegood.store.reading import locked

GONE = "This message was sent, stopped or changed meanwhile: your words stand here, and nothing was put in their place."


def words_ask(*, organization_id: int, message_id: int, by: int, host: str, model: str, now: datetime) -> str:
    """This function will journal that a member asks a machine for the words of a draft; return those that stand there.

    Only what waits for a person's click can be asked for: what goes by itself is no draft. Raises UnableToDraft.
    """
    row = _draft(organization_id, message_id)
    _record(organization_id, row, "machine_asked", by, now, host=host, model=model)
    return row.body


def words_fill(
    *,
    organization_id: int,
    message_id: int,
    by: int,
    host: str,
    model: str,
    body: str,
    was: str,
    typed: str,
    now: datetime,
) -> None:
    """This function will put a machine's words into the draft, unread, and keep what was `typed` there before.

    `was` are the words as they stood when it was asked; where other ones were typed, a person has written in the draft.
    Raises UnableToDraft where somebody changed them meanwhile.
    """
    row = _draft(organization_id, message_id)
    if row.body != was:
        raise UnableToDraft(GONE)
    wrote = typed.split() != row.body.split()
    if wrote or not row.machine or row.machine_read:
        row.words_before = typed
    row.body, row.anew_at = body, None
    row.machine, row.machine_read = f"{model} at {host}"[:400], False
    row.save(update_fields=["body", "words_before", "anew_at", "machine", "machine_read"])
    if wrote:
        _record(organization_id, row, "revised", by, now)
    _record(organization_id, row, "machine_wrote", by, now, host=host, model=model)


def words_put_back(*, organization_id: int, message_id: int, by: int, now: datetime) -> None:
    """This function will take a machine's unread words away and put those back that stood there before.

    Where those are the plan's and nobody wrote in them, they are written anew in time as before. Raises UnableToDraft
    where there are none to put back.
    """
    row = _draft(organization_id, message_id)
    if not row.machine or row.machine_read:
        raise UnableToDraft(GONE)
    row.body, row.words_before, row.machine = row.words_before, "", ""
    row.anew_at = row.next_by_at if _as_planned(organization_id, row) else None
    row.save(update_fields=["body", "words_before", "machine", "anew_at"])
    _record(organization_id, row, "machine_undone", by, now)


def words_read(*, row: Message, body: str, said: bool) -> None:
    """This function will note on a row, not saved here, that a person read a machine's words or changed them.

    What differs in spaces alone was not changed. `row.body` is still what the machine wrote.
    """
    if row.machine and not row.machine_read and (said or row.body.split() != body.split()):
        row.machine_read, row.words_before = True, ""


def _as_planned(organization_id: int, row: Message) -> bool:
    """Whether a plan wrote this draft, to be written anew in time, and nobody has written in it."""
    if row.author_id is not None or row.kind not in ANEW:
        return False
    return not Entry.objects.filter(
        organization_id=organization_id, subject="message", subject_id=row.id, event="messages:message:revised"
    ).exists()


def _draft(organization_id: int, message_id: int) -> Message:
    row = locked(Message, organization_id=organization_id, row_id=message_id)
    if row is None or row.state != "draft" or row.direction != "out":
        raise UnableToDraft(GONE)
    return row


def _record(organization_id: int, row: Message, action: str, by: int, now: datetime, **data: str) -> None:
    happened = Happened(
        at=now,
        event=f"messages:message:{action}",
        subject="message",
        subject_id=row.id,
        actor_id=by,
        data={"thread": row.thread_id, "kind": row.kind, **data},
    )
    record(organization_id=organization_id, entries=[happened])
