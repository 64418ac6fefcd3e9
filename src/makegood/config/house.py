"""How the whole installation is: its processes and their work, what waits, its disk and its backups.

Nothing of it is any one organization's: what is counted is counted over all of them.
"""

from __future__ import annotations

import hmac
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import attrs
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest

from makegood.cli.backup import backups_in, written_at
from makegood.store.embedded import home_directory
from makegood.store.heartbeats import failing, well

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA", "HTTP_X_FORWARDED_HOST")
"""Headers by which a proxy tells that somebody else asks."""
_all_there = False


@attrs.frozen(kw_only=True)
class House:
    """What was found. `backup_seconds` is the age of the last backup: None where no folder is named, or it has none."""

    processes: Mapping[str, int]
    failing: tuple[str, ...]
    migrations_missing: int
    outbox_seconds: float
    mailboxes_in_trouble: int
    disk_free: int
    disk_size: int
    backups_named: bool
    backup_seconds: float | None


def may_know(request: HttpRequest) -> bool:
    """This function will say whether numbers are told: to who has the token, else to this machine, by no proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.META for name in FORWARDED):
        return False
    try:
        return ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def house_read(*, now: datetime) -> House:
    """This function will look at everything; raises DatabaseError where the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oldest_seconds, mailboxes_in_trouble FROM finder.house_waits()")
        oldest, mailboxes = cursor.fetchone()
    home = home_directory()
    disk = shutil.disk_usage(next(each for each in (home, *home.parents) if each.exists()))
    named, age = _backups(now)
    return House(
        processes=well(now=now),
        failing=failing(now=now),
        migrations_missing=_missing(),
        outbox_seconds=float(oldest),
        mailboxes_in_trouble=int(mailboxes),
        disk_free=disk.free,
        disk_size=disk.total,
        backups_named=named,
        backup_seconds=age,
    )


def house_counts() -> dict[str, int]:
    """This function will count what metrics tell, over all organizations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, counted FROM finder.house_counts()")
        return dict(cursor.fetchall())


def _missing() -> int:
    """How many migrations the database still lacks; none is lost again, so that is asked until all are there."""
    global _all_there  # noqa: PLW0603 - known for as long as this process runs
    if _all_there:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    missing = len(MigrationLoader(None).disk_migrations.keys() - applied)
    _all_there = not missing
    return missing


def _backups(now: datetime) -> tuple[bool, float | None]:
    named = os.environ.get("MAKEGOOD_BACKUPS", "")
    folder = Path(named)
    found = backups_in(folder) if named and folder.is_dir() else []
    return bool(named), (now - written_at(found[-1])).total_seconds() if found else None
