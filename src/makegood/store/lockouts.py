"""Wrong tries kept by keyed hash, so that guessing costs time: how the rule of core.lockout is counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from makegood.core.lockout import Limit, Tries, locked_until, taken_back, tried
from makegood.store.secrets import keyed_hash

KEEP = """
INSERT INTO store_throttle (key_hash, window_at, count) VALUES (%s, %s, %s)
ON CONFLICT (key_hash) DO UPDATE SET window_at = excluded.window_at, count = excluded.count
"""
LOCK = "SELECT pg_advisory_xact_lock(%s)"
READ = "SELECT count, window_at FROM store_throttle WHERE key_hash = %s"


def try_begin(*, keys: Mapping[str, Limit], now: datetime) -> datetime | None:
    """This function will count a try as wrong under each key, before it is looked at; it returns None.

    Where any key is locked nothing is counted, and until when it is locked is returned. Two tries at once count as two.
    A key may hold an address: only its keyed hash is kept. Call it outside of any transaction that may be undone.
    """
    hashed = {_hash(key): limit for key, limit in keys.items()}
    with transaction.atomic():
        found = {one: _locked(one) for one in sorted(hashed)}
        until = [locked_until(tries=found[one], limit=limit, now=now) for one, limit in hashed.items()]
        locked = [one for one in until if one is not None]
        if locked:
            return max(locked)
        for one, limit in hashed.items():
            _keep(one, tried(tries=found[one], limit=limit, now=now))
    return None


def try_right(*, forget: str, back: str) -> None:
    """This function will forget the wrong tries of one key, and take back the try just counted under the other."""
    try_back(key=back)
    tries_forget(key=forget)


def try_back(*, key: str) -> None:
    """This function will take back the try just counted under a key, which was right."""
    with transaction.atomic():
        tries = _locked(_hash(key))
        _keep(_hash(key), tries and taken_back(tries=tries))


def tries_forget(*, key: str) -> None:
    """This function will unlock a key."""
    _keep(_hash(key), None)


def _hash(key: str) -> bytes:
    return keyed_hash(key, purpose="throttle")


def _locked(key_hash: bytes) -> Tries | None:
    """The tries of a key, which nobody else reads or counts until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [int.from_bytes(key_hash[:8], signed=True)])
        cursor.execute(READ, [key_hash])
        row = cursor.fetchone()
    return Tries(count=row[0], since_at=row[1]) if row else None


def _keep(key_hash: bytes, tries: Tries | None) -> None:
    with connection.cursor() as cursor:
        if tries is None:
            cursor.execute("DELETE FROM store_throttle WHERE key_hash = %s", [key_hash])
        else:
            cursor.execute(KEEP, [key_hash, tries.since_at, tries.count])
