"""Telling staff: never in their quiet hours, never twice, and nothing is lost; each decision says why."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.telling import (
    KINDS,
    PACES,
    URGENT,
    Choices,
    Quiet,
    UnusableQuiet,
    Waiting,
    decide,
    folded,
    kind_of,
    unanswering,
)

ZONE = "Europe/Berlin"
ZONES = (ZONE, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
NIGHT = Quiet(zone=ZONE)
PLAIN = Choices(zone=ZONE, quiet=NIGHT)
INSTANT = timedelta(microseconds=1)


def here(*clock: int) -> datetime:
    """A moment of Berlin's wall clock in 2026, in UTC."""
    return datetime(2026, *clock, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("kind", "at", "pace", "do", "until", "rule"),
    [
        ("warning", here(3, 2, 14), "at_once", "now", None, "telling.now"),
        ("warning", here(3, 2, 14, 20), "hourly", "hold", here(3, 2, 15), "telling.digest"),
        ("warning", here(3, 2, 15), "hourly", "hold", here(3, 2, 16), "telling.digest"),
        ("warning", here(3, 2, 20, 30), "hourly", "hold", here(3, 3, 8), "telling.digest"),  # the hour is quiet
        ("warning", here(3, 2, 14), "morning", "hold", here(3, 3, 8), "telling.digest"),
        ("warning", here(3, 2, 6), "morning", "hold", here(3, 2, 8), "telling.digest"),
        ("warning", here(3, 2, 21) - INSTANT, "at_once", "now", None, "telling.now"),
        ("warning", here(3, 2, 21), "at_once", "hold", here(3, 3, 8), "telling.quiet"),
        ("warning", here(3, 3, 8), "at_once", "now", None, "telling.now"),
        ("breach", here(3, 2, 14), "morning", "now", None, "telling.now"),  # urgent: through the digest
        ("breach", here(3, 2, 23), "morning", "hold", here(3, 3, 8), "telling.quiet"),  # and never through the night
        ("escalation", here(3, 2, 23), "at_once", "hold", here(3, 3, 8), "telling.quiet"),
        ("warning", here(3, 28, 23), "at_once", "hold", here(3, 29, 8), "telling.quiet"),  # the clocks go forward
    ],
)
def test_what_is_told_now_and_what_waits(
    kind: str, at: datetime, pace: str, do: str, until: datetime | None, rule: str
) -> None:
    choices = Choices(zone=ZONE, quiet=NIGHT, paces=dict.fromkeys(KINDS, pace))
    found = decide(kind=kind, at=at, now=at, choices=choices)
    assert (found.do, found.until, found.reasons[0].rule) == (do, until, rule)


def test_what_they_know_to_be_late_is_repeated_with_the_full_hours_others() -> None:
    at = here(3, 2, 14, 20)
    for kind in sorted(URGENT):
        assert decide(kind=kind, at=at, now=at, choices=PLAIN).do == "now"
        found = decide(kind=kind, at=at, now=at, choices=PLAIN, again=True)
        assert (found.do, found.until, found.reasons[0].rule) == ("hold", here(3, 2, 15), "telling.again")


def test_only_an_escalation_wakes_and_only_who_is_on_duty() -> None:
    night = here(3, 2, 23)
    told = {
        (kind, duty): decide(kind=kind, at=night, now=night, choices=PLAIN, on_duty=duty).do
        for kind in KINDS
        for duty in (True, False)
    }
    assert {key for key, do in told.items() if do == "now"} == {("escalation", True)}


def test_what_was_told_seen_or_settled_is_not_told() -> None:
    at = here(3, 2, 14)
    later = at + timedelta(hours=1)
    for given_, rule in (
        ({"told_at": at}, "telling.once"),
        ({"seen": True}, "telling.seen"),
        ({"settled": True}, "telling.settled"),
    ):
        found = decide(kind="breach", at=at, now=later, choices=PLAIN, **given_)  # type: ignore[arg-type]
        assert (found.do, found.reasons[0].rule) == ("not", rule)
    assert decide(kind="breach", at=at, now=later, choices=PLAIN).do == "now"


def test_the_same_code_tells_an_owner_of_a_breach_and_who_stands_above_of_an_escalation() -> None:
    assert [kind_of(what=one) for one in ("warning.fix", "breach.fix", "repeat.own", "ask.make_good", "owned")] == [
        "warning", "breach", "breach", "approval", "assignment",
    ]  # fmt: skip
    assert kind_of(what="breach.fix", above=True) == "escalation"
    assert kind_of(what="warning.fix", above=True) == "warning"
    assert kind_of(what="stories") == "news"


CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@st.composite
def choosings(draw: st.DrawFn) -> Choices:
    zone = draw(st.sampled_from(ZONES))
    begins, ends = draw(CLOCKS), draw(CLOCKS)
    quiet = None if begins == ends else Quiet(begins=begins, ends=ends, zone=zone)
    return Choices(zone=zone, quiet=quiet, paces={kind: draw(st.sampled_from(PACES)) for kind in KINDS})


@given(
    kind=st.sampled_from(KINDS),
    at=MOMENTS,
    late=st.integers(0, 4000),
    choices=choosings(),
    on_duty=st.booleans(),
    again=st.booleans(),
)
def test_never_in_quiet_hours_and_nothing_is_lost(
    kind: str, at: datetime, late: int, choices: Choices, on_duty: bool, again: bool
) -> None:
    """However late the question comes, it is answered with now within a few turns, at a moment that is not quiet."""
    now = at + timedelta(minutes=late)
    for _ in range(4):
        found = decide(kind=kind, at=at, now=now, choices=choices, on_duty=on_duty, again=again)
        assert found.reasons
        if found.do == "now":
            break
        assert found.do == "hold"
        assert found.until is not None
        assert now < found.until <= now + timedelta(days=4)
        now = found.until
    assert found.do == "now"
    woken = choices.quiet is not None and choices.quiet.holds(at=now)
    assert not woken or (kind == "escalation" and on_duty)
    if kind in URGENT and choices.quiet is None and not again:
        assert now == at + timedelta(minutes=late)


@given(at=MOMENTS, begins=CLOCKS, ends=CLOCKS, zone=st.sampled_from(ZONES))
def test_quiet_hours_end_at_the_first_moment_that_is_not_quiet(
    at: datetime, begins: time, ends: time, zone: str
) -> None:
    if begins == ends:
        with pytest.raises(UnusableQuiet):
            Quiet(begins=begins, ends=ends, zone=zone)
        return
    quiet = Quiet(begins=begins, ends=ends, zone=zone)
    over = quiet.over_at(at=at)
    assert not quiet.holds(at=over)
    assert over >= at
    assert over == at or quiet.holds(at=over - INSTANT)


def waiting(number: int, kind: str, same: str, minutes: int = 0) -> Waiting:
    return Waiting(id=number, kind=kind, same=same, at=here(3, 2, 22) + timedelta(minutes=minutes))


def test_of_one_matter_only_how_it_stands_now_is_said_the_most_urgent_first() -> None:
    night = [
        waiting(1, "assignment", "7:owned"),
        waiting(2, "warning", "7:fix", 10),
        waiting(3, "breach", "7:fix", 20),
        waiting(4, "breach", "7:fix", 30),
        waiting(5, "approval", "8:ask", 5),
        waiting(6, "news", "stories", 1),
    ]
    for order in permutations(night):
        told = folded(waiting=order)
        assert [one.id for one in told.said] == [5, 4, 1, 6]
        assert told.folded == {2: 4, 3: 4}


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("abcd"), st.integers(0, 50)), max_size=12))
def test_folding_loses_nothing_and_says_each_matter_once(parts: list[tuple[str, str, int]]) -> None:
    given_ = [waiting(number, *part) for number, part in enumerate(parts)]
    told = folded(waiting=given_)
    said = {one.id for one in told.said}
    assert said | set(told.folded) == {one.id for one in given_}
    assert not said & set(told.folded)
    assert set(told.folded.values()) <= said
    assert len({one.same for one in told.said}) == len(told.said) == len({one.same for one in given_})


def test_an_escalation_that_is_repeated_at_night_still_wakes_who_is_on_duty() -> None:
    at = here(3, 2, 23, 10)
    held = decide(kind="escalation", at=at, now=at, choices=PLAIN, on_duty=True, again=True)
    assert (held.do, held.until) == ("hold", here(3, 3, 0))
    assert decide(kind="escalation", at=at, now=here(3, 3, 0), choices=PLAIN, on_duty=True, again=True).do == "now"
    away = decide(kind="escalation", at=at, now=here(3, 3, 0), choices=PLAIN, again=True)
    assert (away.do, away.until) == ("hold", here(3, 3, 8))


def test_who_is_told_again_and_again_for_a_day_and_opens_nothing_is_noticed() -> None:
    told = [here(3, 2, 17), here(3, 2, 9), here(3, 2, 12)]
    day = here(3, 3, 9)
    found = unanswering(told=told, seen_at=None, now=day)
    assert found is not None
    assert (found.since_at, found.times) == (here(3, 2, 9), 3)
    assert found.reasons[0].rule == "telling.unanswered"
    assert unanswering(told=told, seen_at=here(3, 2, 9) - INSTANT, now=day) == found
    assert unanswering(told=told, seen_at=None, now=day - INSTANT) is None, "not a day yet"
    assert unanswering(told=told, seen_at=here(3, 2, 9), now=day) is None, "opened something since the first"
    assert unanswering(told=told[:2], seen_at=None, now=day) is None, "told twice only"
