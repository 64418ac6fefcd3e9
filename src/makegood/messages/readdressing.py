"""Where what has not left goes once a customer's address was corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db.models import Q

from makegood.journal.models import Effect, Entry
from makegood.journal.operations import Happened
from makegood.messages.models import Message
from makegood.messages.promising import ANEW, DueDraft
from makegood.messages.reaching import reaches


def messages_hear_corrected(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let drafts and what is queued go where these customers are reached; handler of customers:customer:corrected.

    What failed goes there when a person sends it again. What has left, or is leaving, is as it was.
    """
    waiting = Message.objects.filter(
        organization_id=organization_id,
        direction="out",
        channel__in=("mail", "status"),
        state__in=("draft", "queued"),
        thread__customer_id__in=[entry.subject_id for entry in entries],
    ).order_by("id")
    leaving = _leaving(organization_id, list(waiting.values_list("id", flat=True)))
    rows = list(waiting.exclude(id__in=leaving).select_for_update(of=("self",)))
    readdress(organization_id=organization_id, rows=rows)


@attrs.frozen(kw_only=True)
class Waiting:
    """How many drafts wait for a customer.

    `planned` ones are written anew by themselves; `drafted` ones nobody wrote in either, but they stay as they are
    (looks after the customer, say, which promise no word); `written` ones a person began or wrote in.
    """

    planned: int
    drafted: int
    written: int


def drafts_waiting(*, organization_id: int, customer_ids: Sequence[int]) -> Waiting:
    """This function will count the drafts that wait for a click to go to these customers."""
    drafts = Message.objects.filter(
        organization_id=organization_id, direction="out", state="draft", thread__customer_id__in=list(customer_ids)
    )
    revised = Entry.objects.filter(organization_id=organization_id, subject="message", event="messages:message:revised")
    left = drafts.filter(anew_at__isnull=True)
    drafted = left.filter(author_id=None, machine="").exclude(id__in=revised.values("subject_id")).count()
    return Waiting(
        planned=drafts.filter(anew_at__isnull=False).count(), drafted=drafted, written=left.count() - drafted
    )


def planned_unsent(
    *, organization_id: int, at: datetime, customer_ids: Sequence[int] = (), thread_ids: Sequence[int] = ()
) -> list[DueDraft]:
    """This function will lock what a plan wrote to these customers or on these threads, and is not leaving yet.

    What somebody wrote in is left out.
    """
    rows = Message.objects.filter(
        Q(thread__customer_id__in=list(customer_ids)) | Q(thread_id__in=list(thread_ids)),
        organization_id=organization_id,
        direction="out",
        state__in=("draft", "queued"),
        kind__in=ANEW,
        anew_at__isnull=False,
    ).order_by("id")
    leaving = _leaving(organization_id, list(rows.values_list("id", flat=True)))
    locked = rows.exclude(id__in=leaving).select_for_update(of=("self",))
    return [
        DueDraft(id=one, thread_id=thread_id or 0, kind=kind, at=at)
        for one, thread_id, kind in locked.values_list("id", "thread_id", "kind")
    ]


def _leaving(organization_id: int, message_ids: Sequence[int]) -> list[int]:
    """Which of these messages are being sent now; the others are not taken up before this transaction ends.

    Effects are locked before messages, as where they are settled.
    """
    effects = Effect.objects.filter(
        organization_id=organization_id,
        subject="message",
        subject_id__in=message_ids,
        state__in=("pending", "claimed"),
    )
    locked = effects.select_for_update().order_by("id").values_list("subject_id", "state")
    return [message_id for message_id, state in locked if state == "claimed"]


def readdress(*, organization_id: int, rows: Sequence[Message]) -> None:
    """Write into these messages where their customers are reached now; without an address that is their page."""
    threads = [row.thread_id for row in rows if row.thread_id is not None]
    reach = reaches(organization_id=organization_id, thread_ids=threads) if threads else {}
    for row in rows:
        to = reach.get(row.thread_id or 0)
        if to is not None and row.address != to.address:
            row.address, row.channel = to.address, "mail" if to.address else "status"
            row.save(update_fields=["address", "channel"])
