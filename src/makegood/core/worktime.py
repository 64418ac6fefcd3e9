"""Working time on the line of real moments: when the minutes of a calendar happen.

All numbers are microseconds since 1970 in UTC (`makegood.core.moments`), all ranges end-exclusive. A calendar's spans
are worked out a month at a time and remembered, so that a deadline months away is a sum over months.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from makegood.core.calendars import Calendar, CalendarVersion, zone_named
from makegood.core.moments import DAY, EPOCH, MINUTE, SECOND, micros, moment

Range = tuple[int, int]
EPOCH_DAY = EPOCH.toordinal()


class Block(NamedTuple):
    """Working spans in order, and the sum of their lengths."""

    total: int
    spans: tuple[Range, ...]


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """This function will join the ranges that touch or overlap, and leave out the empty; they come by their begin."""
    apart: list[Range] = []
    for begin, end in ranges:
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        elif begin < end:
            apart.append((begin, end))
    return tuple(apart)


def blocks(*, calendar: Calendar, begin: int, end: int) -> Iterator[Block]:
    """This function will yield the working time between two moments in order, in blocks of a month at most."""
    if calendar.counts_every_minute:
        yield Block(end - begin, ((begin, end),))
        return
    while begin < end:
        at = moment(begin)
        month_end, block = _month(calendar, at.year, at.month)
        month_begin = (date(at.year, at.month, 1).toordinal() - EPOCH_DAY) * DAY
        yield block if month_begin == begin and month_end <= end else _cut(block.spans, begin, end)
        begin = month_end


def running(
    *, versions: Sequence[CalendarVersion], gaps: Sequence[Range], begin: int, end: int
) -> Iterator[tuple[Calendar, int, int]]:
    """This function will yield, in order, each stretch in which the clock runs, with the calendar that counts it.

    `gaps` are the pauses, sorted and apart from each other; each version holds until the next one takes effect.
    """
    starts = [begin if v.active_from is None else max(begin, micros(v.active_from)) for v in versions]
    for version, start, stop in zip(versions, starts, [*starts[1:], end], strict=True):
        at = start
        for gap_begin, gap_end in gaps:
            if at < min(gap_begin, stop, end):
                yield version.calendar, at, min(gap_begin, stop, end)
            at = max(at, gap_end)
        if at < min(stop, end):
            yield version.calendar, at, min(stop, end)


def _cut(spans: Sequence[Range], begin: int, end: int) -> Block:
    inside = tuple((max(a, begin), min(b, end)) for a, b in spans if a < end and b > begin)
    return Block(sum(b - a for a, b in inside), inside)


@lru_cache(maxsize=2048)
def _month(calendar: Calendar, year: int, month: int) -> tuple[int, Block]:
    first = date(year, month, 1).toordinal()
    last = date(year + month // 12, month % 12 + 1, 1).toordinal()
    begin, end = (first - EPOCH_DAY) * DAY, (last - EPOCH_DAY) * DAY
    spans = joined(
        (a - offset, b - offset)
        for start, stop, offset in _offsets(zone_named(calendar.zone), begin, end)
        for a, b in _by_wall_clock(calendar, start + offset, stop + offset)
    )
    return end, Block(sum(b - a for a, b in spans), spans)


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the stretches between two moments in which the zone's offset from UTC stays the same.

    Looks once a day and then halves: no zone since 1900 has changed its clocks twice within two days.
    """
    start, at, offset = begin, begin, _offset(zone, begin)
    while at < end:
        then = min(at + DAY, end)
        if _offset(zone, then) == offset:
            at = then
            continue
        low, high = at, then
        while high - low > SECOND:
            middle = low + (high - low) // (2 * SECOND) * SECOND
            low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
        if high < end:
            yield start, high, offset
            start, offset = high, _offset(zone, high)
        at = high
    yield start, end, offset


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = moment(at).astimezone(zone).utcoffset()
    assert offset is not None
    return offset.days * DAY + offset.seconds * SECOND


def _by_wall_clock(calendar: Calendar, begin: int, end: int) -> Iterator[Range]:
    for day in range(begin // DAY, -(-end // DAY)):
        local_date = date.fromordinal(EPOCH_DAY + day)
        if local_date in calendar.holidays:
            continue
        for start_minute, end_minute in calendar.weekly[local_date.weekday()]:
            start = max(begin, day * DAY + start_minute * MINUTE)
            stop = min(end, day * DAY + end_minute * MINUTE)
            if start < stop:
                yield start, stop
