"""Passkeys: how long one is waited for, and when the count that a device keeps shows that there is a copy of it."""

from __future__ import annotations

from datetime import datetime, timedelta

ASKED = timedelta(minutes=5)
"""How long a passkey is waited for after it was asked for."""
MOST = 20
"""How many one account may have."""


def asked_over(*, asked_at: datetime, now: datetime) -> bool:
    """This function will say whether a passkey was waited for too long."""
    return not timedelta() <= now - asked_at < ASKED


def copied(*, last: int, told: int) -> bool:
    """This function will say whether a device's count of its uses shows a copy (Web Authentication, 6.1.1).

    `last` is what it told the last time, `told` what it tells now. Each use counts up; who tells 0 both times does not
    count, as passkeys that several devices of one person share.
    """
    return (last, told) != (0, 0) and told <= last
