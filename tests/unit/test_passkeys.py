"""Passkeys: how long one is waited for, and which counts show a copy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from makegood.core.passkeys import ASKED, asked_over, copied

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "told", "is_copied"),
    [
        (0, 0, False),  # it does not count
        (0, 1, False),  # its first use
        (5, 6, False),
        (5, 900, False),  # it counts for all places that it is used at
        (5, 5, True),
        (5, 4, True),
        (5, 0, True),  # it counted once
    ],
)
def test_a_count_that_does_not_go_up_shows_a_copy(last: int, told: int, is_copied: bool) -> None:
    assert copied(last=last, told=told) is is_copied


@pytest.mark.parametrize(
    ("after", "over"),
    [(timedelta(), False), (ASKED - timedelta(seconds=1), False), (ASKED, True), (-timedelta(seconds=1), True)],
)
def test_a_passkey_is_waited_for_a_while(after: timedelta, over: bool) -> None:
    assert asked_over(asked_at=NOON, now=NOON + after) is over
