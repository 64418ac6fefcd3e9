"""Reads of improvements."""

from __future__ import annotations

from datetime import date, datetime

import attrs

from makegood.causes.models import Improvement


@attrs.frozen(kw_only=True)
class ImprovementFacts:
    """One improvement with the names around it."""

    id: int
    number: int
    title: str
    cause_id: int
    cause: str
    owner: str
    state: str
    due_date: date | None
    opened_at: datetime
    settled_at: datetime | None


def improvements_list(
    *, organization_id: int, cause_id: int | None = None, improvement_id: int | None = None, most: int = 50
) -> list[ImprovementFacts]:
    """This function will list improvements, the open ones first, then the newest."""
    rows = Improvement.objects.filter(organization_id=organization_id).select_related("cause", "owner")
    if cause_id is not None:
        rows = rows.filter(cause_id=cause_id)
    if improvement_id is not None:
        rows = rows.filter(id=improvement_id)
    return [
        ImprovementFacts(
            id=row.id,
            number=row.number,
            title=row.title,
            cause_id=row.cause_id,
            cause=row.cause.name,
            owner=row.owner.name,
            state=row.state,
            due_date=row.due_date,
            opened_at=row.opened_at,
            settled_at=row.settled_at,
        )
        for row in rows.order_by("-state", "-number")[:most]
    ]
