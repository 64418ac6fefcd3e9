"""Over what time a measure counts, how many cases make a figure, and how counts are read."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from django.db import connection

ENOUGH = 10
"""Fewer cases than this make no share, median or mean (policy, not a finding)."""

INCLUSIVE = timedelta(microseconds=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Window:
    """A time from `since` up to, not including, `until`; both aware."""

    since: datetime
    until: datetime


def last_days(*, days: int, now: datetime) -> Window:
    """This function will make the window of the last `days` times 24 hours; what happens at `now` is in it."""
    return Window(since=now - timedelta(days=days), until=now + INCLUSIVE)


def today(*, now: datetime, zone: str) -> Window:
    """This function will make the window from midnight in this zone until `now`, which is in it."""
    return Window(since=_midnight(now, zone), until=now + INCLUSIVE)


def whole_day(*, now: datetime, zone: str) -> Window:
    """This function will make the window of today in this zone, from midnight to midnight."""
    local = _midnight(now, zone).astimezone(zoneinfo.ZoneInfo(zone))
    return Window(since=_midnight(now, zone), until=(local + timedelta(days=1)).astimezone(UTC))


def this_month(*, now: datetime, zone: str) -> Window:
    """This function will make the window from the first of the month in this zone until `now`, which is in it."""
    return Window(since=_midnight(now, zone, day=1), until=now + INCLUSIVE)


def ever(*, now: datetime) -> Window:
    """This function will make the window of everything until `now`, which is in it."""
    return Window(since=EVER, until=now + INCLUSIVE)


def _midnight(now: datetime, zone: str, day: int | None = None) -> datetime:
    local = now.astimezone(zoneinfo.ZoneInfo(zone))
    return local.replace(day=day or local.day, hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """This function will read rows of the present organization."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
