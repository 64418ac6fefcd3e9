"""How long a person stays signed in, and how long a link counts by which they choose a password."""

from __future__ import annotations

from datetime import datetime, timedelta

LASTS = timedelta(hours=12)
"""A session ends this long after it began, whatever was done in it."""
IDLE = timedelta(hours=2)
"""It ends this long after the last thing that a person did; what a page fetches by itself does not count."""


def session_ends_at(*, began_at: datetime, seen_at: datetime) -> datetime:
    """This function will say when a session ends if nobody does anything any more; both times are wall time."""
    return min(began_at + LASTS, seen_at + IDLE)


def session_over(*, began_at: datetime, seen_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """This function will say whether a session has ended.

    `ended_at` is when all of the account's sessions were ended last (signed out everywhere, or another password): those
    that had begun before have ended.
    """
    return now >= session_ends_at(began_at=began_at, seen_at=seen_at) or (ended_at is not None and began_at < ended_at)


LINKS = {"reset": timedelta(hours=1), "invited": timedelta(days=7)}
"""How long a mailed link to choose a password counts, by what it is for; it counts once."""


def link_over(*, kind: str, made_at: datetime, now: datetime) -> bool:
    """This function will say whether a link to choose a password has ended; one of the future never began."""
    return not timedelta() <= now - made_at < LINKS[kind]
