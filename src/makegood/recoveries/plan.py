"""The plan of a recovery as it reaches the rooms below: started, held, stopped; each once per batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from makegood.journal.outbox import effects_hold, effects_stop
from makegood.makegoods.models import MakeGood
from makegood.messages.apologies import apologies_release
from makegood.messages.models import Message
from makegood.recoveries.giving import extras_offer
from makegood.recoveries.models import Recovery, RecoveryFailure
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


def plan_hold(*, organization_id: int, recovery_ids: Sequence[int], incident_id: int) -> None:
    """Hold what these recoveries have not sent or paid yet, until the incident is decided."""
    messages, makegoods = _pending(organization_id, recovery_ids)
    for subject, ids in (("message", messages), ("makegood", makegoods)):
        effects_hold(organization_id=organization_id, incident_id=incident_id, subject=subject, subject_ids=ids)


def plan_stop(*, organization_id: int, recovery_ids: Sequence[int], now: datetime) -> None:
    """Stop what these recoveries have not said yet; what is owed still posts."""
    messages, _ = _pending(organization_id, recovery_ids)
    effects_stop(organization_id=organization_id, subject="message", subject_ids=messages, now=now)
    unsaid = Message.objects.filter(organization_id=organization_id, id__in=messages, state__in=("draft", "queued"))
    unsaid.update(state="stopped")
    apologies_release(organization_id=organization_id, message_ids=messages)


def _pending(organization_id: int, recovery_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    threads = Recovery.objects.filter(organization_id=organization_id, id__in=list(recovery_ids)).values_list(
        "thread_id", flat=True
    )
    messages = Message.objects.filter(
        organization_id=organization_id, thread_id__in=list(threads), direction="out", state__in=("draft", "queued")
    ).values_list("id", flat=True)
    failures = RecoveryFailure.objects.filter(
        organization_id=organization_id, recovery_id__in=list(recovery_ids)
    ).values_list("failure_id", flat=True)
    makegoods = MakeGood.objects.filter(organization_id=organization_id, failure_id__in=list(failures)).values_list(
        "id", flat=True
    )
    return list(messages), list(makegoods)
