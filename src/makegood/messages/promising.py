"""What a message promises in its own words: by when its customer has the next word from us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.reasons import because
from makegood.journal.operations import Happened, record
from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.rules.phrases import by_moment, languages, spoken
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.reading import change

PAST = {
    **because("message.past_promise", "It promises our next word by a time that is over: write a new one.").as_dict(),
    "severity": "block",
}
"""The finding that a message would promise what cannot be kept any more."""
ANEW = ("acknowledgement", "apology")
"""The kinds that a plan writes and that promise the next word; one that nobody wrote in is written anew in time."""
DUE = """
SELECT m.id, m.thread_id, m.kind, m.anew_at FROM conversations_message m
WHERE m.organization_id = %s AND m.state = 'draft' AND m.anew_at <= %s
ORDER BY m.anew_at, m.id LIMIT %s FOR UPDATE SKIP LOCKED
"""
OTHERWISE = """
UPDATE conversations_message m SET anew_at = least(m.anew_at, %s) FROM customers_customer c
WHERE m.organization_id = %s AND m.state = 'draft' AND m.anew_at IS NOT NULL AND c.organization_id = m.organization_id
AND c.id = m.customer_id AND NOT (split_part(lower(replace(c.language, '_', '-')), '-', 1) = ANY(%s))
"""
"""What waits for customers who are written to in their organization's language."""
WRITE = """
UPDATE conversations_message m SET subject = u.subject, body = u.body, next_by_at = u.next_by_at, anew_at = u.next_by_at
FROM {rows} WHERE m.organization_id = %s AND m.id = u.id
"""


@attrs.frozen(kw_only=True, slots=True)
class DueDraft:
    """A draft that nobody wrote in, of which what it promises is over at `at`."""

    id: int
    thread_id: int
    kind: str
    at: datetime


@attrs.frozen(kw_only=True, slots=True)
class Anew:
    """What a draft says from `at` on, and by when it promises the next word."""

    draft: DueDraft
    at: datetime
    subject: str
    body: str
    next_by_at: datetime


def promise_stands(*, at: datetime, body: str, zone: str, language: str) -> bool:
    """This function will say whether a text still names the moment by which it promised the next word."""
    return by_moment(at, zone=zone, language=language) in " ".join(body.split())


def promise_moved(*, at: datetime, to: datetime, body: str, zone: str, language: str) -> str:
    """This function will write another moment into a text, in place of the one by which it promised the next word."""
    words = by_moment(at, zone=zone, language=language).split()
    return re.sub(r"\s+".join(map(re.escape, words)), by_moment(to, zone=zone, language=language), body)


def promises_past(*, organization_id: int, message: Message, now: datetime) -> bool:
    """This function will say whether a message, begun a while ago, promises word by a moment that is over."""
    if message.next_by_at is None or message.next_by_at > now:
        return False
    zone, house = Organization.objects.values_list("zone", "language").get(id=organization_id)
    theirs = message.customer.language if message.customer else ""
    return promise_stands(at=message.next_by_at, body=message.body, zone=zone, language=spoken(theirs, house))


def drafts_due(*, organization_id: int, until: datetime, limit: int) -> list[DueDraft]:
    """This function will lock the drafts that nobody wrote in and that promise what is over; the oldest first."""
    with prepared() as cursor:
        cursor.execute(DUE, [organization_id, until, limit])
        return [DueDraft(id=row[0], thread_id=row[1], kind=row[2], at=row[3]) for row in cursor.fetchall()]


def drafts_leave(*, organization_id: int, message_ids: Sequence[int]) -> None:
    """This function will let drafts be as they are: what they belong to is closed."""
    change(Message, {"anew_at": None}, organization_id=organization_id, id=list(message_ids))


def drafts_hear_spoken(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Have drafts that nobody wrote in written anew, where the organization's language is the one that counts.

    A handler of organizations:organization:spoken; the ticker writes them.
    """
    with prepared() as cursor:
        cursor.execute(OTHERWISE, [max(entry.at for entry in entries), organization_id, list(languages())])


def drafts_write_anew(*, organization_id: int, anew: Sequence[Anew]) -> None:
    """This function will give drafts their new words, and say so in the journal."""
    rows, parameter = record_set(
        "u",
        {"id": "bigint", "subject": "text", "body": "text", "next_by_at": "timestamptz"},
        [(one.draft.id, one.subject[:300], one.body, one.next_by_at) for one in anew],
    )
    with prepared() as cursor:
        cursor.execute(WRITE.format(rows=rows), [parameter, organization_id])
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=one.at,
                event="messages:message:renewed",
                subject="message",
                subject_id=one.draft.id,
                data={"thread": one.draft.thread_id, "kind": one.draft.kind},
            )
            for one in anew
        ],
    )
