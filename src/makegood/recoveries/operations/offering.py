"""Offering an extra by hand to one customer, with the words that tell them of it."""

from __future__ import annotations

from datetime import datetime

from makegood.makegoods.operations import UnableToOffer, makegood_offer
from makegood.makegoods.queries import Gift
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.asking import askings_over
from makegood.recoveries.operations.changing import recovery_for_change
from makegood.recoveries.saying import Offered, offers_announce
from makegood.store.reading import read


def extra_offer(*, organization_id: int, recovery_id: int, remedy: str, by: int, now: datetime) -> Gift:
    """This function will offer one of the extras that a member may give, and draft the words that tell the customer.

    The words wait for a click. What waits for a colleague's yes to the same is over. Raises UnableToOffer where it does
    not fit any more, UnableToChangeRecovery.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.review:
        raise UnableToOffer("Decide first whether they hear from us: until then nothing is offered.")
    failure_id = first_failure(organization_id=organization_id, recovery_id=recovery.id)
    found = gifts_for(organization_id=organization_id, failure_id=failure_id, member_id=by, now=now)
    gift = next((one for one in found.gifts if one.remedy == remedy), None)
    if gift is None:
        raise UnableToOffer("This does not fit any more: see below what does, and what is left of your limit.")
    offered = gift_offer(
        organization_id=organization_id, recovery=recovery, failure_id=failure_id, gift=gift, by=by, now=now
    )
    offers_announce(organization_id=organization_id, offers=[offered], by=by, send="person", now=now)
    askings_over(organization_id=organization_id, recovery_id=recovery.id, remedy=remedy, by=by, now=now)
    return gift


def gift_offer(
    *, organization_id: int, recovery: Recovery, failure_id: int, gift: Gift, by: int, now: datetime
) -> Offered:
    """This function will offer a gift to the customer of a locked recovery, out of a member's limits.

    Raises UnableToOffer.
    """
    makegood_id = makegood_offer(
        organization_id=organization_id,
        offer=gift.offer(
            failure_id=failure_id, customer_id=recovery.customer_id, at=now, offered_by=by, reasons=gift.reasons
        ),
        now=now,
    )
    return Offered(recovery_id=recovery.id, makegood_id=makegood_id, title=gift.title, worth=gift.value)


def first_failure(*, organization_id: int, recovery_id: int) -> int:
    """This function will find the failure for which a recovery's extras are offered: the first that it has."""
    links = read(RecoveryFailure, "id", "failure_id", organization_id=organization_id, recovery_id=recovery_id)
    return int(min(links)[1])
