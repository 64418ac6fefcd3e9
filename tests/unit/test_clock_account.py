"""The account of a clock: its pieces re-add to the deadline, whatever the calendars, pauses and changes of the clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.clock_cases import MON_10, OFFICE, SPLIT, since
from tests.unit.test_clock import Asked, calendars, pauses, questions

from makegood.core.calendars import ALWAYS, CalendarVersion, switched
from makegood.core.clock import BeyondHorizon, Pause, deadline_or_visit_end, used_time
from makegood.core.clock_account import Account, account

thorough = settings(max_examples=200, deadline=None)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def readds(found: Account) -> None:
    """The pieces follow each other from the start, and their sums are the deadline and the minutes used."""
    edges = [found.start_at, *(piece.to_at for piece in found.pieces)]
    assert [piece.from_at for piece in found.pieces] == edges[:-1]
    assert all(piece.length > timedelta(0) for piece in found.pieces)
    used = timedelta()
    for piece in found.pieces:
        used += piece.length if piece.kind == "counts" else timedelta()
        assert piece.used == used
    assert found.used == used
    assert found.end_at == edges[-1]
    assert found.used + found.left == found.allowed


@thorough
@given(questions(), st.none() | st.integers(-600, 9000))
def test_the_pieces_always_readd_to_the_deadline_and_to_the_minutes_allowed(asked: Asked, visit: int | None) -> None:
    ends_at = None if visit is None else asked.start_at + timedelta(minutes=visit)
    question = {**asked._asdict(), "visit_ends_at": ends_at}
    try:
        due_at = deadline_or_visit_end(**question).due_at
    except BeyondHorizon:
        return
    found = account(**question)
    readds(found)
    assert found.due_at == due_at
    if due_at is not None:
        assert found.end_at == due_at
    if due_at is not None and due_at != ends_at:
        assert found.left == timedelta(0)
    assert found.used == used_time(
        **{k: v for k, v in asked._asdict().items() if k != "minutes"}, until_at=found.end_at
    )


def test_each_piece_says_whether_it_counted_was_closed_or_paused() -> None:
    pause = Pause(from_at=at("2026-01-05T11:00+01:00"), to_at=at("2026-01-05T12:30+01:00"), reason="", by="")
    found = account(start_at=at(MON_10), minutes=120, calendars=SPLIT, pauses=[pause])
    told = [(f"{one.from_at:%H:%M}", f"{one.to_at:%H:%M}", one.kind, one.used) for one in found.pieces]
    hour = timedelta(hours=1)
    assert told == [
        ("09:00", "10:00", "counts", hour),
        ("10:00", "11:30", "paused", hour),
        ("11:30", "12:00", "closed", hour),
        ("12:00", "13:00", "counts", 2 * hour),
    ]
    assert found.due_at == found.end_at == at("2026-01-05T14:00+01:00")


def test_an_open_pause_ends_the_account_with_what_is_left() -> None:
    pause = Pause(from_at=at("2026-01-05T11:00+01:00"), to_at=None, reason="", by="")
    found = account(start_at=at(MON_10), minutes=150, calendars=OFFICE, pauses=[pause])
    assert (found.due_at, found.used, found.left) == (None, timedelta(hours=1), timedelta(minutes=90))
    assert found.end_at == pause.from_at


def test_a_visit_that_ends_first_leaves_minutes_unused() -> None:
    found = account(start_at=at(MON_10), minutes=600, calendars=None, visit_ends_at=at("2026-01-05T12:00+01:00"))
    assert found.due_at == found.end_at == at("2026-01-05T12:00+01:00")
    assert found.left == timedelta(hours=8)


@thorough
@given(questions(), calendars(), st.integers(0, 4000))
def test_time_used_stays_used_when_a_clock_changes_to_another_calendar(asked, other, minutes) -> None:
    change_at = asked.start_at + timedelta(minutes=minutes)
    both = switched(before=asked.calendars, at=change_at, after=other)
    spent = {"start_at": asked.start_at, "until_at": change_at, "pauses": asked.pauses}
    assert used_time(**spent, calendars=both) == used_time(**spent, calendars=asked.calendars)
    since_then = {"start_at": change_at, "until_at": change_at + timedelta(days=9), "pauses": asked.pauses}
    assert used_time(**since_then, calendars=both) == used_time(**since_then, calendars=other)


def test_a_change_to_a_calendar_with_versions_keeps_those_to_come() -> None:
    found = switched(before=None, at=at(MON_10), after=since((None, OFFICE), ("2026-02-01T00:00Z", SPLIT)))
    assert found == (
        CalendarVersion(active_from=None, calendar=ALWAYS),
        CalendarVersion(active_from=at(MON_10), calendar=OFFICE),
        CalendarVersion(active_from=at("2026-02-01T00:00Z"), calendar=SPLIT),
    )


@thorough
@given(st.data(), questions())
def test_invariant_10_a_pause_takes_no_piece_that_counted_before_it(data, asked) -> None:
    pause = data.draw(pauses(asked.start_at))
    try:
        before = account(**asked._asdict())
        after = account(**asked._replace(pauses=(*asked.pauses, pause))._asdict())
    except BeyondHorizon:
        return
    until = min(max(pause.from_at, asked.start_at), before.end_at, after.end_at)
    spent = [
        sum(
            (min(p.to_at, until) - p.from_at for p in one.pieces if p.kind == "counts" and p.from_at < until),
            timedelta(),
        )
        for one in (before, after)
    ]
    assert spent[0] == spent[1]
