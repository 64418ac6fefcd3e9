"""Moments as whole microseconds since 1970 in UTC, where arithmetic has no daylight saving and no `fold`.

Python subtracts and compares two datetimes of the same zone by their wall clocks, so an hour that happens twice is
lost. Everything that reckons with time in `core` therefore reckons in these numbers and answers in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
FIRST_YEAR, LAST_YEAR = 1900, 9000


class UnusableTime(ValueError):
    """A time, a pause or a calendar cannot be reckoned with; each kind below says what to do."""


class UnusableMoment(UnusableTime):
    """A moment has no UTC offset, or lies outside the years that are reckoned with."""


def micros(at: datetime) -> int:
    """This function will count the microseconds from 1970 in UTC to a timezone-aware moment.

    Raises UnusableMoment for a moment without an offset.
    """
    if at.utcoffset() is None:
        raise UnusableMoment(f"{at.isoformat()} has no UTC offset: write one, such as {at.isoformat()}+00:00.")
    return (at - EPOCH) // MICROSECOND


def micros_in_reach(at: datetime) -> int:
    """This function will count as `micros` does, and refuse a moment outside the years 1900 to 9000.

    Raises UnusableMoment.
    """
    count = micros(at)
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise UnusableMoment(f"{at.isoformat()} is outside the years {FIRST_YEAR} to {LAST_YEAR}: check the date.")
    return count


def moment(count: int) -> datetime:
    """This function will make the UTC datetime of a count of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=count)
