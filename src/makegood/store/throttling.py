"""Counting tries, so that guessing costs time: one row a key, in fixed windows of the wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

import attrs
from django.db import connection

from makegood.store.clocks import wall_now
from makegood.store.secrets import keyed_hash

COUNT = """
INSERT INTO store_throttle (key_hash, window_at, count) VALUES (%(key)s, %(now)s, 1)
ON CONFLICT (key_hash) DO UPDATE SET
    count = CASE WHEN store_throttle.window_at <= %(before)s THEN 1 ELSE least(store_throttle.count + 1, %(most)s) END,
    window_at = CASE WHEN store_throttle.window_at <= %(before)s THEN %(now)s ELSE store_throttle.window_at END
RETURNING count, window_at
"""


@attrs.frozen(kw_only=True)
class Attempt:
    """Whether this try is allowed; if not, after how many whole seconds the next window begins."""

    allowed: bool
    retry_after: int


def attempt(*, key: str, limit: int, window: timedelta, now: datetime | None = None) -> Attempt:
    """Count a try and say whether it is within the limit: `limit` tries a window are, the next is not.

    `key` may hold an address: only its keyed hash is kept. Call it outside of any transaction that may be undone.
    """
    now = now or wall_now()
    values: dict[str, bytes | datetime | int] = {
        "key": keyed_hash(key, purpose="throttle"),
        "now": now,
        "before": now - window,
        "most": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        count, window_at = cursor.fetchone()
    if count <= limit:
        return Attempt(allowed=True, retry_after=0)
    return Attempt(allowed=False, retry_after=max(1, ceil((window_at + window - now).total_seconds())))


def forgive(*, key: str) -> None:
    """Forget the tries of a key, after one that was right."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle WHERE key_hash = %s", [keyed_hash(key, purpose="throttle")])
