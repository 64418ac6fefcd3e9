"""Periods end on the second: at their end they are over, a second before they are not; nights come by the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from makegood.core.retention import KINDS, LEAST_DAYS, NIGHT, cutoff, next_night

MOMENTS = some.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=some.just(UTC)
)  # fmt: skip
ZONES = some.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
SECOND = timedelta(seconds=1)


@given(MOMENTS, some.integers(1, 30_000))
def test_a_period_is_over_at_its_end_and_not_a_second_before(since: datetime, days: int) -> None:
    end = since + timedelta(days=days)
    for shift, told in ((-SECOND, False), (timedelta(), True), (SECOND, True)):
        for zone in (UTC, ZoneInfo("Europe/Amsterdam")):
            assert (since <= cutoff(now=(end + shift).astimezone(zone), days=days)) is told


@given(MOMENTS, ZONES)
def test_the_next_night_is_within_a_day_or_so_and_later(after: datetime, zone: str) -> None:
    night = next_night(after=after, zone=zone)
    assert timedelta() < night - after <= timedelta(hours=26)
    wall = night.astimezone(ZoneInfo(zone)).time()
    assert wall == NIGHT or wall.hour in (2, 3, 4)


@pytest.mark.parametrize(
    ("after", "night"),
    [
        ("2026-03-02T01:59:59+00:00", "2026-03-02T02:00:00+00:00"),
        ("2026-03-02T02:00:00+00:00", "2026-03-03T02:00:00+00:00"),
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),
    ],
)
def test_three_in_the_morning_in_amsterdam(after: str, night: str) -> None:
    found = next_night(after=datetime.fromisoformat(after), zone="Europe/Amsterdam")
    assert found == datetime.fromisoformat(night)
    assert time(3) == NIGHT


def test_every_period_proposed_may_be_set_and_says_why() -> None:
    assert all(one.days >= LEAST_DAYS and one.why.endswith(".") for one in KINDS.values())
