"""Heartbeats: each worker and ticker says every few seconds that it is well, and health asks who said so lately."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from makegood.store.clocks import wall_now

BEAT_SECONDS = 5.0
PATIENCE = timedelta(seconds=15)
FORGET = timedelta(hours=1)

BEAT = """
INSERT INTO store_heartbeat (process, kind, beat_at, stale_at, failing)
VALUES (%(process)s, %(kind)s, %(at)s, %(stale_at)s, %(failing)s)
ON CONFLICT (process) DO UPDATE SET beat_at = excluded.beat_at, stale_at = excluded.stale_at,
    failing = excluded.failing
"""


class Heart:
    """Beats for one process from a thread of its own, as long as that process's loop moves on.

    The loop calls `moved` each round. One that has not moved for `longest` is stuck, and the heart stops beating.
    """

    def __init__(self, *, kind: str, longest: timedelta) -> None:
        self.kind = kind
        self.process = f"{kind}:{socket.gethostname()[:40]}:{os.getpid()}"
        self._longest = longest.total_seconds()
        self._moved_at = time.monotonic()
        self._failing: tuple[str, ...] = ()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def moved(self, *, failing: Collection[str] = ()) -> None:
        """Note that the loop goes on, and which kinds of work keep failing in it."""
        self._moved_at = time.monotonic()
        self._failing = tuple(sorted(failing))

    def stop(self) -> None:
        """Beat no more, and take this process off the list."""
        self._stopped.set()
        self._thread.join()

    def _beat_on(self) -> None:
        while True:
            try:
                if time.monotonic() - self._moved_at < self._longest:
                    beat(process=self.process, kind=self.kind, now=wall_now(), failing=self._failing)
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logging.getLogger(__name__).debug("no heartbeat: %s", error)
            if self._stopped.wait(BEAT_SECONDS):
                break
        try:
            forget(process=self.process)
        except (DatabaseError, InterfaceError):
            logging.getLogger(__name__).debug("the heartbeat is left to go stale")
        connection.close()


def beat(*, process: str, kind: str, now: datetime, failing: Sequence[str] = ()) -> None:
    """Say that this process is well for the next PATIENCE, and forget those that have been silent for long.

    `failing` are the kinds of its work that keep failing.
    """
    names = ",".join(failing)
    with connection.cursor() as cursor:
        cursor.execute(
            BEAT, {"process": process, "kind": kind, "at": now, "stale_at": now + PATIENCE, "failing": names}
        )
        cursor.execute("DELETE FROM store_heartbeat WHERE stale_at < %s", [now - FORGET])


def forget(*, process: str) -> None:
    """Take a process that ends off the list."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_heartbeat WHERE process = %s", [process])


def failing(*, now: datetime) -> tuple[str, ...]:
    """Name the kinds of work that keep failing, as the processes that are well tell it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT failing FROM store_heartbeat WHERE stale_at > %s AND failing <> ''", [now])
        return tuple(sorted({kind for (kinds,) in cursor.fetchall() for kind in kinds.split(",")}))


def well(*, now: datetime) -> dict[str, int]:
    """Count, by kind, the processes that are well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM store_heartbeat WHERE stale_at > %s GROUP BY kind", [now])
        return dict(cursor.fetchall())
