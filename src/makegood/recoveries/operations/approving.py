"""A yes beyond one's limits: asked in one click, answered in one tap, passed on to a deputy, in nobody's way.

Nothing is offered before the yes; then it is the gift of whoever said yes, out of their limits. The fix, the apology
and what is owed are no part of this.
"""

from __future__ import annotations

from datetime import datetime

import attrs
from django.db import IntegrityError, transaction

from makegood.core.limits import DEPUTY_AFTER
from makegood.core.money import Money
from makegood.core.reasons import because
from makegood.makegoods.limits import approvers_for
from makegood.makegoods.operations import UnableToOffer
from makegood.makegoods.queries import Gift, makegood_stands
from makegood.organizations.models import Member
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.lateness import gifts_for, remedy_named
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.asking import asking_end, asking_journal, asking_tell
from makegood.recoveries.operations.changing import recovery_for_change
from makegood.recoveries.operations.offering import first_failure, gift_offer
from makegood.recoveries.saying import offers_announce
from makegood.store.clocks import moment as store_moment
from makegood.store.reading import locked

DECIDE_TIER = 2


class UnableToApprove(ValueError):
    """This cannot be asked or answered any more: the message says why."""


@attrs.frozen(kw_only=True)
class Asked:
    """Whom an extra was asked of, and since when a deputy is asked too without an answer."""

    approver: str
    deputy_at: datetime


