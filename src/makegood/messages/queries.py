"""Reads of messages: plain frozen data for recoveries and faces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from makegood.journal.models import Effect, Entry
from makegood.messages.models import Message, Thread
from makegood.store.reading import NULL, counted, read

BY_MACHINES = Q(direction="in", channel="inside")
"""What mail systems wrote of our mails."""


@attrs.frozen(kw_only=True)
class MessageRow:
    """One message as faces show it. `leaves_at` is when a queued one goes, `held_for` the incident that holds it.

    `trouble` is what went wrong with a failed one or one of unknown outcome.
    """

    id: int
    thread_id: int | None
    customer_id: int | None
    member_id: int | None
    direction: str
    channel: str
    kind: str
    step: str
    state: str
    address: str
    subject: str
    body: str
    findings: tuple[dict[str, Any], ...]
    override_reason: str
    apology_key: str
    author_id: int | None
    created_at: datetime
    sent_at: datetime | None
    leaves_at: datetime | None
    held_for: int | None
    trouble: str
    read_at: datetime | None = None


def message_kind(*, organization_id: int, message_id: int) -> str:
    """This function will say what kind of message a draft is; "" where there is no such draft."""
    drafts = Message.objects.filter(organization_id=organization_id, id=message_id, state="draft")
    return drafts.values_list("kind", flat=True).first() or ""


def _rows(found: QuerySet[Message]) -> list[MessageRow]:
    effects = Effect.objects.filter(
        organization_id=OuterRef("organization_id"), subject="message", subject_id=OuterRef("id")
    ).order_by("-id")
    rows = found.annotate(
        leaves_at=Subquery(effects.values("run_at")[:1]),
        held=Subquery(effects.values("held_for")[:1]),
        outcome=Subquery(effects.values("outcome")[:1]),
    )
    return [
        MessageRow(
            id=row.id,
            thread_id=row.thread_id,
            customer_id=row.customer_id,
            member_id=row.member_id,
            direction=row.direction,
            channel=row.channel,
            kind=row.kind,
            step=row.step,
            state=row.state,
            address=row.address,
            subject=row.subject,
            body=row.body,
            findings=tuple(row.findings),
            override_reason=row.override_reason,
            apology_key=row.apology_key,
            author_id=row.author_id,
            created_at=row.created_at,
            sent_at=row.sent_at,
            leaves_at=row.leaves_at if row.state == "queued" else None,
            held_for=row.held if row.state == "queued" else None,
            trouble=row.outcome or "" if row.state in ("failed", "unknown") else "",
            read_at=row.read_at,
        )
        for row in rows
    ]


def message_row(*, organization_id: int, message_id: int) -> MessageRow | None:
    """This function will return one message, None where there is none."""
    found = _rows(Message.objects.filter(organization_id=organization_id, id=message_id))
    return found[0] if found else None


def thread_messages(*, organization_id: int, thread_id: int, public: bool = False) -> list[MessageRow]:
    """This function will list a conversation, the oldest first; `public` leaves only what its customer may see.

    The customer sees what was sent to them and what they wrote: no notes, no drafts, nothing that may not have left.
    What mail systems wrote is left out: the message that it is about says what became of it.
    """
    found = Message.objects.filter(organization_id=organization_id, thread_id=thread_id).exclude(BY_MACHINES)
    if public:
        found = found.filter(state__in=["sent", "received"]).exclude(channel="inside")
    return _rows(found.order_by("created_at", "id"))


def thread_tokens(*, organization_id: int, thread_ids: Sequence[int]) -> dict[int, str]:
    """This function will return the public names of these conversations."""
    rows = Thread.objects.filter(organization_id=organization_id, id__in=list(thread_ids))
    return dict(rows.values_list("id", "token"))


def thread_named(*, organization_id: int, token: str) -> int | None:
    """This function will find a conversation by its public name."""
    found = Thread.objects.filter(organization_id=organization_id, token=token).values_list("id", flat=True)
    return found.first()


def drafts_waiting(
    *, organization_id: int, thread_ids: Sequence[int] | None = None, limit: int = 100
) -> list[MessageRow]:
    """This function will list the drafts that wait for a click, the oldest first, of these threads or of all."""
    found = Message.objects.filter(organization_id=organization_id, state="draft")
    if thread_ids is not None:
        found = found.filter(thread_id__in=list(thread_ids))
    return _rows(found.order_by("created_at", "id")[:limit])


def messages_in_trouble(
    *, organization_id: int, limit: int = 100, customer_ids: Sequence[int] | None = None
) -> list[MessageRow]:
    """This function will list the messages that failed or may not have left, the oldest first; of all, or of these."""
    found = Message.objects.filter(organization_id=organization_id, state__in=["failed", "unknown"])
    if customer_ids is not None:
        found = found.filter(customer_id__in=list(customer_ids))
    return _rows(found.order_by("created_at", "id")[:limit])


def notices_of_member(
    *, organization_id: int, member_id: int, before_id: int | None = None, limit: int = 20
) -> list[MessageRow]:
    """This function will list what a member was told, the newest first.

    `before_id` is the last id of the page before.
    """
    found = Message.objects.filter(organization_id=organization_id, member_id=member_id, kind="staff")
    if before_id is not None:
        told_at = found.filter(id=before_id).values_list("created_at", flat=True).first()
        before = Q(created_at__lt=told_at) | Q(created_at=told_at, id__lt=before_id)
        found = found.filter(before) if told_at else found.none()
    return _rows(found.order_by("-created_at", "-id")[:limit])


def notice_of_member(*, organization_id: int, member_id: int, message_id: int) -> MessageRow | None:
    """This function will find one notice among what a member was told; None if it is not theirs."""
    found = Message.objects.filter(organization_id=organization_id, member_id=member_id, kind="staff", id=message_id)
    return next(iter(_rows(found)), None)


def notices_unread(*, organization_id: int, member_id: int, most: int = 100) -> int:
    """This function will count what a member was told and has not marked read, up to `most`."""
    waits = {"organization_id": organization_id, "member_id": member_id, "kind": "staff", "read_at": NULL}
    return counted(Message, most=most, **waits)


def inbox_page(*, organization_id: int, before_id: int | None = None, limit: int = 50) -> list[MessageRow]:
    """This function will list a page of what customers were sent, the last sent first: the demo's inbox.

    `before_id` is the last id of the page before.
    """
    found = Message.objects.filter(
        organization_id=organization_id, state="sent", direction="out", channel__in=["mail", "status"]
    )
    if before_id is not None:
        sent_at = found.filter(id=before_id).values_list("sent_at", flat=True).first()
        found = found.filter(Q(sent_at__lt=sent_at) | Q(sent_at=sent_at, id__lt=before_id)) if sent_at else found.none()
    return _rows(found.order_by("-sent_at", "-id")[:limit])


def messages_sent_count(*, organization_id: int) -> int:
    """This function will count the messages that were sent to customers; what a shadow stopped is not among them."""
    return Message.objects.filter(
        organization_id=organization_id, state="sent", direction="out", channel__in=["mail", "status"]
    ).count()


def apologies_before(*, organization_id: int, customer_id: int, key_hash: int, at: datetime) -> int:
    """This function will count the apologies that bar another one to this customer for this key at a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM conversations_apology WHERE organization_id = %s AND customer_id = %s"
            " AND key_hash = %s AND period @> %s::timestamptz",
            [organization_id, customer_id, key_hash, at],
        )
        return int(cursor.fetchone()[0])


