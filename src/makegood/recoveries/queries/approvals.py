"""Reads of what colleagues were asked to say yes to."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
from django.db.models import QuerySet

from makegood.core.money import Money
from makegood.organizations.models import Member
from makegood.organizations.queries import members_serving
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.lateness import remedy_named

LINK_COUNTS = timedelta(days=7)
"""How long the link in a mail answers; whoever signs in may answer later. A policy, not a finding."""


@attrs.frozen(kw_only=True)
class AskedLine:
    """One asking as faces show it: the extra, who asked, who is asked; `deputy` is "" until one was asked too.

    `state` is over, too, while the recovery is not open.
    """

    id: int
    number: int
    remedy: str
    title: str
    cost: Money
    value: Money | None
    state: str
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    approver: str
    deputy: str
    next_at: datetime | None


def approvals_waiting(*, organization_id: int, recovery_id: int) -> tuple[AskedLine, ...]:
    """This function will list what waits for a yes in a recovery, the oldest first."""
    rows = _rows(organization_id).filter(recovery_id=recovery_id, state="waiting").order_by("id")
    return tuple(_line(row) for row in rows)


def approval_for(*, organization_id: int, approval_id: int, member_id: int, now: datetime) -> AskedLine | None:
    """This function will find what a link asks of a member; None where the link counts no more, or they do not."""
    row = _rows(organization_id).filter(id=approval_id).first()
    if row is None or member_id not in (row.approver_id, row.deputy_id) or now >= row.asked_at + LINK_COUNTS:
        return None
    if not Member.objects.filter(organization_id=organization_id, id=member_id, active=True, tier__gte=2).exists():
        return None
    if member_id not in members_serving(organization_id=organization_id, place_id=row.recovery.place_id):
        return None
    return _line(row)


def _rows(organization_id: int) -> QuerySet[Approval]:
    return Approval.objects.filter(organization_id=organization_id).select_related(
        "recovery", "asked_by", "approver", "deputy"
    )


def _line(row: Approval) -> AskedLine:
    remedy = remedy_named(organization_id=row.organization_id, recovery=row.recovery, code=row.remedy)
    return AskedLine(
        id=row.id,
        number=row.recovery.number,
        remedy=row.remedy,
        title=remedy.title if remedy else row.remedy,
        cost=Money(minor=row.cost_minor, currency=row.currency),
        value=remedy.value if remedy else None,
        state="over" if row.state == "waiting" and row.recovery.state != "open" else row.state,
        asked_by_id=row.asked_by_id,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        approver=row.approver.name,
        deputy=row.deputy.name if row.deputy else "",
        next_at=row.next_at,
    )
