"""Counting tries, so that guessing costs time: one row a key, in fixed windows of the wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import ceil

import attrs
from django.conf import settings
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


def client_address(meta: Mapping[str, object]) -> str:
    """Return the network address from which a request came, by its WSGI `meta`.

    Each of the TRUSTED_PROXIES in front of us appended to X-Forwarded-For whom it had heard from, so the one that many
    places from the end is the client's; what stands before it anybody may have made up. A request that came by fewer
    proxies, or whose header holds no address there, counts as the one that reached us.
    """
    nearest = str(meta.get("REMOTE_ADDR", ""))
    proxies: int = settings.TRUSTED_PROXIES
    told = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    if not 0 < proxies <= len(told):
        return nearest
    try:
        return str(ip_address(told[-proxies].strip()))
    except ValueError:
        return nearest


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
    return _judged(count <= limit, window_at + window, now)


def attempt_back(*, key: str) -> None:
    """This function will take back a try that was counted and came to a right end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_throttle SET count = count - 1 WHERE key_hash = %s AND count > 0",
            [keyed_hash(key, purpose="throttle")],
        )


def counted_in(*, key: str, limit: int, window: timedelta, now: datetime | None = None) -> Attempt:
    """Say whether one more try is within the limit, and count none."""
    now = now or wall_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count, window_at FROM store_throttle WHERE key_hash = %s AND window_at > %s",
            [keyed_hash(key, purpose="throttle"), now - window],
        )
        row = cursor.fetchone()
    return _judged(row is None or row[0] < limit, row[1] + window if row else now, now)


def _judged(allowed: bool, ends_at: datetime, now: datetime) -> Attempt:
    return Attempt(allowed=allowed, retry_after=0 if allowed else max(1, ceil((ends_at - now).total_seconds())))
