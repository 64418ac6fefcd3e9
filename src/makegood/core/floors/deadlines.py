"""By when: calendar days, or working days that leave out weekends and a country's public holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import attrs

from makegood.core.floors.conditions import Condition
from makegood.core.floors.facts import Known, MissingFact
from makegood.core.reasons import Reason

SATURDAY, SUNDAY = 5, 6
WEEKEND = frozenset({6, 0})
"""What the ordinals of Saturdays and Sundays leave when divided by seven."""
REMEMBERED = 10_000
"""How many counts of working days are remembered: those of many years of cases."""


@attrs.frozen(kw_only=True)
class FixedHoliday:
    """A holiday on the same day every year; on a weekend it is kept so many days later (before, if negative).

    As usual in the United States a Saturday's is kept on Friday and a Sunday's on Monday, unless said otherwise.
    """

    month: int
    day: int
    saturday: int = -1
    sunday: int = 1

    def in_year(self, year: int) -> date | None:
        """The day on which it is kept; for 1 January that may be in the year before."""
        day = date(year, self.month, self.day)
        return day + timedelta(days={SATURDAY: self.saturday, SUNDAY: self.sunday}.get(day.weekday(), 0))


@attrs.frozen(kw_only=True)
class MovingHoliday:
    """A holiday on the nth weekday (Monday is 0) of a month, but not in the years of `not_in`; nth -1 is the last."""

    month: int
    weekday: int
    nth: int
    not_in: frozenset[int] = frozenset()

    def in_year(self, year: int) -> date | None:
        """The day on which it falls."""
        if year in self.not_in:
            return None
        if self.nth > 0:
            first = date(year, self.month, 1)
            return first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1))
        last = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - self.weekday) % 7)


@attrs.frozen(kw_only=True)
class EasterHoliday:
    """A holiday so many days after the Easter Sunday of the Western churches; before it, if negative."""

    days: int

    def in_year(self, year: int) -> date | None:
        """The day on which it falls."""
        return easter(year) + timedelta(days=self.days)


@attrs.frozen(kw_only=True)
class SingleHoliday:
    """A holiday of one year only."""

    on: date

    def in_year(self, year: int) -> date | None:
        """The day, in its own year."""
        return self.on if self.on.year == year else None


Holiday = FixedHoliday | MovingHoliday | EasterHoliday | SingleHoliday


def easter(year: int) -> date:
    """This function will find Easter Sunday in the Gregorian calendar, by the anonymous computus of 1876."""
    century, of_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


@attrs.frozen
class WorkingDays:
    """Monday to Friday without a country's public holidays."""

    holidays: tuple[Holiday, ...] = ()
    _kept: dict[int, frozenset[int]] = attrs.field(init=False, eq=False, repr=False, factory=dict)
    _after: dict[tuple[date, int], date] = attrs.field(init=False, eq=False, repr=False, factory=dict)

    def kept_in(self, year: int) -> frozenset[int]:
        """The ordinals of the holidays kept in a year, and of some near its ends."""
        if year not in self._kept:
            days = [holiday.in_year(near) for holiday in self.holidays for near in (year, year + 1)]
            self._kept[year] = frozenset(day.toordinal() for day in days if day is not None)
        return self._kept[year]

    def after(self, day: date, count: int) -> date:
        """The working day that is the so manieth after a day, which is itself not counted; for 0 the day itself."""
        found = self._after.get((day, count))
        if found is None:
            if len(self._after) >= REMEMBERED:
                self._after.clear()
            found = self._after[day, count] = self._counted(day, count)
        return found

    def _counted(self, day: date, count: int) -> date:
        at, year_ends = day.toordinal(), 0
        while count:
            at += 1
            if at > year_ends:
                year = date.fromordinal(at).year
                year_ends, kept = date(year, 12, 31).toordinal(), self.kept_in(year)
            if at % 7 not in WEEKEND and at not in kept:
                count -= 1
        return date.fromordinal(at)


@attrs.frozen(kw_only=True)
class Deadline:
    """A number of days after a moment among the facts; working days if `business`. Taken when its condition holds."""

    when: Condition | None
    days: int
    business: bool
    reason: Reason
    since: str = "event_at"


def due_by(*, deadline: Deadline, facts: Known, working_days: WorkingDays) -> datetime:
    """This function will give the moment by which something is due, at that moment's own offset and time of day.

    The day from which it counts is not counted itself. Raises MissingFact where that moment is not given.
    """
    since: datetime | None = facts.get(deadline.since)
    if since is None:
        raise MissingFact(deadline.since)
    if not deadline.business:
        return since + timedelta(days=deadline.days)
    day = since.date()
    return since + (working_days.after(day, deadline.days) - day)