def threads_revised(*, organization_id: int, thread_ids: Sequence[int], kind: str) -> set[int]:
    """This function will find the conversations with a draft of this kind that a person has written in.

    So has one who had it drafted by a machine: they are at it, and what they typed is kept behind the machine's words.
    """
    return _revised(organization_id, _drafts(organization_id, thread_ids, kind))


_Draft = tuple[int, int, str, int | None]
"""A draft's id, its conversation, which machine wrote it if any did, and who began it."""


def _drafts(organization_id: int, thread_ids: Sequence[int], kind: str) -> list[_Draft]:
    drafts = {"thread_id": list(thread_ids), "kind": kind, "direction": "out", "state": "draft"}
    columns = ("id", "thread_id", "machine", "author_id")
    return sorted(read(Message, *columns, organization_id=organization_id, **drafts), key=lambda row: row[0])


def _revised(organization_id: int, drafts: Sequence[_Draft]) -> set[int]:
    about = {"subject": "message", "subject_id": [row[0] for row in drafts], "event": "messages:message:revised"}
    changed = {one for (one,) in read(Entry, "subject_id", organization_id=organization_id, **about)}
    return {thread_id for message_id, thread_id, machine, _ in drafts if machine or message_id in changed}


def drafts_untouched(*, organization_id: int, thread_ids: Sequence[int], kind: str) -> dict[int, int]:
    """This function will find drafts of a kind that nobody has begun or written in, as they were made: thread by id."""
    drafts = _drafts(organization_id, thread_ids, kind)
    begun_by_nobody = {message_id: thread_id for message_id, thread_id, _, author_id in drafts if author_id is None}
    revised = _revised(organization_id, drafts) if begun_by_nobody else set()
    return {message_id: thread_id for message_id, thread_id in begun_by_nobody.items() if thread_id not in revised}


def drafts_of_kind(*, organization_id: int, thread_id: int, kind: str) -> list[int]:
    """This function will list the drafts of a kind that wait for a click in a conversation, the oldest first."""
    found = Message.objects.filter(
        organization_id=organization_id, thread_id=thread_id, kind=kind, direction="out", state="draft"
    )
    return list(found.order_by("id").values_list("id", flat=True))
