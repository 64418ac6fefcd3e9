"""How long somebody waits who tries too often with what is wrong: counted tries, and a lock that ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs


@attrs.frozen(kw_only=True)
class Limit:
    """So many wrong tries within one window lock for one window, from the last of them."""

    tries: int
    window: timedelta


BY_ACCOUNT = Limit(tries=10, window=timedelta(minutes=15))
"""Of one account, whoever tries and from wherever: at most 40 guesses an hour."""
BY_ADDRESS = Limit(tries=50, window=timedelta(minutes=15))
"""From one network address, at whichever accounts: an office shares one, so right ones do not count."""


@attrs.frozen(kw_only=True)
class Tries:
    """How many tries were wrong, and since when: the first of them, or the last once there were as many as lock."""

    count: int
    since_at: datetime


def locked_until(*, tries: Tries | None, limit: Limit, now: datetime) -> datetime | None:
    """This function will say until when nobody may try; None where they may now."""
    if tries is None or tries.count < limit.tries:
        return None
    until = tries.since_at + limit.window
    return until if now < until else None


def tried(*, tries: Tries | None, limit: Limit, now: datetime) -> Tries:
    """This function will count one more wrong try; after a window's time the count begins anew.

    A try while locked is not to be counted: who keeps knocking does not make the lock last longer.
    """
    if tries is None or now >= tries.since_at + limit.window:
        return Tries(count=1, since_at=now)
    count = tries.count + 1
    return Tries(count=count, since_at=now if count >= limit.tries else tries.since_at)


def taken_back(*, tries: Tries) -> Tries | None:
    """This function will take back a try that was counted and was right; None where it was the only one."""
    return attrs.evolve(tries, count=tries.count - 1) if tries.count > 1 else None
