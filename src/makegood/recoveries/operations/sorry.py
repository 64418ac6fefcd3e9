"""Saying sorry to many: who may not be told it now and why, and the apology said to one as a member's own click."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from makegood.messages.apologies import SAID_ALREADY, Said, apologies_had
from makegood.messages.handing import unlinked
from makegood.messages.operations import UnableToSend, message_send, message_stop
from makegood.messages.queries import drafts_of_kind, threads_revised
from makegood.messages.reaching import reaches
from makegood.recoveries.barring import recoveries_barred
from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.planned import planned_of
from makegood.recoveries.saying import apologies_shown, words_begin

CLOSED = "It is closed."
UNDECIDED = "It is to be decided first whether they are contacted."
SAID = "They were told sorry here."
LEFT_OUT = "Saying sorry was left out here."
HELD = "Held: many were let down at once, and whether it is one incident waits for a yes or a no."
WRITING = "A colleague has written in their apology: send it there."
NO_WAY = "We know no e-mail of theirs, and they do not have the link of their page."
HAD = "They were told sorry for this in the last 90 days."


def sorry_bars(*, organization_id: int, recovery_ids: Sequence[int], now: datetime) -> dict[int, str]:
    """This function will say of each recovery why its customer may not be told sorry now; "" where they may."""
    rows = {row.id: row for row in Recovery.objects.filter(organization_id=organization_id, id__in=list(recovery_ids))}
    found = {one: _standing(row) for one, row in rows.items()}
    steps = Step.objects.filter(organization_id=organization_id, recovery_id__in=list(rows), step="apologise")
    for recovery_id, state in steps.filter(state__in=("done", "skipped")).values_list("recovery_id", "state"):
        found[recovery_id] = found[recovery_id] or (SAID if state == "done" else LEFT_OUT)
    for recovery_id, bar in recoveries_barred(organization_id=organization_id, recovery_ids=list(rows)).items():
        found[recovery_id] = found[recovery_id] or (HELD if bar.held_for else "")
    left = {one: rows[one].thread_id for one, why in found.items() if not why}
    threads = list(left.values())
    revised = threads_revised(organization_id=organization_id, thread_ids=threads, kind="apology")
    addresses = reaches(organization_id=organization_id, thread_ids=threads)
    lacking = unlinked(organization_id=organization_id, thread_ids=threads)
    had = _had(organization_id, list(left), now)
    for recovery_id, thread_id in left.items():
        if recovery_id in had:
            found[recovery_id] = HAD
        elif thread_id in revised:
            found[recovery_id] = WRITING
        elif thread_id in lacking and not addresses[thread_id].address:
            found[recovery_id] = NO_WAY
    return found


def _standing(row: Recovery) -> str:
    return CLOSED if row.state != "open" else UNDECIDED if row.review else ""


def _had(organization_id: int, recovery_ids: Sequence[int], now: datetime) -> set[int]:
    planned = planned_of(organization_id=organization_id, at=dict.fromkeys(recovery_ids, now))
    asked = [
        Said(message_id=one.recovery_id, customer_id=one.customer_id, key=one.first.apology_key, at=now)
        for one in planned
        if one.first.apology_key
    ]
    return apologies_had(organization_id=organization_id, asked=asked) if asked else set()


def sorry_say(*, organization_id: int, recovery_id: int, by: int, now: datetime) -> int:
    """Say sorry on one recovery in a member's name, in the template's words; return the message's id.

    The draft that waited goes. Raises UnableToSend where it may not be said, or its wording is held.
    """
    given: dict[str, Any] = {"organization_id": organization_id, "by": by, "now": now}
    why = sorry_bars(organization_id=organization_id, recovery_ids=[recovery_id], now=now)[recovery_id]
    if why:
        raise UnableToSend(why)
    thread_id = Recovery.objects.values_list("thread_id", flat=True).get(
        organization_id=organization_id, id=recovery_id
    )
    waiting = drafts_of_kind(organization_id=organization_id, thread_id=thread_id, kind="apology")
    (shown,) = apologies_shown(**given, recovery_ids=[recovery_id])
    message_id = words_begin(**given, recovery_id=recovery_id, kind="apology")
    for one in waiting:
        message_stop(**given, message_id=one)
    sent = message_send(**given, message_id=message_id, case=shown.case)
    if sent.blocked:
        raise UnableToSend(str(SAID_ALREADY["text"]))
    return message_id
