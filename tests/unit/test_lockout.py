"""Locking out: as many wrong tries as the limit within a window lock for a window, and the lock ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.lockout import BY_ACCOUNT, BY_ADDRESS, Limit, Tries, locked_until, taken_back, tried

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WINDOW = timedelta(minutes=15)


def after(count: int, limit: Limit, *, apart: timedelta = INSTANT) -> tuple[Tries | None, datetime]:
    """The tries after so many wrong ones, and when the last was."""
    tries, now = None, AT
    for number in range(count):
        now = AT + number * apart
        tries = tried(tries=tries, limit=limit, now=now)
    return tries, now


@pytest.mark.parametrize(("limit", "count"), [(BY_ACCOUNT, 10), (BY_ADDRESS, 50)])
def test_the_limits_as_they_are_written_down(limit: Limit, count: int) -> None:
    """The last try but one leaves the door open; the last shuts it for a quarter of an hour, to the microsecond."""
    assert limit == Limit(tries=count, window=WINDOW)
    before, now = after(count - 1, limit)
    assert locked_until(tries=before, limit=limit, now=now) is None
    tries, now = after(count, limit)
    assert locked_until(tries=tries, limit=limit, now=now) == now + WINDOW
    assert locked_until(tries=tries, limit=limit, now=now + WINDOW - INSTANT) == now + WINDOW
    assert locked_until(tries=tries, limit=limit, now=now + WINDOW) is None
    assert tried(tries=tries, limit=limit, now=now + WINDOW) == Tries(count=1, since_at=now + WINDOW)


def test_tries_far_apart_lock_nobody() -> None:
    """Ten within the window do, ten whose last comes as it is over do not."""
    step = WINDOW / 9 - INSTANT
    tries, now = after(10, BY_ACCOUNT, apart=step)
    assert locked_until(tries=tries, limit=BY_ACCOUNT, now=now) == now + WINDOW
    tries, now = after(10, BY_ACCOUNT, apart=WINDOW / 9)
    assert locked_until(tries=tries, limit=BY_ACCOUNT, now=now) is None


def test_a_right_try_is_taken_back() -> None:
    tries, now = after(50, BY_ADDRESS)
    assert tries is not None
    left = taken_back(tries=tries)
    assert left is not None
    assert locked_until(tries=left, limit=BY_ADDRESS, now=now) is None
    assert taken_back(tries=Tries(count=1, since_at=AT)) is None
    assert locked_until(tries=None, limit=BY_ACCOUNT, now=AT) is None


@given(waits=st.lists(st.integers(0, 3600), min_size=1, max_size=300), tries=st.integers(1, 12))
def test_no_more_than_the_limit_in_any_window_and_nobody_is_locked_for_longer(waits: list[int], tries: int) -> None:
    """Whatever the pace: of tries that are let in, twice the limit never fit into one window; a lock lasts at most one."""
    limit = Limit(tries=tries, window=WINDOW)
    now, counted, let_in = AT, None, []
    for wait in waits:
        now += timedelta(seconds=wait)
        until = locked_until(tries=counted, limit=limit, now=now)
        if until is not None:
            assert now < until <= now + WINDOW
            assert locked_until(tries=counted, limit=limit, now=until) is None
            continue
        counted = tried(tries=counted, limit=limit, now=now)
        let_in.append(now)
    for first in let_in:
        assert sum(first <= one < first + WINDOW for one in let_in) < 2 * limit.tries
