"""Drafts that waited for longer than they promise: written anew by themselves, or their time by a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from makegood.journal.operations import Happened
from makegood.messages.models import Message
from makegood.messages.operations import UnableToSend, message_save
from makegood.messages.promising import (
    ANEW,
    Anew,
    DueDraft,
    drafts_due,
    drafts_leave,
    drafts_write_anew,
    promise_moved,
)
from makegood.messages.readdressing import planned_unsent
from makegood.organizations.models import Organization
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.pending import carried_until
from makegood.recoveries.saying import words_now
from makegood.rules.phrases import spoken
from makegood.store.clocks import moment as store_moment
from makegood.store.reading import read


def drafts_renew(*, organization_id: int, limit: int) -> int:
    """This function will write anew the drafts that nobody wrote in and that promise what is over; return how many.

    A stepped clock writes each at its own moment, after what was to leave by then has left. A draft whose recovery is
    not open stays as it is. Rows that another ticker holds are left to it.
    """
    moment = store_moment(organization_id=organization_id)
    until = carried_until(organization_id=organization_id, moment=moment, kinds=("message",))
    due = drafts_due(organization_id=organization_id, until=until, limit=limit)
    left = _written_anew(organization_id, due, {one.id: moment.at(one.at) for one in due})
    drafts_leave(organization_id=organization_id, message_ids=left)
    return len(due)


def drafts_hear_corrected(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Write anew, in their language, what waits unsent for customers whose language was corrected.

    What a person began or wrote in stays as it is. A handler of customers:customer:corrected.
    """
    at = {entry.subject_id: entry.at for entry in entries if "language" in entry.data["what"]}
    if at:
        now = max(at.values())
        unsent = planned_unsent(organization_id=organization_id, customer_ids=list(at), at=now)
        _written_anew(organization_id, unsent, {one.id: now for one in unsent})


def drafts_hear_owned(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let whoever owns a recovery now sign what its plan wrote and nobody wrote in; a handler of recoveries:...:owned.

    What a person began or wrote in stays as it is, and its page says whose name stands in it.
    """
    at = {entry.subject_id: entry.at for entry in entries}
    threads = read(Recovery, "thread_id", organization_id=organization_id, id=list(at), state="open")
    if threads:
        now = max(at.values())
        unsent = planned_unsent(organization_id=organization_id, thread_ids=[one for (one,) in threads], at=now)
        _written_anew(organization_id, unsent, {one.id: now for one in unsent})


def _written_anew(organization_id: int, due: Sequence[DueDraft], at: Mapping[int, datetime]) -> list[int]:
    """Write these anew, each at its moment; return those that are left as they are: their recovery is not open."""
    threads = {one.thread_id for one in due}
    recoveries: dict[int, int] = dict(
        read(Recovery, "thread_id", "id", organization_id=organization_id, thread_id=threads, state="open")
    )
    for kind in ANEW:
        mine = {recoveries[one.thread_id]: one for one in due if one.kind == kind and one.thread_id in recoveries}
        moments = {recovery_id: at[one.id] for recovery_id, one in mine.items()}
        worded = words_now(organization_id=organization_id, at=moments, kind=kind) if moments else {}
        anew = [
            Anew(
                draft=mine[recovery_id],
                at=moments[recovery_id],
                subject=one.subject,
                body=one.body,
                next_by_at=one.next_by_at,
            )
            for recovery_id, one in worded.items()
        ]
        if anew:
            drafts_write_anew(organization_id=organization_id, anew=anew)
    return [one.id for one in due if one.thread_id not in recoveries]


def promise_renew(
    *, organization_id: int, recovery_id: int, message_id: int, subject: str, body: str, by: int, now: datetime
) -> datetime:
    """This function will write a time that can be kept for one that is over, in a draft as a member left it; return it.

    Raises UnableToSend if it is no draft any more, or if it does not promise such a time.
    """
    row = Message.objects.select_related("customer").filter(organization_id=organization_id, id=message_id).first()
    if row is None or row.next_by_at is None:
        raise UnableToSend("This message was sent, stopped or changed meanwhile: reload to see.")
    zone, house = Organization.objects.values_list("zone", "language").get(id=organization_id)
    kind = "acknowledgement" if row.kind == "acknowledgement" else "apology"
    to = words_now(organization_id=organization_id, at={recovery_id: now}, kind=kind)[recovery_id].next_by_at
    anew = promise_moved(
        at=row.next_by_at,
        to=to,
        body=body,
        zone=zone,
        language=spoken(row.customer.language if row.customer else "", house),
    )
    if anew == body:
        raise UnableToSend("That time does not stand in it any more: look at it again, then send it.")
    message_save(
        organization_id=organization_id,
        message_id=message_id,
        by=by,
        now=now,
        subject=subject,
        body=anew,
        next_by_at=to,
    )
    return to
