"""When a step is due that no clock times: more minutes are never due sooner, and a week is never longer than a week."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from makegood.core.calendars import Calendar, CalendarVersion
from makegood.recoveries.frozen import WEEK_MINUTES, step_due

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHOP = (
    CalendarVersion(
        active_from=None,
        calendar=Calendar.from_data(
            {"zone": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
        ),
    ),
)
MINUTES = st.integers(min_value=0, max_value=6 * WEEK_MINUTES)


@given(MINUTES, MINUTES)
def test_more_minutes_are_never_due_sooner(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    sooner = step_due(started_at=MONDAY, minutes=fewer, calendars=SHOP)
    later = step_due(started_at=MONDAY, minutes=more, calendars=SHOP)
    assert sooner is not None
    assert later is not None
    assert sooner <= later


def test_an_hour_counts_while_open_and_a_week_as_it_passes() -> None:
    late = datetime.combine(MONDAY.date(), time(16, 30), UTC)
    assert step_due(started_at=late, minutes=60, calendars=SHOP) == MONDAY + timedelta(days=1, minutes=30)
    assert step_due(started_at=MONDAY, minutes=WEEK_MINUTES, calendars=SHOP) == MONDAY + timedelta(days=7)
    assert step_due(started_at=MONDAY, minutes=WEEK_MINUTES - 1, calendars=SHOP) == MONDAY + timedelta(days=7)
