"""Loops that run until they are told to stop: each round does what there is to do, then waits a tick.

They outlive the database: a connection that breaks is made anew, with growing pauses, and a unit of work that fails is
said once a minute and tried again, while the others go on.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from makegood.cli.ready import say_ready
from makegood.store.wiring import wired

TICK_SECONDS = 1.0
LONGEST_PAUSE = 5.0
SAY_AGAIN = 60.0
FAILING = 3
"""So many rounds in a row make a failure one that lasts."""

HUNG = 10
"""A step that takes so many times as long as it may ends its process, whatever holds it, to be started anew."""

log = logging.getLogger("makegood")

_work: list[Callable[..., int]] = []


def work_with(work: Callable[..., int]) -> None:
    """Name what the worker does each round: work(on_error=, only=) returns how much. Only `config` calls this."""
    _work[:] = [work]


def work_round(
    on_error: Callable[[str, int, Exception], None] | None = None, only: Collection[int] | None = None
) -> int:
    """Carry out what is due in the outbox, one batch of each organization, or of `only` these; return how much.

    An organization whose work fails is handed to `on_error`; without it the error is raised.
    """
    wired()
    return sum(work(on_error=on_error, only=only) for work in _work)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def renew_on_signal() -> threading.Event:
    """Return an event that SIGUSR2 sets."""
    renew = threading.Event()
    signal.signal(signal.SIGUSR2, lambda *_: renew.set())
    return renew


def stop_with_parent() -> None:
    """Send this process SIGTERM when its standard input ends, which is when the parent that holds it has died."""

    def watch() -> None:
        # Not through sys.stdin, whose lock a daemon thread would still hold at the interpreter's end.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


class Complaints:
    """What went wrong, each said at once and then at most once a minute."""

    def __init__(self) -> None:
        self._said_at: dict[str, float] = {}
        self._failed: set[tuple[str, int]] = set()
        self._rounds: dict[tuple[str, int], int] = {}

    def keep_failing(self) -> set[str]:
        """End a round; return the kinds of work that failed for one organization in FAILING rounds, one by one."""
        self._rounds = {one: self._rounds.get(one, 0) + 1 for one in self._failed}
        self._failed = set()
        return {kind for (kind, _), rounds in self._rounds.items() if rounds >= FAILING}

    def of_organization(self, kind: str, organization_id: int, error: Exception) -> None:
        """Say which organization's unit of work failed; for `on_error`."""
        self._failed.add((kind, organization_id))
        self.say(f"{kind} of organization {organization_id}", error)

    def say(self, what: str, error: BaseException) -> None:
        """Write the error's type and trace to the log, unless that was done within the last minute.

        What it says is left out, but for the code of a database's: it may quote a person's words.
        """
        from makegood.store.unanswering import code_of_error

        kind = code_of_error(error)
        key = f"{what}:{kind}"
        now = time.monotonic()
        if now - self._said_at.get(key, -SAY_AGAIN) < SAY_AGAIN:
            return
        self._said_at[key] = now
        log.error("%s failed: %s\n%s", what, kind, "".join(traceback.format_tb(error.__traceback__)))


@contextmanager
def run_beside(*, kind: str, step: Callable[[Callable[[str, int, Exception], None]], int]) -> Iterator[None]:
    """Call `step`, as `run_loop` does, in a thread of its own until the block ends: what takes long holds nothing up.

    What is in the middle then is left there, and goes on with the next start.
    """
    stop = threading.Event()

    def run() -> None:
        from django.db import connections

        complaints = Complaints()
        while not stop.is_set():
            try:
                done = step(complaints.of_organization)
            except Exception as error:  # noqa: BLE001  one that is unforeseen must not end all that still works
                complaints.say(kind, error)
                connections.close_all()
                done = 0
                stop.wait(LONGEST_PAUSE)
            if not done:
                stop.wait(TICK_SECONDS)
        connections.close_all()

    thread = threading.Thread(target=run, name=kind, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LONGEST_PAUSE)


def run_loop(*, kind: str, step: Callable[[Callable[[str, int, Exception], None]], int], longest: timedelta) -> None:
    """Call `step` again and again while it does something, else once a tick, until a signal comes.

    `kind` is worker or tick, by which health knows it; `longest` is how long one step may take and still be well: one
    that takes HUNG times as long ends the process, after it has said where it hangs. The step is given what to call
    with each unit of work that fails; health is told of those that keep failing.
    """
    from django.db import DatabaseError, InterfaceError, connections

    from makegood.store.heartbeats import Heart

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    stop = stop_on_signals()
    heart = Heart(kind=kind, longest=longest)
    heart.start()
    complaints = Complaints()
    pause, runs = TICK_SECONDS, False
    while not stop.is_set():
        heart.moved(failing=complaints.keep_failing())
        faulthandler.dump_traceback_later(longest.total_seconds() * HUNG, exit=True)
        try:
            done = step(complaints.of_organization)
            pause = TICK_SECONDS
            if not runs:
                log.info("%s runs", kind)
                say_ready()
                runs = True
        except (DatabaseError, InterfaceError) as error:
            complaints.say(kind, error)
            connections.close_all()
            done, pause = 0, min(pause * 2, LONGEST_PAUSE)
        except Exception as error:  # noqa: BLE001  one that is unforeseen must not end all that still works
            complaints.say(kind, error)
            done, pause = 0, LONGEST_PAUSE
        if not done:
            stop.wait(pause)
    faulthandler.cancel_dump_traceback_later()
    heart.stop()
    log.info("%s has stopped", kind)
