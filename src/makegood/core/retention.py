"""For how long what is kept about people stays: kinds of data, what is proposed for each, and when a period is over.

The periods that are proposed are a house's own choice and no law: of one alone a rule is known, for some, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from makegood.core.moments import micros

LEAST_DAYS: Final = 30
"""A shorter period would take away what a recovery that has just closed may still need."""
MOST_DAYS: Final = 36_500
NIGHT: Final = time(3, 0)
"""By the organization's wall clock: what is over goes then, while few look."""


@attrs.frozen(kw_only=True)
class Kind:
    """One kind of data: what is removed of it, counted from when, for how many days it is proposed to stay, and why."""

    code: str
    title: str
    removed: str
    counted: str
    days: int
    why: str


KINDS: Final[Mapping[str, Kind]] = {
    one.code: one
    for one in (
        Kind(
            code="deliveries",
            title="Raw deliveries of sources",
            removed="what an event held as it came; that it came stays known",
            counted="since it came",
            days=90,
            why="What it told stands in its own tables; a redelivery within a quarter can still be compared.",
        ),
        Kind(
            code="unplaced",
            title="Mail that answers nothing of ours",
            removed="its words and address, once somebody decided about it",
            counted="since it came",
            days=180,
            why="Half a year: by then nobody asks after it again.",
        ),
        Kind(
            code="papers",
            title="Forms, files and notes of recoveries",
            removed="files, what was filled in, and the notes at steps and pauses",
            counted="since the recovery closed",
            days=365,
            why="A year: as long as it is looked whether the customer is back.",
        ),
        Kind(
            code="facts",
            title="What customers told us",
            removed="the fact",
            counted="since it expired, or since it was noted where it never does",
            days=730,
            why="Two years: what is older helps nobody to find a make-good that fits.",
        ),
        Kind(
            code="conversations",
            title="Conversations of recoveries",
            removed="subjects, words and addresses; when and how something was said stays",
            counted="since the recovery closed, or since it was said, if that was later",
            days=1095,
            why="Three years: so long British financial firms keep complaints (DISP); elsewhere ask who advises you.",
        ),
        Kind(
            code="customers",
            title="Customers who are long gone",
            removed="who they are: name, addresses, order numbers and words; who comes back is somebody new",
            counted="since the last order, payment, promise, failure, recovery or word",
            days=1825,
            why="Five years without a sign: longer than anything else here stays, so that nothing is cut short by it.",
        ),
    )
}


def cutoff(*, now: datetime, days: int) -> datetime:
    """This function will return the latest moment whose period of so many whole days of 24 hours is over at `now`."""
    return now.astimezone(UTC) - timedelta(days=days)


def next_night(*, after: datetime, zone: str) -> datetime:
    """This function will return the next NIGHT after a moment, by the wall clock of a zone (an IANA name)."""
    here = after.astimezone(ZoneInfo(zone))
    found = datetime.combine(here.date(), NIGHT, tzinfo=ZoneInfo(zone))
    if micros(found) <= micros(after):
        found = datetime.combine(here.date() + timedelta(days=1), NIGHT, tzinfo=ZoneInfo(zone))
    return found.astimezone(after.tzinfo)
