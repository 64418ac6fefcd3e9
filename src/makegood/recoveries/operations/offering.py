"""Offering an extra by hand: to one customer, or the same to all of an incident; the words that tell them of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db import transaction

from makegood.makegoods.giving import STANDING
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import UnableToOffer, makegood_offer
from makegood.makegoods.queries import Gift
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.changing import recovery_for_change
from makegood.recoveries.operations.together import Refusal, Together, UnableToDoForAll, incident_open_ones
from makegood.recoveries.saying import Offered, offers_announce

BATCH = 100
"""How many customers of an incident one click offers something to: one transaction that stays short."""
WHY_NOT = ("remedy.limit", "remedy.cap", "remedy.currency", "remedy.late", "remedy.trust")


def extra_offer(*, organization_id: int, recovery_id: int, remedy: str, by: int, now: datetime) -> Gift:
    """This function will offer one of the extras that a member may give, and draft the words that tell the customer.

    The words wait for a click. Raises UnableToOffer where it does not fit any more, UnableToChangeRecovery.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.review:
        raise UnableToOffer("Decide first whether they hear from us: until then nothing is offered.")
    failure_id = _first_failure(organization_id, recovery.id)
    found = gifts_for(organization_id=organization_id, failure_id=failure_id, member_id=by, now=now)
    gift = next((one for one in found.gifts if one.remedy == remedy), None)
    if gift is None:
        raise UnableToOffer("This does not fit any more: see below what does, and what is left of your limit.")
    offered = _offer(organization_id, recovery, failure_id, gift, by, now)
    offers_announce(organization_id=organization_id, offers=[offered], by=by, send="person", now=now)
    return gift


def incident_offer(
    *,
    organization_id: int,
    incident_id: int,
    remedy: str,
    by: int,
    now: datetime,
    places: Sequence[int] | None = None,
    after: int = 0,
    seen: int | None = None,
) -> Together:
    """This function will offer the same extra to each open recovery of an incident, and tell each customer of it.

    The click is the named person's who offers: the words go at once, in that person's name. Each is held to that
    person's limit, to the cap and to what is owed, and refused with the reason where it does not fit; the others get
    it. One batch of at most BATCH by number, those after `after`. `seen` is how many were shown. Raises
    UnableToDoForAll if there are more by now.
    """
    rows = incident_open_ones(organization_id=organization_id, incident_id=incident_id, by=by, places=places)
    rows = [row for row in rows if row.number > after]
    if seen is not None and len(rows) > seen:
        raise UnableToDoForAll(f"There are {len(rows)} by now: look again, and say yes again.")
    batch, left = rows[:BATCH], max(0, len(rows) - BATCH)
    failures = _first_failures(organization_id, [row.id for row in batch])
    had = _extras(organization_id, failures)
    offers: list[Offered] = []
    done: list[int] = []
    refused: list[Refusal] = []
    for row in batch:
        why = _standing(had.get(row.id, []), remedy)
        if row.review:
            why = "they are to be decided first"
        if why is None:
            try:
                with transaction.atomic():
                    gift = _gift(organization_id, row, failures[row.id], remedy, by, now)
                    offers.append(_offer(organization_id, row, failures[row.id], gift, by, now))
                done.append(row.number)
            except UnableToOffer as error:
                why = str(error)
        if why is not None:
            refused.append(Refusal(number=row.number, why=why))
    offers_announce(organization_id=organization_id, offers=offers, by=by, send="at_once", now=now)
    last = batch[-1].number if batch else after
    return Together(done=tuple(done), refused=tuple(refused), left=left, last=last)


def _gift(organization_id: int, recovery: Recovery, failure_id: int, remedy: str, by: int, now: datetime) -> Gift:
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    wanted = [one for one in playbook.remedies if one.code == remedy]
    found = gifts_for(organization_id=organization_id, failure_id=failure_id, member_id=by, now=now, remedies=wanted)
    if found.gifts:
        return found.gifts[0]
    why = next((one.text for one in found.reasons if one.rule in WHY_NOT), "It does not fit what they lost.")
    raise UnableToOffer(why)


def _offer(organization_id: int, recovery: Recovery, failure_id: int, gift: Gift, by: int, now: datetime) -> Offered:
    makegood_id = makegood_offer(
        organization_id=organization_id,
        offer=gift.offer(
            failure_id=failure_id, customer_id=recovery.customer_id, at=now, offered_by=by, reasons=gift.reasons
        ),
        now=now,
    )
    return Offered(recovery_id=recovery.id, makegood_id=makegood_id, title=gift.title, worth=gift.value)


def _first_failures(organization_id: int, recovery_ids: Sequence[int]) -> dict[int, int]:
    links = RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id__in=list(recovery_ids))
    rows = links.order_by("recovery_id", "id").distinct("recovery_id")
    return dict(rows.values_list("recovery_id", "failure_id"))


def _first_failure(organization_id: int, recovery_id: int) -> int:
    return _first_failures(organization_id, [recovery_id])[recovery_id]


@attrs.frozen(kw_only=True, slots=True)
class _Extra:
    remedy: str
    title: str
    state: str


def _extras(organization_id: int, failures: dict[int, int]) -> dict[int, list[_Extra]]:
    """What each recovery's customer was offered beyond what is owed, whatever became of it."""
    of_failure = {failure_id: recovery_id for recovery_id, failure_id in failures.items()}
    found: dict[int, list[_Extra]] = {}
    for failure_id, remedy, title, state in (
        MakeGood.objects.filter(organization_id=organization_id, failure_id__in=list(of_failure), part="extra")
        .order_by("id")
        .values_list("failure_id", "remedy", "title", "state")
    ):
        found.setdefault(of_failure[failure_id], []).append(_Extra(remedy=remedy, title=title, state=state))
    return found


def _standing(extras: Sequence[_Extra], remedy: str) -> str | None:
    """Why somebody is offered nothing now: the same was offered before, or something else stands."""
    if any(one.remedy == remedy for one in extras):
        return "it was offered to them before"
    other = next((one for one in extras if one.state in STANDING), None)
    return f"they were offered something else: {other.title}" if other else None
