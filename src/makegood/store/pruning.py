"""Forgetting what has passed and belongs to no organization: tries whose window ended, and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

TRIES_FOR = timedelta(days=1)
"""Longer than any window in which tries are counted."""


def prune(*, now: datetime) -> int:
    """Delete tries and sessions that have passed, by the wall clock; return how many rows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle WHERE window_at < %s", [now - TRIES_FOR])
        tries = int(cursor.rowcount)
        cursor.execute("DELETE FROM django_session WHERE expire_date < %s", [now])
        sessions = int(cursor.rowcount)
    return tries + sessions
