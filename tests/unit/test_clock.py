"""Clocks against a table worked out by hand, against a count of single minutes, and by invariant 10."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.clock_cases import CASES, MON_10, NIGHT, OFFICE, SHORT, hours, mon, since

from makegood.core.calendars import ALWAYS, Calendar, CalendarVersion, UnusableCalendar
from makegood.core.clock import (
    HORIZON,
    BeyondHorizon,
    NegativeMinutes,
    Pause,
    UnusablePause,
    deadline,
    deadline_or_visit_end,
    used_minutes,
    used_time,
    working_spans,
)
from makegood.core.moments import UnusableMoment

NEVER = datetime.max.replace(tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def pauses_from(pairs: list[tuple[str, str | None]]) -> list[Pause]:
    return [Pause(from_at=at(a), to_at=b and at(b), reason="waiting", by="m1") for a, b in pairs]


@pytest.mark.parametrize(
    ("start", "minutes", "calendars", "pauses", "due"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_the_deadline_is_the_one_worked_out_by_hand(start, minutes, calendars, pauses, due) -> None:
    found = deadline(start_at=at(start), minutes=minutes, calendars=calendars, pauses=pauses_from(pauses))
    assert found.due_at == (due and at(due))
    assert found.reasons


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) >= 40


def test_the_answer_is_in_utc_whatever_the_question_was_in() -> None:
    found = deadline(start_at=at(MON_10).astimezone(ZoneInfo("Asia/Tokyo")), minutes=1, calendars=OFFICE)
    assert found.due_at is not None
    assert found.due_at.tzinfo is UTC


def test_a_start_in_the_second_pass_of_an_hour_is_told_apart_by_its_fold() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for fold, due in ((0, "2026-10-25T01:00Z"), (1, "2026-10-25T02:00Z")):
        start = datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold)
        assert deadline(start_at=start, minutes=30, calendars=NIGHT).due_at == at(due)


def test_the_reasons_tell_start_calendar_pause_and_end_in_local_time_with_their_evidence() -> None:
    found = deadline(
        start_at=at("2026-01-05T15:00Z"),
        minutes=120,
        calendars=since((None, OFFICE), ("2026-01-05T23:00Z", SHORT)),
        pauses=pauses_from([mon("16:15", "16:30"), ("2026-01-09T10:00Z", None)]),
    )
    assert [(reason.rule, reason.grade) for reason in found.reasons] == [
        ("clock.start", None),
        ("clock.calendar", "C"),
        ("clock.calendar", "C"),
        ("clock.pause", "C"),
        ("clock.due", None),
    ]
    assert [reason.text for reason in found.reasons] == [
        "The clock starts at 2026-01-05T16:00:00+01:00 and allows 120 minutes.",
        "Only working hours count, by the calendar of Europe/Berlin.",
        "From 2026-01-06T00:00:00+01:00 on only working hours count, by the calendar of Europe/Berlin.",
        "A pause stops the clock from 2026-01-05T16:15:00+01:00 to 2026-01-05T16:30:00+01:00.",
        "The allowed time (120 minutes) is used up at 2026-01-06T10:15:00+01:00.",
    ]


def test_the_reasons_of_an_open_pause_tell_what_is_left_and_never_the_words_of_the_pause() -> None:
    found = deadline(
        start_at=at(MON_10), minutes=60, calendars=None, pauses=pauses_from([mon("10:15", "10:20"), mon("10:30", None)])
    )
    assert found.due_at is None
    assert [reason.text for reason in found.reasons] == [
        "The clock starts at 2026-01-05T10:00:00+01:00 and allows 60 minutes.",
        "Every minute counts, since no calendar is set.",
        "A pause stops the clock from 2026-01-05T10:15:00+01:00 to 2026-01-05T10:20:00+01:00.",
        "The clock is paused since 2026-01-05T10:30:00+01:00 with 35 minutes left; the deadline is known once the "
        "pause ends.",
    ]


@pytest.mark.parametrize(
    ("minutes", "pauses", "visit", "due", "rule"),
    [
        # no visit
        (60, [], None, "2026-01-05T11:00+01:00", "clock.due"),
        # leaves after the deadline
        (60, [], "2026-01-05T12:00+01:00", "2026-01-05T11:00+01:00", "clock.due"),
        # leaves just at the deadline
        (60, [], "2026-01-05T11:00+01:00", "2026-01-05T11:00+01:00", "clock.due"),
        # leaves before the deadline
        (60, [], "2026-01-05T10:30+01:00", "2026-01-05T10:30+01:00", "clock.visit"),
        # had left when the clock started
        (60, [], "2026-01-05T10:00+01:00", "2026-01-05T11:00+01:00", "clock.visit"),
        # a pause does not hold the guest
        (60, [mon("10:15", None)], "2026-01-05T10:30+01:00", "2026-01-05T10:30+01:00", "clock.visit"),
        # a pause without end, and a guest who has left
        (60, [mon("10:15", None)], "2026-01-05T09:00+01:00", None, "clock.visit"),
    ],
)
def test_the_end_of_a_visit_is_the_deadline_where_it_is_sooner(minutes, pauses, visit, due, rule) -> None:
    found = deadline_or_visit_end(
        start_at=at(MON_10),
        minutes=minutes,
        calendars=OFFICE,
        pauses=pauses_from(pauses),
        visit_ends_at=visit and at(visit),
    )
    assert found.due_at == (due and at(due))
    assert found.reasons[-1].rule == rule


def test_used_minutes_leave_out_closed_hours_pauses_and_the_minute_begun() -> None:
    asked = {
        "start_at": at("2026-01-02T16:30+01:00"),
        "until_at": at("2026-01-05T09:20:30+01:00"),
        "calendars": OFFICE,
        "pauses": pauses_from([mon("09:05", "09:10")]),
    }
    assert used_time(**asked) == timedelta(minutes=45, seconds=30)
    assert used_minutes(**asked) == 45
    assert [(span.from_at, span.to_at) for span in working_spans(**asked)] == [
        (at("2026-01-02T16:30+01:00"), at("2026-01-02T17:00+01:00")),
        (at("2026-01-05T09:00+01:00"), at("2026-01-05T09:05+01:00")),
        (at("2026-01-05T09:10+01:00"), at("2026-01-05T09:20:30+01:00")),
    ]


def test_nothing_is_used_before_the_start() -> None:
    asked = {"start_at": at(MON_10), "until_at": at("2026-01-05T09:30+01:00"), "calendars": OFFICE}
    assert used_minutes(**asked) == 0
    assert working_spans(**asked) == ()


def test_spans_that_touch_over_midnight_a_month_and_a_new_version_are_shown_as_one() -> None:
    spans = working_spans(
        start_at=at("2026-01-31T21:00+01:00"),
        until_at=at("2026-02-01T12:00+01:00"),
        calendars=since((None, NIGHT), ("2026-02-01T02:00+01:00", NIGHT)),
    )
    assert [(span.from_at, span.to_at) for span in spans] == [
        (at("2026-01-31T22:00+01:00"), at("2026-02-01T06:00+01:00"))
    ]


TEN_YEARS = HORIZON.days * 24 * 60


@pytest.mark.parametrize("calendar", [None, hours("UTC", ("mon",), ["00:00", "24:00"])], ids=["always", "mondays"])
def test_a_deadline_is_found_at_the_edge_of_the_horizon_and_not_a_minute_past_it(calendar) -> None:
    start = at("2026-01-06T00:00Z")  # a Tuesday; the horizon is 521 weeks and 6 days, so it ends on a Monday
    most = TEN_YEARS if calendar is None else 522 * 24 * 60
    assert (start + HORIZON).weekday() == 0
    start = start if calendar is None else start + timedelta(days=1)
    assert deadline(start_at=start, minutes=most, calendars=calendar).due_at == start + HORIZON
    with pytest.raises(BeyondHorizon, match="allow fewer minutes, or open more hours"):
        deadline(start_at=start, minutes=most + 1, calendars=calendar)


def test_used_time_is_counted_to_the_edge_of_the_horizon_and_not_past_it() -> None:
    start = at("2026-01-06T00:00Z")
    assert used_minutes(start_at=start, until_at=start + HORIZON, calendars=None) == TEN_YEARS
    with pytest.raises(BeyondHorizon, match="ask about a shorter time"):
        used_minutes(start_at=start, until_at=start + HORIZON + timedelta.resolution, calendars=None)


def test_a_calendar_closed_for_ten_years_is_refused_rather_than_searched_for_ever() -> None:
    days = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(HORIZON.days + 6))
    closed = attrs.evolve(OFFICE, holidays=days)
    assert used_minutes(start_at=at(MON_10), until_at=at(MON_10) + HORIZON, calendars=closed) == 0
    with pytest.raises(BeyondHorizon):
        deadline(start_at=at(MON_10), minutes=1, calendars=closed)


@pytest.mark.parametrize("minutes", [10**12, 10**30])
def test_absurd_minutes_are_refused(minutes) -> None:
    with pytest.raises(BeyondHorizon):
        deadline(start_at=at(MON_10), minutes=minutes, calendars=OFFICE)


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(NegativeMinutes, match="give 0 or more"):
        deadline(start_at=at(MON_10), minutes=-1, calendars=None)


@pytest.mark.parametrize("start", ["2026-01-05T10:00", "1899-12-31T23:59Z", "9000-01-01T00:00Z"])
def test_a_start_without_an_offset_or_out_of_reach_is_refused(start) -> None:
    with pytest.raises(UnusableMoment):
        deadline(start_at=at(start), minutes=1, calendars=OFFICE)


@pytest.mark.parametrize("start", ["1900-01-01T00:00+14:00", "8999-12-31T23:59-12:00"])
def test_the_first_and_last_years_within_reach_work(start) -> None:
    assert deadline(start_at=at(start), minutes=10_000, calendars=OFFICE).due_at > at(start)


@pytest.mark.parametrize(("begin", "end"), [("2026-01-05T10:00", None), ("2026-01-05T10:00Z", "2026-01-05T11:00")])
def test_a_pause_without_an_offset_is_refused(begin, end) -> None:
    with pytest.raises(UnusableMoment, match="write one"):
        Pause(from_at=at(begin), to_at=end and at(end), reason="", by="")


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UnusablePause, match="swap the two moments"):
        pauses_from([mon("11:00", "10:59")])


@pytest.mark.parametrize("later", [None, "2025-12-31T23:59Z"])
def test_versions_out_of_order_are_refused(later) -> None:
    with pytest.raises(UnusableCalendar, match="out of order"):
        deadline(
            start_at=at(MON_10),
            minutes=1,
            calendars=since((None, OFFICE), ("2026-01-01T00:00Z", SHORT), (later, OFFICE)),
        )


# -- properties --

CHANGES = (
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("Asia/Beirut", "2026-03-28T22:00Z"),
    ("America/St_Johns", "2009-11-01T02:31Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Asia/Kathmandu", "2026-01-31T18:15Z"),
)
"""Zones and the moments at which their clocks change; the last has no change and is the end of a month."""
ZONES = sorted({zone for zone, _ in CHANGES})

seconds = st.integers(0, 3600).map(lambda n: timedelta(seconds=n))
day_spans = st.lists(st.integers(0, 48), max_size=6, unique=True).map(
    lambda edges: [(a * 30, b * 30) for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)]
)
weeks = st.lists(day_spans, min_size=7, max_size=7).filter(any)


@st.composite
def calendars(draw: st.DrawFn, zone: str | None = None) -> Calendar:
    near = [at(change).date() for _, change in CHANGES]
    holidays = draw(st.lists(st.builds(lambda d, n: d + timedelta(days=n), st.sampled_from(near), st.integers(-3, 9))))
    return Calendar(zone=zone or draw(st.sampled_from(ZONES)), weekly=draw(weeks), holidays=holidays)


class Asked(NamedTuple):
    start_at: datetime
    minutes: int
    calendars: tuple[CalendarVersion, ...] | None
    pauses: tuple[Pause, ...]

    def due(self, **changed: object) -> datetime:
        try:
            return deadline(**self._replace(**changed)._asdict()).due_at or NEVER
        except BeyondHorizon:
            return NEVER


@st.composite
def pauses(draw: st.DrawFn, start: datetime) -> Pause:
    begin = start + timedelta(minutes=draw(st.integers(-600, 6000)))
    length = draw(st.none() | st.integers(0, 3000))
    end = None if length is None else begin + timedelta(minutes=length)
    return Pause(from_at=begin, to_at=end, reason="", by="")


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    zone, change = draw(st.sampled_from(CHANGES))
    start = at(change) - timedelta(hours=draw(st.integers(-3, 36))) + draw(seconds)
    minutes = draw(st.integers(0, 4000))
    stops = tuple(draw(st.lists(pauses(start), max_size=4)))
    first = draw(st.none() | calendars(zone))
    if first is None:
        return Asked(start, minutes, None, stops)
    changes = sorted(draw(st.lists(st.integers(-1000, 6000), max_size=2)))
    later = tuple(
        CalendarVersion(active_from=start + timedelta(minutes=n), calendar=draw(calendars())) for n in changes
    )
    return Asked(start, minutes, (CalendarVersion(active_from=None, calendar=first), *later), stops)


def with_less_time(draw: st.DrawFn, calendar: Calendar) -> Calendar:
    """Take out spans, parts of spans and days; a week must keep some minute, so one span on one day stays."""
    kept = [
        [(a + draw(st.integers(0, (b - a) // 2)), b) for a, b in spans if draw(st.booleans())]
        for spans in calendar.weekly
    ]
    if not any(kept):
        kept = list(calendar.weekly)
    extra = draw(st.lists(st.builds(lambda n: date(2026, 3, 20) + timedelta(days=n), st.integers(0, 30)), max_size=5))
    return attrs.evolve(calendar, weekly=kept, holidays=calendar.holidays | frozenset(extra))


def with_more_time(draw: st.DrawFn, calendar: Calendar) -> Calendar:
    """Fill pauses between spans, open days from their first span to midnight, and take out holidays."""
    wider = [
        [(spans[0][0], 1440)] if spans and draw(st.booleans()) else spans or draw(day_spans)
        for spans in calendar.weekly
    ]
    return attrs.evolve(calendar, weekly=wider, holidays=[day for day in calendar.holidays if draw(st.booleans())])


def changed(draw: st.DrawFn, change, versions) -> tuple[CalendarVersion, ...]:
    return tuple(attrs.evolve(version, calendar=change(draw, version.calendar)) for version in versions)


thorough = settings(max_examples=200, deadline=None)


@thorough
@given(questions(), st.integers(0, 4000))
def test_invariant_10_deadlines_are_monotone_in_minutes(asked, more) -> None:
    assert asked.due(minutes=asked.minutes + more) >= asked.due()


@thorough
@given(st.data(), questions())
def test_invariant_10_deadlines_are_monotone_a_pause_never_brings_one_forward(data, asked) -> None:
    pause = data.draw(pauses(asked.start_at))
    assert asked.due(pauses=(*asked.pauses, pause)) >= asked.due()


@thorough
@given(st.data(), questions().filter(lambda asked: asked.calendars is not None))
def test_invariant_10_deadlines_are_monotone_less_working_time_never_brings_one_forward(data, asked) -> None:
    assert asked.due(calendars=changed(data.draw, with_less_time, asked.calendars)) >= asked.due()


@thorough
@given(st.data(), questions().filter(lambda asked: asked.calendars is not None))
def test_invariant_10_deadlines_are_monotone_more_working_time_never_pushes_one_back(data, asked) -> None:
    assert asked.due(calendars=changed(data.draw, with_more_time, asked.calendars)) <= asked.due()
    assert asked.due(calendars=ALWAYS) <= asked.due()


@thorough
@given(questions(), calendars(), st.integers(0, 4000))
def test_time_used_stays_used_when_a_new_version_takes_effect(asked, calendar, minutes) -> None:
    change_at = asked.start_at + timedelta(minutes=minutes)
    versions = asked.calendars or (CalendarVersion(active_from=None, calendar=ALWAYS),)
    versions = tuple(v for v in versions if v.active_from is None or v.active_from <= change_at)
    later = (*versions, CalendarVersion(active_from=change_at, calendar=calendar))
    spent = {"start_at": asked.start_at, "until_at": change_at, "pauses": asked.pauses}
    assert used_time(**spent, calendars=later) == used_time(**spent, calendars=versions)


@thorough
@given(questions())
def test_the_deadline_is_the_first_moment_at_which_the_minutes_are_used(asked) -> None:
    due = asked.due()
    rest = {"start_at": asked.start_at, "calendars": asked.calendars, "pauses": asked.pauses}
    if due == NEVER:
        assert used_minutes(until_at=asked.start_at + HORIZON, **rest) < asked.minutes
        return
    assert used_time(until_at=due, **rest) == asked.minutes * MINUTE
    assert used_minutes(until_at=due, **rest) == asked.minutes
    if asked.minutes:
        assert used_time(until_at=due - timedelta.resolution, **rest) < asked.minutes * MINUTE


@thorough
@given(questions(), st.integers(-100, 6000))
def test_the_working_spans_are_in_order_apart_and_sum_to_the_time_used(asked, minutes) -> None:
    until = asked.start_at + timedelta(minutes=minutes)
    rest = {"start_at": asked.start_at, "until_at": until, "calendars": asked.calendars, "pauses": asked.pauses}
    spans = working_spans(**rest)
    edges = [edge for span in spans for edge in (span.from_at, span.to_at)]
    assert edges == sorted(set(edges))
    assert sum((span.to_at - span.from_at for span in spans), timedelta()) == used_time(**rest)


def counts(asked: Asked, moment: datetime) -> bool:
    """Ask of one moment alone whether the clock runs in it: the definition, without any arithmetic."""
    if any(pause.from_at <= moment and (pause.to_at is None or moment < pause.to_at) for pause in asked.pauses):
        return False
    if asked.calendars is None:
        return True
    calendar = [v.calendar for v in asked.calendars if v.active_from is None or v.active_from <= moment][-1]
    local = moment.astimezone(ZoneInfo(calendar.zone))
    minute = local.hour * 60 + local.minute
    return local.date() not in calendar.holidays and any(a <= minute < b for a, b in calendar.weekly[local.weekday()])


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 3000))
def test_the_clock_runs_in_just_those_minutes_that_count(asked, minutes) -> None:
    start = asked.start_at.replace(second=0)
    asked = asked._replace(start_at=start)
    asked = asked._replace(
        calendars=asked.calendars
        and tuple(
            attrs.evolve(v, active_from=v.active_from and v.active_from.replace(second=0)) for v in asked.calendars
        ),
        pauses=tuple(
            attrs.evolve(p, from_at=p.from_at.replace(second=0), to_at=p.to_at and p.to_at.replace(second=0))
            for p in asked.pauses
        ),
    )
    rest = {"start_at": start, "calendars": asked.calendars, "pauses": asked.pauses}
    spans = working_spans(until_at=start + minutes * MINUTE, **rest)
    ran = [span.from_at + n * MINUTE for span in spans for n in range((span.to_at - span.from_at) // MINUTE)]
    assert ran == [now for now in (start + n * MINUTE for n in range(minutes)) if counts(asked, now)]
    assert used_minutes(until_at=start + minutes * MINUTE, **rest) == len(ran)
