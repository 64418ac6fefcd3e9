"""Where what has not left goes once a customer's address was corrected."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.journal.operations import Happened
from makegood.messages.models import Message
from makegood.messages.reaching import reaches


def messages_hear_corrected(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let drafts and what is queued go where these customers are reached; handler of customers:customer:corrected.

    What failed goes there when a person sends it again. What has left, or is leaving, is as it was.
    """
    rows = list(
        Message.objects.select_for_update(of=("self",))
        .filter(
            organization_id=organization_id,
            direction="out",
            channel__in=("mail", "status"),
            state__in=("draft", "queued"),
            thread__customer_id__in=[entry.subject_id for entry in entries],
        )
        .order_by("id")
    )
    readdress(organization_id=organization_id, rows=rows)


def readdress(*, organization_id: int, rows: Sequence[Message]) -> None:
    """Write into these messages where their customers are reached now; without an address that is their page."""
    threads = [row.thread_id for row in rows if row.thread_id is not None]
    reach = reaches(organization_id=organization_id, thread_ids=threads) if threads else {}
    for row in rows:
        to = reach.get(row.thread_id or 0)
        if to is not None and row.address != to.address:
            row.address, row.channel = to.address, "mail" if to.address else "status"
            row.save(update_fields=["address", "channel"])
