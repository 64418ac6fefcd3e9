"""By when: calendar days, or working days that leave out weekends and a country's public holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import attrs

from makegood.core.floors.conditions import Condition
from makegood.core.reasons import Reason

SATURDAY, SUNDAY = 5, 6


@attrs.frozen(kw_only=True, cache_hash=True)
class FixedHoliday:
    """A holiday on the same day every year, kept on Friday or Monday when it falls on a weekend."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """The day on which it is kept; for 1 January that may be in the year before."""
        day = date(year, self.month, self.day)
        return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


@attrs.frozen(kw_only=True, cache_hash=True)
class MovingHoliday:
    """A holiday on the nth weekday (Monday is 0) of a month; nth -1 is the last."""

    month: int
    weekday: int
    nth: int

    def in_year(self, year: int) -> date:
        """The day on which it falls."""
        if self.nth > 0:
            first = date(year, self.month, 1)
            return first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1))
        last = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - self.weekday) % 7)


Holiday = FixedHoliday | MovingHoliday


@attrs.frozen(kw_only=True)
class Deadline:
    """A number of days after the event; working days if `business`. Taken when its condition holds."""

    when: Condition | None
    days: int
    business: bool
    reason: Reason


@lru_cache(maxsize=256)
def holidays_around(holidays: tuple[Holiday, ...], year: int) -> frozenset[date]:
    """This function will list the holidays kept in a year (and near its ends)."""
    return frozenset(holiday.in_year(near) for holiday in holidays for near in (year, year + 1))


def due_by(*, deadline: Deadline, from_at: datetime, holidays: tuple[Holiday, ...]) -> datetime:
    """This function will give the moment by which something is due, at the event's own offset and time of day.

    The day of the event is not counted.
    """
    if not deadline.business:
        return from_at + timedelta(days=deadline.days)
    at, left = from_at, deadline.days
    year, kept = at.year, holidays_around(holidays, at.year)
    while left:
        at += timedelta(days=1)
        if at.year != year:
            year, kept = at.year, holidays_around(holidays, at.year)
        if at.weekday() < SATURDAY and at.date() not in kept:
            left -= 1
    return at
