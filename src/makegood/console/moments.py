"""Times in words: absolute in the reader's zone and language, and relative to the reader's now."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta

from makegood.rules.phrases import languages, phrase

if TYPE_CHECKING:
    from makegood.console.viewmodels import Reader

MINUTE, HOUR, DAY = 60, 3600, 86400
TIED = "\u00a0"
"""What stands between a number and its unit, so that no line breaks there."""
NUMBERED = re.compile(r"(?<=\d) ")
WEEK_DAYS = 6
DAYS = {-1: "day.yesterday", 0: "day.today", 1: "day.tomorrow"}
DOTTED = ("de",)
"""The languages that write a day of the month with a full stop, of those that have phrases."""


def locale_of(name: str) -> Locale:
    """This function will find the locale, or fall back on British English for one that babel does not know."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def local(at: dt.datetime, reader: Reader) -> dt.datetime:
    """This function will move an aware datetime into the reader's zone."""
    return at.astimezone(zoneinfo.ZoneInfo(reader.zone))


def absolute(at: dt.datetime, reader: Reader) -> str:
    """This function will write a time as a person says it: "today 14:00", "Thu 12:00", "12 May 14:00", "7. Dez. 03:36".

    In a language that has no phrases the days around today are written as weekdays.
    """
    locale = locale_of(reader.locale)
    here = local(at, reader)
    return _on_day(here, format_time(here, "HH:mm", locale=locale), reader)


def due(at: dt.datetime, reader: Reader) -> str:
    """This function will write by when something is due: what is due as a day ends is due at that day's 24:00."""
    here = local(at, reader)
    if here.time() != dt.time():
        return absolute(at, reader)
    return _on_day(here - dt.timedelta(days=1), "24:00", reader)


def _on_day(here: dt.datetime, clock: str, reader: Reader) -> str:
    locale, today = locale_of(reader.locale), local(reader.now, reader).date()
    days = (here.date() - today).days
    if abs(days) <= 1 and locale.language in languages():
        return f"{phrase(DAYS[days], language=locale.language)} {clock}"
    if abs(days) <= WEEK_DAYS:
        return f"{format_date(here, 'EEE', locale=locale)} {clock}"
    dot = "." if locale.language in DOTTED else ""
    pattern = f"d{dot} MMM" if here.year == today.year else f"d{dot} MMM y"
    return f"{format_date(here, pattern, locale=locale)} {clock}"


def span(seconds: float) -> str:
    """This function will write a length of time in its two largest units: "1 d 3 h", "5 h 42 min", "22 min".

    No line breaks between a number and its unit.
    """
    left = int(abs(seconds))
    if left < MINUTE:
        return "under a minute"
    if left < HOUR:
        return f"{left // MINUTE}{TIED}min"
    large, small, names = (DAY, HOUR, ("d", "h")) if left >= DAY else (HOUR, MINUTE, ("h", "min"))
    rest = left % large // small
    return f"{left // large}{TIED}{names[0]}" + (f" {rest}{TIED}{names[1]}" if rest else "")


def relative(at: dt.datetime, reader: Reader) -> str:
    """This function will write a time relative to the reader's now: "in 1 h 32 min", "3 d ago"."""
    seconds = (at - reader.now).total_seconds()
    locale = locale_of(reader.locale)
    if locale.language != "en":
        said = format_timedelta(dt.timedelta(seconds=seconds), add_direction=True, locale=locale)
        return NUMBERED.sub(TIED, said)
    if abs(seconds) < MINUTE:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(seconds)} ago"


def left(due_at: dt.datetime, reader: Reader) -> str:
    """This function will write what is left until a deadline, or by how much it was missed ("12 min over")."""
    seconds = (due_at - reader.now).total_seconds()
    return span(seconds) if seconds >= 0 else f"{span(seconds)} over"
