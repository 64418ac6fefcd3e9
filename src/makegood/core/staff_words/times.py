"""Times as people write them: found in a text, joined where they are one, and reckoned to a moment.

What a part of a day means is the latest that it is understood to mean. Days without a time end when the calendar
closes. Everything is local to one zone, and answered in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

from makegood.core.calendars import Calendar
from makegood.core.staff_words.types import StaffWordRules

NOON = 12 * 60
EARLIEST, LATEST = 7 * 60, 22 * 60
"""The minutes of the day between which an hour is meant that is neither said to be before nor after noon."""
JUST_OVER = timedelta(days=60)
"""A date without a year that was over no longer ago is not meant for next year."""


@attrs.frozen(kw_only=True)
class Piece:
    """One time phrase of a text, with the named groups of what matched."""

    kind: str
    start: int
    end: int
    said: dict[str, str]


@attrs.frozen(kw_only=True)
class Said:
    """When something was said, and by which calendar: `calendar` is None where every minute counts."""

    at: datetime
    zone: ZoneInfo
    calendar: Calendar | None
    rules: StaffWordRules

    @property
    def local(self) -> datetime:
        """The moment by the wall clock."""
        return self.at.astimezone(self.zone)

    def working(self, day: date) -> bool:
        """This function will say whether a day is worked on; Monday to Friday where there is no calendar."""
        if self.calendar is None:
            return day.weekday() < 5
        return bool(self.calendar.weekly[day.weekday()]) and day not in self.calendar.holidays

    def spans(self, day: date) -> tuple[tuple[int, int], ...]:
        """This function will list the working spans of a day, in minutes after midnight."""
        if self.calendar is None or not self.working(day):
            return ()
        return self.calendar.weekly[day.weekday()]

    def close(self, day: date) -> int:
        """This function will say at which minute a day ends for work."""
        spans = self.spans(day)
        return spans[-1][1] if spans else self.rules.close

    def opening(self, day: date) -> int:
        """This function will say until which minute the first thing of a day is done."""
        spans = self.spans(day)
        return spans[0][0] + 60 if spans else self.rules.opening

    def moment(self, day: date, minute: int) -> datetime:
        """This function will make the UTC moment of a local day and minute; 1440 is the next midnight."""
        whole = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(days=minute // 1440)
        return whole.replace(hour=minute % 1440 // 60, minute=minute % 60).astimezone(UTC)


def pieces(*, text: str, rules: StaffWordRules) -> list[Piece]:
    """This function will find the time phrases of a text, the longer where two overlap, in order."""
    found = [
        Piece(
            kind=phrase.kind,
            start=match.start(),
            end=match.end(),
            said={name: value.lower() for name, value in match.groupdict().items() if value is not None},
        )
        for phrase in rules.phrases
        for match in phrase.pattern.finditer(text)
    ]
    kept: list[Piece] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def joined(*, text: str, found: Sequence[Piece], rules: StaffWordRules) -> list[list[Piece]]:
    """This function will join the phrases that together say one time, such as a day and an hour."""
    groups: list[list[Piece]] = []
    for one in found:
        last = groups[-1] if groups else None
        if (
            last is not None
            and (one.kind not in {other.kind for other in last} or _dates(last, one))
            and rules.joins.fullmatch(text, last[-1].end, one.start)
        ):
            last.append(one)
        else:
            groups.append([one])
    return groups


def _dates(last: Sequence[Piece], one: Piece) -> bool:
    """Whether a weekday is followed by its date: "Saturday 9 March"."""
    return "dom" in one.said and all("weekday" in other.said for other in last)


def due(*, group: Sequence[Piece], said: Said, before: bool = False) -> datetime | None:
    """This function will reckon by when, in UTC; None where the phrases say no moment that can be.

    `before` says that the day itself is too late.
    """
    kinds = {one.kind: one.said for one in group}
    if "span" in kinds:
        return _after(kinds["span"], said)
    if "week" in kinds or "month" in kinds:
        day = _last_day(kinds, said)
        return said.moment(day, said.close(day))
    named = next((one.said["weekday"] for one in group if "weekday" in one.said), "")
    day_said = _day(kinds["day"], said, named) if "day" in kinds else None
    if "day" in kinds and day_said is None:
        return None
    part = kinds.get("part", {}).get("part", "")
    if "clock" in kinds:
        return _clock(kinds["clock"], said, day_said, part)
    day = day_said or said.local.date()
    if part:
        return said.moment(day, _part(part, day, said))
    if before:
        day -= timedelta(days=1)
        while not said.working(day):
            day -= timedelta(days=1)
    return said.moment(day, said.close(day))


def _part(part: str, day: date, said: Said) -> int:
    minute = said.rules.parts[part]
    if minute == "opening":
        return said.opening(day)
    return said.close(day) if minute == "close" else int(minute)


def _number(text: str, rules: StaffWordRules) -> float:
    return float(text) if text.isdecimal() else rules.numbers[text]


def _after(span: dict[str, str], said: Said) -> datetime | None:
    count, unit = _number(span["number"], said.rules), said.rules.units[span["unit"]]
    if count > 1000:
        return None
    if unit in ("minutes", "hours"):
        return said.at.astimezone(UTC) + timedelta(minutes=count * (60 if unit == "hours" else 1))
    day = said.local.date()
    if unit == "working_days":
        left = int(count)
        while left > 0:
            day += timedelta(days=1)
            left -= said.working(day)
    else:
        day += timedelta(days=count * {"days": 1, "weeks": 7, "fortnights": 14}[unit])
    return said.moment(day, said.close(day))


def _last_day(kinds: dict[str, dict[str, str]], said: Said) -> date:
    """The last working day of this week, the next, or this month."""
    day = said.local.date()
    if "month" in kinds:
        first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        first = day + timedelta(days=7 - day.weekday() + (7 if "ahead" in kinds["week"] else 0))
    last = first - timedelta(days=1)
    while not said.working(last) and last > day:
        last -= timedelta(days=1)
    return last


def _day(words: dict[str, str], said: Said, weekday: str) -> date | None:
    today = said.local.date()
    if "weekday" in words:
        ahead = (said.rules.weekdays[words["weekday"]] - today.weekday()) % 7 or 7
        same_week = today.weekday() + ahead < 7
        return today + timedelta(days=ahead + 7 if "next" in words and same_week else ahead)
    if "dom" in words:
        return _date(words, today, said.rules, weekday)
    return today + timedelta(days=1 if "tomorrow" in words else 2 if "after" in words else 0)


def _date(words: dict[str, str], today: date, rules: StaffWordRules, weekday: str) -> date | None:
    """The day of a date, the next one where this year's is over; None where it is the one just over that is meant."""
    named = words.get("month")
    month = (int(named) if named.isdecimal() else rules.months[named]) if named else today.month
    year = int(words.get("year", today.year))
    try:
        found = date(year, month, int(words["dom"]))
        if found >= today or "year" in words:
            return found
        if not named:
            following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
            return following.replace(day=int(words["dom"]))
        anew = found.replace(year=year + 1)
    except ValueError:
        return None
    just_over = rules.weekdays[weekday] == found.weekday() if weekday else today - found <= JUST_OVER
    return None if just_over else anew