def approval_ask(*, organization_id: int, recovery_id: int, remedy: str, by: int, now: datetime) -> Asked:
    """This function will ask the colleague whose limits cover an extra for a yes, and tell them how to give it.

    Raises UnableToApprove in a test, where it needs no asking, waits already, does not fit, or nobody may say yes;
    UnableToChangeRecovery where the recovery is not open.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.test:
        raise UnableToApprove("This is a test: no colleague is asked. Offer what you may give yourself.")
    if recovery.review:
        raise UnableToApprove("Decide first whether they hear from us: until then nothing is offered.")
    failure_id = first_failure(organization_id=organization_id, recovery_id=recovery.id)
    if makegood_stands(organization_id=organization_id, failure_id=failure_id, remedy=remedy):
        raise UnableToApprove("This is offered to them already: wait for their answer, or ask for something else.")
    found = gifts_for(organization_id=organization_id, failure_id=failure_id, member_id=by, now=now)
    if any(one.remedy == remedy for one in found.gifts):
        raise UnableToApprove("You may give this yourself: offer it.")
    gift = next((one for one in found.beyond if one.remedy == remedy), None)
    if gift is None:
        raise UnableToApprove("This does not fit any more: see below what does.")
    able = approvers_for(organization_id=organization_id, failure_id=failure_id, cost=gift.cost, at=now, but=by)
    if not able:
        raise UnableToApprove(
            f"Nobody may give {gift.cost} here now: an admin can raise a limit or a budget, under Settings, Limits."
        )
    deputy_at = now + DEPUTY_AFTER
    try:
        with transaction.atomic():
            row = Approval.objects.create(
                organization_id=organization_id,
                recovery_id=recovery.id,
                failure_id=failure_id,
                remedy=gift.remedy,
                cost_minor=gift.cost.minor,
                currency=gift.cost.currency,
                asked_by_id=by,
                asked_at=now,
                approver_id=able[0].member_id,
                next_at=deputy_at,
            )
    except IntegrityError as error:
        if "approval_waits_once" not in str(error):
            raise
        raise UnableToApprove("This was asked already: wait for the answer.") from None
    asking_journal(row, "asked", by=by, now=now, data={"to": row.approver_id})
    asking_tell(row, able[0].member_id, "ask.make_good", now)
    return Asked(approver=able[0].name, deputy_at=deputy_at)


def approvals_pass_on(*, organization_id: int, limit: int) -> int:
    """Ask a deputy where who was asked gave no answer in time; return how many rows were handled.

    The deputy is whoever may say yes by then; with none, who was asked is told once more. Each once, also by several
    tickers at a time. Where the recovery has ended meanwhile, the asking is over.
    """
    present = store_moment(organization_id=organization_id)
    rows = list(
        Approval.objects.select_for_update(skip_locked=True)
        .filter(organization_id=organization_id, next_at__lte=present.now)
        .order_by("next_at", "id")[:limit]
    )
    ended = set(
        Recovery.objects.filter(organization_id=organization_id, id__in=[row.recovery_id for row in rows])
        .exclude(state="open")
        .values_list("id", flat=True)
    )
    for row in rows:
        assert row.next_at is not None
        at, row.next_at = present.at(row.next_at), None
        if row.recovery_id in ended:
            asking_end(row, "over", by=None, now=at)
            continue
        cost = Money(minor=row.cost_minor, currency=row.currency)
        able = approvers_for(
            organization_id=organization_id, failure_id=row.failure_id, cost=cost, at=at, but=row.asked_by_id
        )
        row.deputy_id = next((one.member_id for one in able if one.member_id != row.approver_id), None)
        row.save(update_fields=["next_at", "deputy"])
        to = row.deputy_id or row.approver_id
        asking_journal(row, "passed_on", by=None, now=at, data={"to": to})
        asking_tell(row, to, "ask.make_good", at, turn=1)
    return len(rows)


def approval_decide(*, organization_id: int, approval_id: int, yes: bool, by: int, now: datetime) -> Gift | None:
    """This function will take a manager's or admin's answer; on a yes the extra is offered out of their own limits.

    Return what was offered, None on a no. The words that tell the customer wait for a click of who asked, who is told.
    Raises UnableToApprove where it was answered before or the member may not; UnableToOffer where it does not fit
    their limits, a budget or the cap any more; UnableToChangeRecovery where the recovery is over.
    """
    row = _waiting(organization_id, approval_id)
    member = Member.objects.filter(organization_id=organization_id, id=by, active=True, tier__gte=DECIDE_TIER).first()
    if member is None or by == row.asked_by_id:
        raise UnableToApprove("Only another manager or admin answers this.")
    gift = _give(row, by, now) if yes else None
    if gift is None:
        asking_end(row, "refused", by=by, now=now)
    asking_tell(row, row.asked_by_id, "approved.make_good" if yes else "refused.make_good", now)
    return gift


def _waiting(organization_id: int, approval_id: int) -> Approval:
    """Lock the recovery first, as whoever changes it does, then what is asked there."""
    known = Approval.objects.filter(organization_id=organization_id, id=approval_id).first()
    if known is None:
        raise UnableToApprove("There is no such asking here: look at the recovery.")
    recovery_for_change(
        organization_id=organization_id, recovery_id=known.recovery_id, states=("open", "closed", "withdrawn")
    )
    row = locked(Approval, organization_id=organization_id, row_id=approval_id)
    assert row is not None
    if row.state != "waiting":
        raise UnableToApprove("This was answered already: look at the recovery.")
    return row


def _give(row: Approval, by: int, now: datetime) -> Gift:
    here = row.organization_id
    recovery = recovery_for_change(organization_id=here, recovery_id=row.recovery_id)
    remedy = remedy_named(organization_id=here, recovery=recovery, code=row.remedy)
    catalogue = [remedy] if remedy else []
    found = gifts_for(organization_id=here, failure_id=row.failure_id, member_id=by, now=now, remedies=catalogue)
    gift = next(iter(found.gifts), None)
    if gift is None:
        raise UnableToOffer(" ".join(dict.fromkeys(one.text for one in found.reasons)) or "It does not fit any more.")
    why = because("limits.approved", "A colleague whose limits cover it said yes.", evidence="G1")
    gift = attrs.evolve(gift, reasons=(*gift.reasons, why))
    offered = gift_offer(organization_id=here, recovery=recovery, failure_id=row.failure_id, gift=gift, by=by, now=now)
    offers_announce(organization_id=here, offers=[offered], by=row.asked_by_id, send="person", now=now)
    row.makegood_id = offered.makegood_id
    asking_end(row, "approved", by=by, now=now)
    return gift
