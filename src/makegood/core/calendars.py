"""Calendars: which minutes of the week count as working time, where, and since when.

A moment counts when its wall-clock time in the calendar's zone lies inside one of the spans of its weekday and its
local date is no holiday. Nothing else decides, so a span that crosses a change of the clocks counts the minutes that
really pass: an hour that is skipped counts nothing, and an hour that happens twice counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs

from makegood.core.moments import UnusableTime, micros

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
PRIVATE_ZONES = re.compile(r"posix/|right/|(localtime|posixrules|Factory)$")
"""Names that some machines hold beside the real zones: their meaning differs between machines."""

Span = tuple[int, int]
Weekly = tuple[tuple[Span, ...], ...]


class UnusableCalendar(UnusableTime):
    """A calendar is malformed, contradicts itself, or has no working minute at all."""


def zone_named(name: object) -> ZoneInfo:
    """This function will find a time zone by its IANA name, such as ``Europe/Berlin``.

    Raises UnusableCalendar for a name that is unknown, or that means something else on each machine.
    """
    problem = f"Time zone {name!r} is unknown: write an IANA name, such as Europe/Berlin."
    if not isinstance(name, str) or PRIVATE_ZONES.match(name):
        raise UnusableCalendar(problem)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnusableCalendar(problem) from None


def _clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _check_zone(_: object, __: object, name: str) -> None:
    zone_named(name)


def _check_weekly(_: object, __: object, weekly: Weekly) -> None:
    if len(weekly) != len(DAYS):
        raise UnusableCalendar("A week has seven days: give the spans of Monday to Sunday.")
    for day, spans in zip(DAYS, weekly, strict=True):
        for start, end in spans:
            if not 0 <= start < end <= MINUTES_A_DAY:
                raise UnusableCalendar(
                    f"On {day} the span {_clock_text(start)}-{_clock_text(end)} does not end after it starts: "
                    "split a night at 24:00."
                )
        for (start, end), (next_start, next_end) in pairwise(spans):
            if next_start < end:
                raise UnusableCalendar(
                    f"On {day} the spans {_clock_text(start)}-{_clock_text(end)} and "
                    f"{_clock_text(next_start)}-{_clock_text(next_end)} overlap: join them."
                )
    if not any(weekly):
        raise UnusableCalendar("The calendar has no working minute: give at least one span on one day.")


def _sorted_week(weekly: Sequence[Sequence[Span]]) -> Weekly:
    return tuple(tuple(sorted((start, end) for start, end in spans)) for spans in weekly)


def _date_set(days: Iterable[date]) -> frozenset[date]:
    return frozenset(days)


@attrs.frozen(kw_only=True, cache_hash=True)
class Calendar:
    """The working week of one place.

    `zone` is an IANA time zone; `weekly` holds, for Monday to Sunday, the day's spans as (start, end) in minutes
    after local midnight, the end exclusive and at most 1440; `holidays` are local dates on which nothing counts.
    """

    zone: str = attrs.field(validator=_check_zone)
    weekly: Weekly = attrs.field(converter=_sorted_week, validator=_check_weekly)
    holidays: frozenset[date] = attrs.field(default=frozenset(), converter=_date_set)

    @property
    def counts_every_minute(self) -> bool:
        """Whether no moment at all is outside working time."""
        return not self.holidays and all(spans == WHOLE_DAY for spans in self.weekly)

    @property
    def open_day(self) -> int:
        """How many minutes count on a day that is open, on average over the week."""
        days = [sum(end - start for start, end in spans) for spans in self.weekly if spans]
        return round(sum(days) / len(days))

    @classmethod
    def from_data(cls, data: object) -> Calendar:
        """This function will read a calendar from the documented file shape.

        The shape is ``{"zone": "Europe/Berlin", "weekly": {"mon": [["09:00", "12:00"]], ...}, "holidays":
        ["2026-12-25"]}``; a day left out is closed; "24:00" may end a span; `holidays` may be left out.
        Raises UnusableCalendar, whose message is one sentence.
        """
        if not isinstance(data, Mapping):
            raise UnusableCalendar("A calendar is an object with zone, weekly and holidays.")
        if unknown := [key for key in data if key not in {"zone", "weekly", "holidays"}]:
            raise UnusableCalendar(f"A calendar has no {unknown[0]!r}: use zone, weekly and holidays.")
        return cls(
            zone=data.get("zone", ""),
            weekly=_week_from(data.get("weekly")),
            holidays=_holidays_from(data.get("holidays", ())),
        )

    def as_data(self) -> dict[str, object]:
        """This function will write the calendar in the shape that `from_data` reads, closed days left out."""
        return {
            "zone": self.zone,
            "weekly": {
                day: [[_clock_text(start), _clock_text(end)] for start, end in spans]
                for day, spans in zip(DAYS, self.weekly, strict=True)
                if spans
            },
            "holidays": sorted(day.isoformat() for day in self.holidays),
        }


WHOLE_DAY: tuple[Span, ...] = ((0, MINUTES_A_DAY),)
ALWAYS = Calendar(zone="UTC", weekly=(WHOLE_DAY,) * len(DAYS))
"""Every minute counts: what holds where no calendar is set."""


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _week_from(data: object) -> Weekly:
    if not isinstance(data, Mapping):
        raise UnusableCalendar('A calendar needs weekly hours, such as {"mon": [["09:00", "17:00"]]}.')
    if unknown := [day for day in data if day not in DAYS]:
        raise UnusableCalendar(f"Day {unknown[0]!r} is unknown: use {', '.join(DAYS)}.")
    return tuple(_spans_from(day, data.get(day, ())) for day in DAYS)


def _spans_from(day: str, spans: object) -> tuple[Span, ...]:
    if not isinstance(spans, Sequence) or not all(_is_list(span) and len(span) == 2 for span in spans):
        raise UnusableCalendar(f'The hours of {day} must be a list of spans, such as [["09:00", "17:00"]].')
    return tuple((_minute_from(day, start), _minute_from(day, end)) for start, end in spans)


def _minute_from(day: str, text: object) -> int:
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise UnusableCalendar(f'On {day} the time {text!r} is not one: write "09:00", at most "24:00".')
    return int(text[:2]) * 60 + int(text[3:])


def _holidays_from(data: object) -> frozenset[date]:
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        raise UnusableCalendar('Holidays must be a list of dates, such as ["2026-12-25"].')
    return frozenset(_date_from(day) for day in data)


def _date_from(day: object) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    if isinstance(day, str) and DATE.fullmatch(day):
        try:
            return date.fromisoformat(day)
        except ValueError:
            pass
    raise UnusableCalendar(f'Holiday {day!r} is not a date: write it as "2026-12-25".')


@attrs.frozen(kw_only=True)
class CalendarVersion:
    """A calendar and the moment since which it holds, until the next version; None means since ever."""

    active_from: datetime | None
    calendar: Calendar


def history_of(calendars: Sequence[CalendarVersion] | Calendar | None) -> tuple[CalendarVersion, ...]:
    """This function will bring a calendar, its versions or their absence into one shape: versions in order.

    The first version of the answer holds since ever. Where the first given one took effect at a moment, every minute
    before that moment counts, as it does wherever no calendar is set. Raises UnusableCalendar for versions that are
    not in the order in which they took effect, and UnusableMoment for a moment without an offset.
    """
    if calendars is None:
        calendars = ALWAYS
    if isinstance(calendars, Calendar):
        return (CalendarVersion(active_from=None, calendar=calendars),)
    versions = tuple(calendars)
    if not versions or versions[0].active_from is not None:
        versions = (CalendarVersion(active_from=None, calendar=ALWAYS), *versions)
    starts = [micros(version.active_from) for version in versions if version.active_from is not None]
    if len(starts) != len(versions) - 1 or starts != sorted(starts):
        raise UnusableCalendar("Calendar versions are out of order: sort them by the moment they took effect.")
    return versions


def switched(
    *,
    before: Sequence[CalendarVersion] | Calendar | None,
    at: datetime,
    after: Sequence[CalendarVersion] | Calendar | None,
) -> tuple[CalendarVersion, ...]:
    """This function will join two calendars where a clock changed from one to the other: time used stays used.

    Up to `at` the versions of `before` count, from then on those of `after`. Raises what `history_of` raises.
    """
    turn = micros(at)
    kept = [v for v in history_of(before) if v.active_from is None or micros(v.active_from) < turn]
    then = history_of(after)
    begun = [v for v in then if v.active_from is None or micros(v.active_from) <= turn]
    later = [v for v in then if v.active_from is not None and micros(v.active_from) > turn]
    return (*kept, CalendarVersion(active_from=at, calendar=begun[-1].calendar), *later)
