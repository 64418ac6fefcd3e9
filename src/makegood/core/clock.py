"""Clocks: when a number of working minutes is used up, and how much of them is used.

A clock starts once. From then on its time is used in every moment that its calendar counts and no pause covers; the
deadline is the first moment at which the allowed minutes are used. Time used stays used: a pause stops the use and
takes none back, and each version of a calendar counts only the time in which it held. More minutes, a pause or less
working time can therefore never bring a deadline forward, and more working time never push one back.

All answers are moments in UTC, whatever the offset of the question: Python compares two datetimes of one zone by
their wall clocks, which is wrong in the hour that happens twice. Convert them where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from makegood.core.calendars import Calendar, CalendarVersion, history_of
from makegood.core.clock_reasons import Telling
from makegood.core.moments import DAY, MINUTE, UnusableTime, micros, micros_in_reach, moment
from makegood.core.reasons import Reason
from makegood.core.worktime import Block, Range, blocks, joined, running

HORIZON = timedelta(days=3653)
"""Ten years: no deadline is looked for, and no time used is counted, further than this after the start."""

REACH = HORIZON.days * DAY
FOREVER = micros(datetime.max.replace(tzinfo=UTC)) + 1
Calendars = Sequence[CalendarVersion] | Calendar | None


class UnusablePause(UnusableTime):
    """A pause ends before it begins."""


class NegativeMinutes(UnusableTime):
    """A clock cannot allow fewer than no minutes."""


class BeyondHorizon(UnusableTime):
    """Ten years of the calendar do not hold the minutes, or more than ten years were asked about."""


def _check_order(pause: Pause, _: object, to_at: datetime | None) -> None:
    begin = micros(pause.from_at)
    if to_at is not None and micros(to_at) < begin:
        raise UnusablePause(f"The pause from {pause.from_at.isoformat()} ends before it begins: swap the two moments.")


@attrs.frozen(kw_only=True)
class Pause:
    """A stretch in which a clock stands still, its end exclusive; `to_at` is None while the pause goes on.

    `reason` and `by` say why and who, for the page that shows it; they change no deadline. Raises UnusablePause
    where it ends before it begins, and UnusableMoment for a moment without an offset.
    """

    from_at: datetime
    to_at: datetime | None = attrs.field(validator=_check_order)
    reason: str
    by: str


@attrs.frozen(kw_only=True)
class Deadline:
    """When a clock runs out, in UTC, and why; `due_at` is None while an open pause keeps it unknown."""

    due_at: datetime | None
    reasons: tuple[Reason, ...]


@attrs.frozen(kw_only=True)
class WorkingSpan:
    """A stretch in which a clock ran, in UTC, its end exclusive."""

    from_at: datetime
    to_at: datetime


def deadline(*, start_at: datetime, minutes: int, calendars: Calendars, pauses: Sequence[Pause] = ()) -> Deadline:
    """This function will find the first moment at which a clock's minutes are used, and say why.

    `calendars` is one calendar, its versions in the order in which they took effect, or None where every minute
    counts. No minutes are due at the start itself. While a pause is open the deadline is unknown, unless the minutes
    were used before it. Raises NegativeMinutes, BeyondHorizon, UnusableMoment or UnusableCalendar.
    """
    if minutes < 0:
        raise NegativeMinutes(f"A clock cannot allow {minutes} minutes: give 0 or more.")
    start, versions, gaps = micros_in_reach(start_at), history_of(calendars), pause_gaps(pauses)
    open_from = gaps[-1][0] if any(pause.to_at is None for pause in pauses) else start + REACH + 1
    end = max(start, min(open_from, start + REACH))
    due, left = _search(_ran(versions, gaps, start, end), start, minutes * MINUTE)
    if due is None and open_from > start + REACH:
        raise BeyondHorizon(
            f"{minutes} minutes are not used up within {HORIZON.days} days of {start_at.isoformat()}: "
            "allow fewer minutes, or open more hours in the calendar."
        )
    told = Telling(versions=versions, start=start, last=end if due is None else due, start_zone=start_at.tzinfo)
    reasons = [told.allows(minutes), *told.calendars(), *told.pauses(gaps)]
    reasons.append(told.unknown(left) if due is None else told.due(minutes))
    return Deadline(due_at=None if due is None else moment(due), reasons=tuple(reasons))


def deadline_or_visit_end(
    *,
    start_at: datetime,
    minutes: int,
    calendars: Calendars,
    pauses: Sequence[Pause] = (),
    visit_ends_at: datetime | None,
) -> Deadline:
    """This function will find the deadline as `deadline` does, or the end of the customer's visit if that is sooner.

    A visit (stay, trip) that was over when the clock started binds nothing. No pause moves the end of a visit.
    Raises what `deadline` raises.
    """
    found = deadline(start_at=start_at, minutes=minutes, calendars=calendars, pauses=pauses)
    if visit_ends_at is None:
        return found
    start, visit_end = micros(start_at), micros_in_reach(visit_ends_at)
    told = Telling(versions=history_of(calendars), start=start, last=visit_end, start_zone=start_at.tzinfo)
    if visit_end <= start:
        return attrs.evolve(found, reasons=(*found.reasons, told.visit_over()))
    if found.due_at is not None and micros(found.due_at) <= visit_end:
        return found
    return Deadline(due_at=moment(visit_end), reasons=(*found.reasons, told.visit_end()))


def used_time(
    *, start_at: datetime, until_at: datetime, calendars: Calendars, pauses: Sequence[Pause] = ()
) -> timedelta:
    """This function will sum the working time that a clock has used from its start until a moment, exactly.

    Nothing is used before the start. Raises BeyondHorizon, UnusableMoment or UnusableCalendar.
    """
    ran = _ran(history_of(calendars), pause_gaps(pauses), *_reach(start_at, until_at))
    return timedelta(microseconds=sum(block.total for block in ran))


def used_minutes(*, start_at: datetime, until_at: datetime, calendars: Calendars, pauses: Sequence[Pause] = ()) -> int:
    """This function will count the whole minutes that `used_time` sums, a minute begun not counted.

    Raises what `used_time` raises.
    """
    used = used_time(start_at=start_at, until_at=until_at, calendars=calendars, pauses=pauses)
    return used // timedelta(minutes=1)


def working_spans(
    *, start_at: datetime, until_at: datetime, calendars: Calendars, pauses: Sequence[Pause] = ()
) -> tuple[WorkingSpan, ...]:
    """This function will list, in order and apart from each other, the stretches in which a clock ran.

    Their lengths sum to `used_time`. Raises what `used_time` raises.
    """
    ran = _ran(history_of(calendars), pause_gaps(pauses), *_reach(start_at, until_at))
    spans = joined(span for block in ran for span in block.spans)
    return tuple(WorkingSpan(from_at=moment(begin), to_at=moment(end)) for begin, end in spans)


def _reach(start_at: datetime, until_at: datetime) -> Range:
    start, until = micros_in_reach(start_at), micros_in_reach(until_at)
    if until - start > REACH:
        raise BeyondHorizon(
            f"{until_at.isoformat()} is more than {HORIZON.days} days after {start_at.isoformat()}: "
            "ask about a shorter time."
        )
    return start, max(start, until)


def _ran(versions: Sequence[CalendarVersion], gaps: Sequence[Range], begin: int, end: int) -> Iterator[Block]:
    for calendar, first, last in running(versions=versions, gaps=gaps, begin=begin, end=end):
        yield from blocks(calendar=calendar, begin=first, end=last)


def _search(ran: Iterator[Block], start: int, left: int) -> tuple[int | None, int]:
    """Find the moment at which the time left is used, or the time still left where the clock ran no longer."""
    if left == 0:
        return start, 0
    for block in ran:
        if left > block.total:
            left -= block.total
            continue
        for begin, end in block.spans:
            if left <= end - begin:
                return begin + left, 0
            left -= end - begin
    return None, left


def pause_gaps(pauses: Sequence[Pause]) -> tuple[Range, ...]:
    """This function will join pauses into ranges of microseconds that are sorted and apart; an open one never ends."""
    ends = (FOREVER if pause.to_at is None else micros(pause.to_at) for pause in pauses)
    return joined(sorted(zip((micros(pause.from_at) for pause in pauses), ends, strict=True)))
