"""Codes that change every half minute: which are right, for how long, and that each is right once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from makegood.core.lockout import Limit

STEP = 30
"""Seconds that one code counts (RFC 6238)."""
AROUND = 1
"""How many codes before and after the present one count too: clocks differ, and people type slowly."""
BY_CODE = Limit(tries=10, window=timedelta(minutes=15))
"""Wrong codes of one account."""
HALF = timedelta(minutes=10)
"""How long the code is waited for after the password was right."""
RECOVERY_CODES = 10


def code_step(*, typed: str, code_of: Callable[[int], str], last: int, now: datetime) -> int | None:
    """This function will say of which half minute a code is, counted from 1970; None where it is not right.

    `code_of` tells the code of a half minute, and `last` is that of the code that was used last: it, and those before
    it, are never right again.
    """
    present = int(now.timestamp()) // STEP
    for step in range(max(last + 1, present - AROUND), present + AROUND + 1):
        if code_of(step) == typed:
            return step
    return None


def half_over(*, right_at: datetime, now: datetime) -> bool:
    """This function will say whether the code was waited for too long after the password was right."""
    return not timedelta() <= now - right_at < HALF
