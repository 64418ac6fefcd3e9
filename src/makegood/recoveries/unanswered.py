"""Since when customers wait for an answer to what they wrote: for lists, and for the words that begin the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from makegood.messages.models import Message
from makegood.messages.queries import BY_MACHINES
from makegood.recoveries.models import RecoveryClock


def unanswered(*, organization_id: int, recovery_ids: Sequence[int]) -> dict[int, datetime]:
    """This function will say since when these open recoveries' customers wait for an answer to what they wrote.

    A reply that is more than a thanks starts the clock to respond, and our next words to them meet it. So does a
    member who reopens a recovery, which nobody wrote for.
    """
    written = Message.objects.filter(
        organization_id=organization_id,
        thread_id=OuterRef("recovery__thread_id"),
        direction="in",
        created_at__gte=OuterRef("started_at"),
    ).exclude(BY_MACHINES)
    rows = RecoveryClock.objects.filter(
        Exists(written),
        organization_id=organization_id,
        recovery_id__in=list(recovery_ids),
        recovery__state="open",
        target="respond",
        met_at=None,
    ).exclude(state="ended")
    return dict(rows.values_list("recovery_id", "started_at"))
