"""Mails that came back: each is put in *failed* with the reason, for a person to see on Today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from makegood.journal.operations import Happened, record
from makegood.journal.outbox import effects_returned
from makegood.messages.apologies import apologies_release
from makegood.messages.links import ids_in
from makegood.messages.models import Message

UNLINK = """
UPDATE conversations_thread t SET link_at = NULL, link_how = ''
WHERE t.organization_id = %s AND t.id = %s AND t.link_how = 'mail' AND NOT EXISTS (
    SELECT 1 FROM conversations_message m
    WHERE m.organization_id = t.organization_id AND m.thread_id = t.id AND m.channel = 'mail' AND m.direction = 'out'
        AND m.state = 'sent' AND position(t.token IN m.body) > 0)
"""
CAME_BACK = "It came back"


def mails_returned(
    *,
    organization_id: int,
    thread_id: int,
    references: Sequence[str],
    addresses: Sequence[str],
    reason: str,
    at: datetime,
) -> list[int]:
    """This function will mark the mails of a conversation that did not arrive as failed; return their ids.

    Which they are say `references`, their Message-IDs; where those name none of ours, it is the last one that was sent
    to one of `addresses`. `reason` is a plain sentence without its stop. Runs inside a unit of work. What stood in
    such a mail alone counts as not had: the link of the page, and an apology.
    """
    here = Message.objects.filter(organization_id=organization_id, thread_id=thread_id, direction="out")
    named = here.filter(id__in=ids_in(references))
    ids = list(named.values_list("id", flat=True)) or _last(here, addresses)
    # Its effect first, then the message, in the order in which whoever sends locks them.
    left = effects_returned(
        organization_id=organization_id,
        subject="message",
        subject_ids=ids,
        outcome=f"{CAME_BACK}: {reason[:1].lower()}{reason[1:]}" if reason else CAME_BACK,
        now=at,
    )
    rows = list(here.select_for_update().filter(id__in=left, state__in=["sent", "unknown", "queued"]).order_by("id"))
    Message.objects.filter(organization_id=organization_id, id__in=[row.id for row in rows]).update(state="failed")
    apologies_release(organization_id=organization_id, message_ids=[row.id for row in rows])
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(UNLINK, [organization_id, thread_id])
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="messages:message:failed",
                subject="message",
                subject_id=row.id,
                data={"thread": thread_id, "kind": row.kind, "step": row.step},
            )
            for row in rows
        ],
    )
    return [row.id for row in rows]


def _last(here: QuerySet[Message], addresses: Sequence[str]) -> list[int]:
    """The last mail that was sent on a conversation to one of these addresses."""
    wanted = {one.lower() for one in addresses}
    sent = here.filter(channel="mail", state__in=["sent", "unknown"]).order_by("-id")
    return [row.id for row in sent[:20] if row.address.lower() in wanted][:1]
