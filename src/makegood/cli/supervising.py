"""Keeping child processes running: one that dies is started again, with growing pauses, and all stop together."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import attrs

from makegood.cli.database import tell

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""After living this long, a child that dies is started again at once."""
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.2
UNUSABLE = 2
"""The exit status by which a command says, at its first start, that starting it again will not help."""


class UnableToKeepRunning(RuntimeError):
    """A part of Makegood cannot run; what it said last says why."""


@attrs.define
class Child:
    """One command of Makegood, run as a child that ends with its parent, whose end of a pipe it watches."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    starts_again: bool = False
    pause: float = FIRST_PAUSE

    @property
    def name(self) -> str:
        return self.arguments[0]

    def start(self) -> None:
        """Start the command, in a session of its own, out of reach of the terminal's Ctrl-C."""
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter and our own commands
            [sys.executable, "-m", "makegood.cli", *self.arguments, "--with-parent"],
            stdin=subprocess.PIPE,
            env=dict(self.environment),
            start_new_session=True,
        )
        self.started_at = time.monotonic()

    def look(self) -> None:
        """Start the command again if it has died and its pause is over.

        Raises UnableToKeepRunning if it said at its first start that another will not help.
        """
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return
            self._close()
            if status == UNUSABLE and not self.starts_again:
                raise UnableToKeepRunning(f"{self.name} cannot run: see above")
            self.pause = FIRST_PAUSE if now - self.started_at > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            self.start_at, self.starts_again = now + self.pause, True
            tell(f"{self.name} has died (exit status {status}): it is started again in {self.pause:g} s")
        if now >= self.start_at:
            self.start()

    def stop(self, deadline: float) -> None:
        """Wait until the command, which was asked to stop, has ended; after the deadline it is killed."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


def supervise(children: Sequence[Child], *, stop: threading.Event, meanwhile: Callable[[], None] | None = None) -> None:
    """Keep the children running until `stop` is set, then stop them all; `meanwhile` is called at each look.

    Raises UnableToKeepRunning if one cannot run at all; the others are stopped then.
    """
    try:
        while not stop.is_set():
            for child in children:
                child.look()
            if meanwhile is not None:
                meanwhile()
            stop.wait(LOOK_SECONDS)
    finally:
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop(deadline)
