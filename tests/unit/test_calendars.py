"""Calendars: the file shape read and written, every refusal in one sentence, versions brought in order."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.calendars import (
    ALWAYS,
    DAYS,
    Calendar,
    CalendarVersion,
    UnusableCalendar,
    history_of,
    zone_named,
)
from makegood.core.moments import UnusableMoment

GOOD = {
    "zone": "Europe/Berlin",
    "weekly": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "fri": [["18:00", "24:00"]]},
    "holidays": ["2026-12-25", "2026-12-26"],
}
OFFICE = Calendar.from_data(GOOD)


def test_the_documented_shape_is_read() -> None:
    assert OFFICE.zone == "Europe/Berlin"
    assert OFFICE.weekly == (((540, 720), (780, 1020)), (), (), (), ((1080, 1440),), (), ())
    assert OFFICE.holidays == {date(2026, 12, 25), date(2026, 12, 26)}


def test_the_shape_is_written_as_it_was_read() -> None:
    assert OFFICE.as_data() == GOOD
    assert json.loads(json.dumps(OFFICE.as_data())) == GOOD


def test_holidays_may_be_left_out_be_dates_and_repeat() -> None:
    given_twice = {**GOOD, "holidays": [date(2026, 12, 25), "2026-12-25"]}
    assert Calendar.from_data(given_twice).holidays == {date(2026, 12, 25)}
    assert Calendar.from_data({"zone": "UTC", "weekly": {"sun": [["00:00", "24:00"]]}}).holidays == frozenset()


def test_spans_may_come_in_any_order_and_touch() -> None:
    week = {"mon": [["13:00", "17:00"], ["09:00", "13:00"]]}
    assert Calendar.from_data({"zone": "UTC", "weekly": week}).weekly[0] == ((540, 780), (780, 1020))


def test_always_counts_every_minute_and_a_working_week_or_a_holiday_does_not() -> None:
    assert ALWAYS.counts_every_minute
    assert not OFFICE.counts_every_minute
    assert not attrs.evolve(ALWAYS, holidays={date(2026, 12, 25)}).counts_every_minute


def week_of(*spans: object) -> dict[str, object]:
    return {**GOOD, "weekly": {"mon": list(spans)}}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        # the whole is no object
        (["09:00"], "A calendar is an object with zone, weekly and holidays."),
        (None, "A calendar is an object with zone, weekly and holidays."),
        # a misspelled part would silently be ignored
        ({**GOOD, "holiday": []}, "A calendar has no 'holiday': use zone, weekly and holidays."),
        # zones
        ({**GOOD, "zone": "Europe/Berlim"}, "Time zone 'Europe/Berlim' is unknown: write an IANA name,"),
        ({**GOOD, "zone": "Europe"}, "Time zone 'Europe' is unknown"),
        ({**GOOD, "zone": ""}, "Time zone '' is unknown"),
        ({**GOOD, "zone": "../../etc/passwd"}, "is unknown"),
        ({**GOOD, "zone": "/etc/localtime"}, "is unknown"),
        ({**GOOD, "zone": "tzdata.zi"}, "is unknown"),
        ({**GOOD, "zone": "Europe\0Berlin"}, "is unknown"),
        ({**GOOD, "zone": "x" * 5000}, "is unknown"),
        ({**GOOD, "zone": 1}, "Time zone 1 is unknown"),
        ({"weekly": GOOD["weekly"]}, "Time zone '' is unknown"),
        # zones that mean something else on each machine
        ({**GOOD, "zone": "localtime"}, "is unknown"),
        ({**GOOD, "zone": "right/Europe/Berlin"}, "is unknown"),
        # the week
        ({"zone": "UTC"}, "A calendar needs weekly hours"),
        ({**GOOD, "weekly": [["09:00", "17:00"]]}, "A calendar needs weekly hours"),
        ({**GOOD, "weekly": {"monday": []}}, "Day 'monday' is unknown: use mon, tue, wed, thu, fri, sat, sun."),
        ({**GOOD, "weekly": {}}, "The calendar has no working minute"),
        ({**GOOD, "weekly": {"mon": []}}, "The calendar has no working minute"),
        # the spans of a day
        ({**GOOD, "weekly": {"mon": "09:00-17:00"}}, "The hours of mon must be a list of spans"),
        ({**GOOD, "weekly": {"mon": None}}, "The hours of mon must be a list of spans"),
        (week_of("09:00", "17:00"), "The hours of mon must be a list of spans"),
        (week_of(["09:00"]), "The hours of mon must be a list of spans"),
        (week_of(["09:00", "12:00", "17:00"]), "The hours of mon must be a list of spans"),
        # reversed, empty, over midnight
        (
            week_of(["17:00", "09:00"]),
            "On mon the span 17:00-09:00 does not end after it starts: split a night at 24:00.",
        ),
        (week_of(["09:00", "09:00"]), "does not end after it starts"),
        (week_of(["24:00", "24:00"]), "does not end after it starts"),
        # overlapping, nested, twice
        (
            week_of(["09:00", "13:00"], ["12:59", "17:00"]),
            "On mon the spans 09:00-13:00 and 12:59-17:00 overlap: join them.",
        ),
        (week_of(["10:00", "11:00"], ["09:00", "17:00"]), "overlap"),
        (week_of(["09:00", "17:00"], ["09:00", "17:00"]), "overlap"),
        # times
        (week_of(["9:00", "17:00"]), 'On mon the time \'9:00\' is not one: write "09:00", at most "24:00".'),
        (week_of(["09:00", "24:01"]), "'24:01' is not one"),
        (week_of(["09:60", "17:00"]), "'09:60' is not one"),
        (week_of([540, 1020]), "the time 540 is not one"),
        (week_of(["\u0660\u0669:00", "17:00"]), "is not one"),
        # holidays
        ({**GOOD, "holidays": "2026-12-25"}, "Holidays must be a list of dates"),
        ({**GOOD, "holidays": None}, "Holidays must be a list of dates"),
        ({**GOOD, "holidays": ["25.12.2026"]}, "Holiday '25.12.2026' is not a date: write it as \"2026-12-25\"."),
        ({**GOOD, "holidays": ["2026-02-29"]}, "Holiday '2026-02-29' is not a date"),
        ({**GOOD, "holidays": ["20261225"]}, "is not a date"),
        ({**GOOD, "holidays": [20261225]}, "is not a date"),
        ({**GOOD, "holidays": [datetime(2026, 12, 25, tzinfo=UTC)]}, "is not a date"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(data, says) -> None:
    with pytest.raises(UnusableCalendar) as caught:
        Calendar.from_data(data)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("weekly", "says"),
    [
        # a week of six days
        ((((0, 60),),) * 6, "A week has seven days"),
        # past midnight
        ((((0, 1441),),) * 7, "does not end after it starts"),
        # before midnight
        ((((-1, 60),),) * 7, "does not end after it starts"),
    ],
)
def test_a_calendar_made_in_code_is_held_to_the_same_rules(weekly, says) -> None:
    with pytest.raises(UnusableCalendar, match=says):
        Calendar(zone="UTC", weekly=weekly)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from((*DAYS, "zone", "weekly", "holidays")), inner, max_size=4)
        ),
    )
)
def test_any_json_is_read_or_refused_and_nothing_else(data) -> None:
    with contextlib.suppress(UnusableCalendar):
        assert Calendar.from_data(data).as_data()["weekly"]


day_spans = st.lists(st.integers(0, 1440), max_size=6, unique=True).map(
    lambda edges: list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/Argentina/Buenos_Aires"]),
    st.lists(day_spans, min_size=7, max_size=7).filter(any),
    st.sets(st.dates()),
)
def test_what_is_written_reads_back_the_same(zone, weekly, holidays) -> None:
    calendar = Calendar(zone=zone, weekly=weekly, holidays=holidays)
    assert Calendar.from_data(json.loads(json.dumps(calendar.as_data()))) == calendar


def version(active_from: datetime | None) -> CalendarVersion:
    return CalendarVersion(active_from=active_from, calendar=OFFICE)


def test_no_calendar_one_calendar_and_no_versions_become_a_history() -> None:
    assert history_of(None) == history_of(()) == (CalendarVersion(active_from=None, calendar=ALWAYS),)
    assert history_of(OFFICE) == (version(None),)


def test_before_a_first_version_that_took_effect_once_every_minute_counts() -> None:
    first = version(datetime(2026, 1, 1, tzinfo=UTC))
    assert history_of([first]) == (CalendarVersion(active_from=None, calendar=ALWAYS), first)


def test_a_version_must_say_the_offset_of_the_moment_it_took_effect() -> None:
    with pytest.raises(UnusableMoment, match="has no UTC offset"):
        history_of([version(None), version(datetime(2026, 1, 1))])


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_named("America/Sao_Paulo").key == "America/Sao_Paulo"
