"""The plan of a recovery as it reaches the rooms below: started, stopped; each once per batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from makegood.journal.outbox import effects_stop
from makegood.messages.apologies import apologies_release
from makegood.messages.models import Message
from makegood.recoveries.giving import extras_offer
from makegood.recoveries.models import Recovery
from makegood.recoveries.planned import Planned
from makegood.recoveries.saying import first_words
from makegood.store.clocks import now as store_now


def plan_start(*, organization_id: int, planned: Sequence[Planned]) -> None:
    """Start plans: offer and say what goes without a click, and draft the apology.

    What is owed does not wait for a plan: make-goods posts it when it hears of the failure. A recovery under review
    says and offers nothing until it is decided.
    """
    now = store_now(organization_id=organization_id)
    decided = [one for one in planned if not one.review]
    if decided:
        extras_offer(organization_id=organization_id, planned=decided, now=now)
        first_words(organization_id=organization_id, planned=decided, now=now)


def plan_stop(*, organization_id: int, recovery_ids: Sequence[int], now: datetime, leaving: Sequence[str] = ()) -> None:
    """Stop what these recoveries have not said yet; what is owed still posts, and messages `leaving` still leave.

    `leaving` names kinds of messages that were queued; drafts are stopped all the same.
    """
    threads = Recovery.objects.filter(organization_id=organization_id, id__in=list(recovery_ids))
    unsaid = Message.objects.filter(
        organization_id=organization_id, direction="out", state__in=("draft", "queued")
    ).exclude(state="queued", kind__in=leaving)
    messages = list(unsaid.filter(thread_id__in=threads.values("thread_id")).values_list("id", flat=True))
    effects_stop(organization_id=organization_id, subject="message", subject_ids=messages, now=now)
    unsaid.filter(id__in=messages).update(state="stopped")
    apologies_release(organization_id=organization_id, message_ids=messages)