def _clock(words: dict[str, str], said: Said, day: date | None, part: str) -> datetime | None:
    hour = int(_number(words["hour"], said.rules))
    minute = int(words.get("minute") or 0)
    if "half" in words:
        minute = 30
    if "past" in words or "to" in words:
        away = 15 if words.get("past", words.get("to")) == "quarter" else int(_number(_away(words), said.rules))
        minute, hour = (away, hour) if "past" in words else (60 - away, hour - 1)
    if not 0 <= hour <= 23 or not 0 <= minute < 60:
        return None
    of_day = hour * 60 + minute
    noon_known = words.get("ampm") or ("p" if part and _part(part, said.local.date(), said) > NOON else "")
    noon_known = noon_known or ("a" if part == "morning" else "")
    if hour > 12 or words["hour"].startswith("0") or (hour == 0 and "to" not in words):
        minutes = [of_day]
    elif noon_known:
        minutes = [of_day % NOON + (NOON if noon_known == "p" else 0)]
    else:
        minutes = [of_day % NOON, of_day % NOON + NOON]
    days = [day] if day else [said.local.date() + timedelta(days=ahead) for ahead in (0, 1)]
    return next((found for one in days if (found := _chosen(minutes, one, said))), None)


def _away(words: dict[str, str]) -> str:
    return words.get("past") or words["to"]


def _chosen(minutes: Sequence[int], day: date, said: Said) -> datetime | None:
    """The first of these minutes of the day that is still ahead: in working time, else while people are awake."""
    ahead = [minute for minute in minutes if said.moment(day, minute) > said.at]
    spans = said.spans(day)
    working = [minute for minute in ahead if any(start <= minute <= end for start, end in spans)]
    awake = [minute for minute in ahead if EARLIEST <= minute < LATEST or len(minutes) == 1]
    chosen = next(iter([*working, *awake]), None)
    return None if chosen is None else said.moment(day, chosen)


def without_dots(text: str) -> str:
    """This function will write a.m. and p.m. without their dots, as long as before, where a sentence goes on."""
    return re.sub(r"\b([ap])\.m\.(?!\s+[A-Z]|\s*$)", r"\1m  ", text)
