"""How long a session lasts: to the microsecond at each of its ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from makegood.core.sitting import IDLE, LASTS, link_over, session_ends_at, session_over

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seen", "ended", "now", "over"),
    [
        (0 * HOUR, None, IDLE - INSTANT, False),
        (0 * HOUR, None, IDLE, True),  # nobody did anything
        (1 * HOUR, None, IDLE, False),
        (1 * HOUR, None, IDLE + HOUR, True),
        (11 * HOUR, None, LASTS - INSTANT, False),
        (11 * HOUR, None, LASTS, True),  # however busy it was
        (HOUR, 0 * HOUR, HOUR, False),  # it began as the others were ended
        (HOUR, INSTANT, HOUR, True),
        (HOUR, -HOUR, HOUR, False),
    ],
)
def test_a_session_ends(seen: timedelta, ended: timedelta | None, now: timedelta, over: bool) -> None:
    ended_at = None if ended is None else AT + ended
    assert session_over(began_at=AT, seen_at=AT + seen, ended_at=ended_at, now=AT + now) is over


def test_it_is_known_when_it_ends() -> None:
    assert (LASTS, IDLE) == (12 * HOUR, 2 * HOUR)
    assert session_ends_at(began_at=AT, seen_at=AT + HOUR) == AT + 3 * HOUR
    assert session_ends_at(began_at=AT, seen_at=AT + 11 * HOUR) == AT + 12 * HOUR


@pytest.mark.parametrize(("kind", "lasts"), [("reset", HOUR), ("invited", 7 * 24 * HOUR)])
def test_a_link_to_choose_a_password_counts_for_so_long(kind: str, lasts: timedelta) -> None:
    for age, over in ((-INSTANT, True), (0 * HOUR, False), (lasts - INSTANT, False), (lasts, True)):
        assert link_over(kind=kind, made_at=AT, now=AT + age) is over
