"""What every recorded data set is: where it comes from, its places, and its events by position in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import attrs

Body = dict[str, Any]
Moment = tuple[datetime, int, int]
"""When something happened, which of its row's events it is, and the row's number: this order is the order of time."""

CACHED = 200_000


class UnusableData(ValueError):
    """The recorded data cannot be read; the message says which file and what belongs there."""


@attrs.frozen(kw_only=True)
class Place:
    """A place that the recorded events name."""

    code: str
    name: str
    kind: str


@attrs.frozen(kw_only=True)
class Recorded:
    """A recorded data set. `moments` are in time order; `body` makes the CloudEvent of (which event, which row).

    Events are made only when asked for, so that a replay of half a million of them stays small.
    """

    kind: str
    name: str
    source: str
    playbook: str
    zone: str
    currency: str
    language: str
    places: tuple[Place, ...]
    moments: Sequence[Moment]
    body: Callable[[datetime, int, int], Body]

    def events(self, start: int = 0) -> Iterator[Body]:
        """Yield the events from this position on, oldest first."""
        return (self.body(*moment) for moment in islice(self.moments, start, None))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=CACHED)
def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001  # local until its zone is known


@lru_cache(maxsize=CACHED)
def local_moment(year: int, month: int, day: int, minutes: int, zone: str) -> datetime:
    """Return the UTC moment of a local wall-clock time; 1440 minutes are the midnight that ends the day.

    In the hour that a change of clocks skips or repeats, the first reading counts.
    """
    local = _day(year, month, day) + timedelta(minutes=minutes)
    return local.replace(tzinfo=_zone(zone)).astimezone(UTC)
