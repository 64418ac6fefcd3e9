"""Whose time: the only source of `now`, which is each organization's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from makegood.store.models import Clock
from makegood.store.preparing import prepared

STEP = "UPDATE store_clock SET moment_at = %s WHERE organization_id = %s AND kind = 'stepped' AND moment_at < %s"


@attrs.frozen(kw_only=True)
class Moment:
    """An organization's present moment, in UTC."""

    now: datetime
    stepped: bool

    def at(self, due_at: datetime) -> datetime:
        """Return when a due row is handled: a stepped clock hands each row over at its own due moment."""
        return due_at if self.stepped else self.now


def moment(*, organization_id: int) -> Moment:
    """Return the organization's present moment and whether its clock is stepped."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT makegood_now(organization_id), kind = 'stepped' FROM store_clock WHERE organization_id = %s",
            [organization_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"organization {organization_id} has no clock in this unit of work")
    return Moment(now=row[0], stepped=row[1])


def hold_if_stepped(*, organization_id: int) -> bool:
    """Keep a stepped clock from moving until this transaction ends; tell whether the organization's is one."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT FROM store_clock WHERE organization_id = %s AND kind = 'stepped' FOR SHARE", [organization_id]
        )
        return bool(cursor.rowcount)


def now(*, organization_id: int) -> datetime:
    """Return the organization's present moment, in UTC."""
    return moment(organization_id=organization_id).now


def wall_now() -> datetime:
    """Return the wall clock, in UTC: for what belongs to no organization (sign-in limits, process health)."""
    return datetime.now(UTC)


def clock_set(*, organization_id: int, kind: str, moment_at: datetime | None = None, speed: float = 1.0) -> None:
    """Set the organization's clock; a running one starts at `moment_at` and moves `speed` times as fast."""
    Clock.objects.update_or_create(
        organization_id=organization_id,
        defaults={
            "kind": kind,
            "moment_at": moment_at,
            "started_at": wall_now() if moment_at else None,
            "speed": speed,
        },
    )


def clock_step(*, organization_id: int, moment_at: datetime) -> None:
    """Move a stepped clock forward to `moment_at`; it never moves back."""
    with prepared() as cursor:
        cursor.execute(STEP, [moment_at, organization_id, moment_at])
