"""What breaks in the year, at seeded moments, in process: mail, payments, connections, transactions, the database, time."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from benchmarks.year.draws import Draws

KINDS = (
    "mail server asks to wait",
    "no mail server",
    "mail drops after the text",
    "payment system down",
    "connection cut",
    "killed in a transaction",
    "database killed",
    "clock jumps",
    "two tickers and two workers",
    "told twice",
)


class Killed(BaseException):
    """The process died here: nothing of the transaction that was open is left, and nobody catches it on the way."""


@attrs.frozen(kw_only=True)
class Fault:
    """One thing that breaks: at which moment, for how many hours where it lasts, and after how many statements."""

    at: datetime
    kind: str
    hours: int
    after: int


def drawn(*, count: int, begins_at: datetime, days: int, draws: Draws) -> list[Fault]:
    """Draw so many faults over these days, every kind in turn, in time order."""
    found = []
    for number in range(count):
        rnd = draws.of("fault", number)
        found.append(
            Fault(
                at=begins_at + timedelta(minutes=rnd.randrange(1440, max(1441, days * 1440))),
                kind=KINDS[(number + draws.of("faults").randrange(len(KINDS))) % len(KINDS)],
                hours=rnd.randrange(2, 30),
                after=rnd.randrange(1, 160),
            )
        )
    return sorted(found, key=lambda one: one.at)


class Breaking:
    """Lets the drawn faults strike as the clock reaches them, and mends what heals by itself."""

    def __init__(self, *, faults: list[Fault], home: Path, mail: Any, payments: Any, lapse: Callable[[], None]) -> None:
        self._coming = list(faults)
        self._home, self._mail, self._payments = home, mail, payments
        self._lapse = lapse
        self._until: dict[str, datetime] = {}
        self._armed: Fault | None = None
        self._left = 0
        self.struck: Counter[str] = Counter()
        self.at_once = False
        self.tell_twice = False
        self.jump = timedelta()

    def look(self, now: datetime) -> None:
        """Let strike what is due, and end what has lasted long enough."""
        for kind, until in list(self._until.items()):
            if until <= now:
                del self._until[kind]
                self._lasting(kind, on=False)
        self.at_once = self.tell_twice = False
        while self._coming and self._coming[0].at <= now:
            self._strike(self._coming.pop(0), now)

    def _strike(self, fault: Fault, now: datetime) -> None:
        if fault.kind in ("connection cut", "killed in a transaction", "database killed"):
            if self._armed is not None:
                self._coming.insert(0, attrs.evolve(fault, at=now + timedelta(hours=1)))
                return
            self._armed, self._left = fault, fault.after
            return
        self.struck[fault.kind] += 1
        if fault.kind == "clock jumps":
            self.jump = timedelta(hours=fault.hours)
        elif fault.kind == "two tickers and two workers":
            self.at_once = True
        elif fault.kind == "told twice":
            self.tell_twice = True
        else:
            self._until[fault.kind] = now + timedelta(hours=fault.hours)
            self._lasting(fault.kind, on=True)

    def _lasting(self, kind: str, *, on: bool) -> None:
        from django.conf import settings

        if kind == "mail server asks to wait":
            self._mail.rcpt = "451 later" if on else "250 OK"
        elif kind == "mail drops after the text":
            self._mail.drop = "data" if on else ""
        elif kind == "payment system down":
            self._payments.answers[:] = [503] * 10_000 if on else []
        elif kind == "no mail server":
            if on:
                self._address, settings.EMAIL_URL = settings.EMAIL_URL, "smtp://127.0.0.1:1"
            else:
                settings.EMAIL_URL = self._address

    def come_back(self, *, lapse: bool) -> None:
        """Wait until the database is there again; let the claims lapse that died with the transaction, if so asked."""
        from makegood.store.embedded import attach

        attach(self._home, tell=lambda _: None).release()
        if lapse:
            self._lapse()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count the statements of the block, and strike in the midst of them where a fault is armed."""
        from django.db import connection

        with connection.execute_wrapper(self._count):
            yield

    def _count(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if self._armed is not None and context["connection"].in_atomic_block:
            self._left -= 1
            if self._left <= 0:
                fault, self._armed = self._armed, None
                self.struck[fault.kind] += 1
                self._break(fault.kind, context["connection"])
        return execute(sql, params, many, context)

    def _break(self, kind: str, connection: Any) -> None:
        if kind == "killed in a transaction":
            raise Killed
        if kind == "connection cut":
            cut(self._home, connection.connection.info.backend_pid)
            return
        restart(self._home)


def cut(home: Path, backend: int) -> None:
    """End the process of the database that serves one connection."""
    import psycopg

    from benchmarks.ground import superuser_url

    with psycopg.connect(superuser_url(home), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def restart(home: Path) -> None:
    """Kill the database as a machine that loses power does, and return once it has recovered."""
    from makegood.store.embedded import Server, attach
    from makegood.store.embedded.processes import postmaster_of

    running = postmaster_of(Server(home.resolve()).data)
    assert running is not None, "the database runs"
    os.kill(running[0], signal.SIGKILL)
    attach(home, tell=lambda _: None).release()


def all_at_once(tasks: list[Callable[[], None]]) -> None:
    """Run these at the same time, each on a connection of its own; raise the first error."""
    from django.db import connection

    errors: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001  whatever it is, it is raised below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
