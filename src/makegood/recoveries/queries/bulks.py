"""Reads of bulks: how far each is, and what became of each of its recoveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import attrs
from django.db.models import Count

from makegood.recoveries.many_models import Bulk, BulkRow


@attrs.frozen(kw_only=True)
class BulkFacts:
    """One action for many: `counts` by the state of its rows; rows are what it was begun for."""

    id: int
    action: str
    chosen: dict[str, Any]
    state: str
    total: int
    by_id: int
    by: str
    begun_at: datetime
    done_at: datetime | None
    undo_at: datetime | None
    undo_by_id: int | None
    counts: dict[str, int]

    @property
    def left(self) -> int:
        """How many rows still wait to be done or undone."""
        return self.counts.get("waiting", 0) + self.counts.get("undo", 0)


@attrs.frozen(kw_only=True, slots=True)
class BulkLine:
    """What became of one recovery, and why where it was refused or stays."""

    number: int
    customer: str
    state: str
    why: str


def bulk_one(*, organization_id: int, bulk_id: int) -> BulkFacts | None:
    """This function will read one bulk; None if there is no such one here."""
    return next(iter(_facts(organization_id, [bulk_id])), None)


def bulks_recent(*, organization_id: int, by: int | None = None, limit: int = 10) -> tuple[BulkFacts, ...]:
    """This function will read the latest bulks, the newest first; of one member where `by` says whose."""
    rows = Bulk.objects.filter(organization_id=organization_id)
    if by is not None:
        rows = rows.filter(by_id=by)
    return _facts(organization_id, list(rows.order_by("-begun_at", "-id").values_list("id", flat=True)[:limit]))


def _facts(organization_id: int, ids: Collection[int]) -> tuple[BulkFacts, ...]:
    counts: dict[int, dict[str, int]] = {one: {} for one in ids}
    rows = BulkRow.objects.filter(organization_id=organization_id, bulk_id__in=list(ids))
    for bulk_id, state, count in rows.values_list("bulk_id", "state").annotate(count=Count("id")).order_by():
        counts[bulk_id][state] = count
    found = Bulk.objects.select_related("by").filter(organization_id=organization_id, id__in=list(ids))
    return tuple(
        BulkFacts(
            id=row.id,
            action=row.action,
            chosen=row.chosen,
            state=row.state,
            total=row.total,
            by_id=row.by_id,
            by=row.by.name,
            begun_at=row.begun_at,
            done_at=row.done_at,
            undo_at=row.undo_at,
            undo_by_id=row.undo_by_id,
            counts=counts[row.id],
        )
        for row in found.order_by("-begun_at", "-id")
    )


def bulk_lines(
    *, organization_id: int, bulk_id: int, states: Collection[str] = (), limit: int = 50, offset: int = 0
) -> tuple[BulkLine, ...]:
    """This function will list what became of a bulk's recoveries, in their order; of these states, or of all."""
    rows = BulkRow.objects.filter(organization_id=organization_id, bulk_id=bulk_id)
    if states:
        rows = rows.filter(state__in=list(states))
    page = rows.select_related("recovery__customer").order_by("recovery_id")[offset : offset + limit]
    return tuple(
        BulkLine(number=row.recovery.number, customer=row.recovery.customer.name, state=row.state, why=row.why)
        for row in page
    )
