"""Whose time: the only source of `now`, which is each organization's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from makegood.store.models import Clock
from makegood.store.preparing import prepared
from makegood.store.unit import known

PACE = """
UPDATE store_clock c SET moment_at = makegood_moment(c), started_at = statement_timestamp(), speed = %s
WHERE organization_id = %s AND kind = 'running'
"""
STILL = 1e-9
"""The speed of a running clock that stands still, as far as anybody can tell: a tenth of a millisecond in a day."""
STEP = "UPDATE store_clock SET moment_at = %s WHERE organization_id = %s AND kind = 'stepped' AND moment_at < %s"


@attrs.frozen(kw_only=True)
class Moment:
    """An organization's present moment, in UTC."""

    now: datetime
    stepped: bool

    def at(self, due_at: datetime) -> datetime:
        """Return when a due row is handled: a stepped clock hands each row over at its own due moment."""
        return due_at if self.stepped else self.now


_stepped: set[int] = set()
"""The organizations whose clocks were stepped when last looked at: no more than a guess at what to ask first."""


def moment(*, organization_id: int) -> Moment:
    """Return the organization's present moment and whether its clock is stepped.

    A unit of work has one present: the moment at which it first asked.
    """
    unit = known()
    found: Moment | None = unit.get((Moment, organization_id)) if unit is not None else None
    if found is not None:
        return found
    with prepared() as cursor:
        cursor.execute(
            "SELECT makegood_moment(c), kind = 'stepped' FROM store_clock c WHERE organization_id = %s",
            [organization_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"organization {organization_id} has no clock in this unit of work")
    return _learnt(organization_id, Moment(now=row[0], stepped=row[1]))


def hold_if_stepped(*, organization_id: int) -> bool:
    """Keep a stepped clock from moving until this transaction ends; tell whether the organization's is one."""
    if organization_id not in _stepped and not moment(organization_id=organization_id).stepped:
        return False
    with prepared() as cursor:
        cursor.execute(
            "SELECT moment_at FROM store_clock WHERE organization_id = %s AND kind = 'stepped' FOR SHARE",
            [organization_id],
        )
        row = cursor.fetchone()
    if row is None:
        _stepped.discard(organization_id)
        return False
    _learnt(organization_id, Moment(now=row[0], stepped=True))
    return True


def _learnt(organization_id: int, found: Moment) -> Moment:
    (_stepped.add if found.stepped else _stepped.discard)(organization_id)
    unit = known()
    if unit is not None:
        unit[Moment, organization_id] = found
    return found


def _forget(organization_id: int) -> None:
    unit = known()
    if unit is not None:
        unit.pop((Moment, organization_id), None)


def now(*, organization_id: int) -> datetime:
    """Return the organization's present moment, in UTC."""
    return moment(organization_id=organization_id).now


def wall_now() -> datetime:
    """Return the wall clock, in UTC: for what belongs to no organization (sign-in limits, process health)."""
    return datetime.now(UTC)


def clock_set(*, organization_id: int, kind: str, moment_at: datetime | None = None, speed: float = 1.0) -> None:
    """Set the organization's clock; a running one starts at `moment_at` and moves `speed` times as fast."""
    _forget(organization_id)
    Clock.objects.update_or_create(
        organization_id=organization_id,
        defaults={
            "kind": kind,
            "moment_at": moment_at,
            "started_at": wall_now() if moment_at else None,
            "speed": speed,
        },
    )


def clock_pace(*, organization_id: int, speed: float) -> None:
    """Let a running clock go on from its present moment at another speed, or stand STILL; other kinds stay."""
    _forget(organization_id)
    with prepared() as cursor:
        cursor.execute(PACE, [speed, organization_id])


def clock_step(*, organization_id: int, moment_at: datetime) -> None:
    """Move a stepped clock forward to `moment_at`; it never moves back."""
    _forget(organization_id)
    with prepared() as cursor:
        cursor.execute(STEP, [moment_at, organization_id, moment_at])
