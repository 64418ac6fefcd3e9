"""A customer's night to the instant, who is not kept waiting, and one kind of news in one window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.nights import (
    EVENING,
    MORNING,
    NEWS,
    WAITING,
    Word,
    earlier_news,
    leaves_at,
    morning_after,
)

ZONE = "Europe/Berlin"
INSTANT = timedelta(microseconds=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def here(*clock: int) -> datetime:
    """A moment of Berlin's wall clock in 2026, in UTC."""
    return datetime(2026, *clock, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        (here(3, 2, 21) - INSTANT, None),
        (here(3, 2, 21), here(3, 3, 8)),
        (here(3, 3, 0), here(3, 3, 8)),
        (here(3, 3, 8) - INSTANT, here(3, 3, 8)),
        (here(3, 3, 8), None),
        (here(3, 28, 23), here(3, 29, 8)),  # the clocks go forward: ten hours of wall clock, eight that pass
        (here(10, 24, 23), here(10, 25, 8)),  # and back: ten that pass
    ],
)
def test_a_night_begins_and_ends_to_the_instant(at: datetime, morning: datetime | None) -> None:
    assert morning_after(at=at, zone=ZONE) == morning


@pytest.mark.parametrize("kind", sorted(WAITING))
def test_what_keeps_waits_for_the_morning_and_says_why(kind: str) -> None:
    at, reasons = leaves_at(at=here(3, 2, 23), zone=ZONE, kind=kind)
    assert at == here(3, 3, 8)
    assert [one.rule for one in reasons] == ["message.night"]


@pytest.mark.parametrize("kind", ["acknowledgement", "apology", "update"])
def test_what_has_a_clock_of_its_own_leaves_unless_its_clock_lets_it_wait(kind: str) -> None:
    at = here(3, 2, 23)
    assert leaves_at(at=at, zone=ZONE, kind=kind) == (at, ())
    assert leaves_at(at=at, zone=ZONE, kind=kind, due_at=here(3, 3, 8) - INSTANT)[0] == at
    assert leaves_at(at=at, zone=ZONE, kind=kind, due_at=here(3, 3, 8))[0] == here(3, 3, 8)


def test_who_just_wrote_is_answered_at_once_for_an_hour() -> None:
    at = here(3, 2, 23)
    for ago, leaves in ((timedelta(), at), (timedelta(hours=1) - INSTANT, at), (timedelta(hours=1), here(3, 3, 8))):
        told = leaves_at(at=at, zone=ZONE, kind="acknowledgement", heard_at=at - ago, due_at=here(3, 3, 12))
        assert told[0] == leaves, ago


def test_the_night_is_the_customers() -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert leaves_at(at=at, zone="Europe/Lisbon", kind="offer")[0] == at
    assert leaves_at(at=at, zone="Asia/Tokyo", kind="offer")[0] == datetime(2026, 3, 2, 23, tzinfo=UTC)


@given(
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_what_keeps_never_leaves_at_night_and_waits_no_longer_than_one(at: datetime, zone: str) -> None:
    leaves, reasons = leaves_at(at=at, zone=zone, kind="offer")
    assert MORNING <= leaves.astimezone(ZoneInfo(zone)).time() < EVENING
    assert timedelta() <= leaves - at <= timedelta(hours=12)
    assert bool(reasons) == (leaves > at)


def word(kind: str, hours: float) -> Word:
    """Ours, but for what the customer wrote; `hours` since NOON."""
    return Word(kind=kind, at=NOON + timedelta(hours=hours), ours=kind != "reply")


@pytest.mark.parametrize(
    ("kind", "at", "said", "second"),
    [
        ("update", 0.0, [word("outcome", 0)], True),
        ("outcome", 11.999, [word("update", 0)], True),
        ("outcome", 12.0, [word("update", 0)], False),
        ("update", 1.0, [word("update", 0)], False),
        ("apology", 1.0, [word("update", 0)], False),
        ("outcome", 2.0, [word("update", 0), word("reply", 1)], False),
        ("outcome", 2.0, [word("reply", 0), word("update", 1)], False),
        ("outcome", 2.0, [word("reply", -2), word("acknowledgement", -1), word("update", 1)], True),
        ("outcome", 3.0, [word("reply", 0), word("update", 1), word("update", 2)], True),
        ("outcome", 3.0, [word("update", 2), word("update", 1), word("reply", 0)], True),
        ("update", 2.0, [word("outcome", 0), word("offer", 1)], True),
    ],
)
def test_an_update_and_an_explanation_are_not_said_in_one_window(
    kind: str, at: float, said: list[Word], second: bool
) -> None:
    """What answers the customer is no news; the window counts from when the earlier news was sent."""
    earlier = earlier_news(kind=kind, at=NOON + timedelta(hours=at), words=said)
    assert (earlier is not None) == second
    assert earlier is None or earlier == max((one for one in said if one.kind in NEWS), key=lambda one: one.at)
