"""Keeping child processes running: one that dies is started again, with growing pauses, and all stop together.

Asked to, they give over to others of the release that lies in this one's place by then: `handing_over` tells how.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

from makegood.cli.database import tell
from makegood.cli.ready import BEGIN, READY

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""After living this long, a child that dies is started again at once."""
STOP_SECONDS = 45.0
"""Longer than web takes to answer what it has begun with."""
LOOK_SECONDS = 0.2
UNUSABLE = 2
"""The exit status by which a command says, at its first start, that starting it again will not help."""


class UnableToKeepRunning(RuntimeError):
    """A part of Makegood cannot run; what it said last says why."""


def program() -> list[str]:
    """Return how Makegood is started here: by the same name again, behind which a newer release may lie by then."""
    named = Path(sys.argv[0])
    if named.name == "makegood" and os.access(named, os.X_OK):
        return [str(named.absolute())]
    return [sys.executable, "-m", "makegood.cli"]


@attrs.define(eq=False)
class Child:
    """One command of Makegood, run as a child that ends with its parent, whose end of a pipe it watches.

    `passed` are open files of this process that the child has too, under the same numbers.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    passed: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    tells: int | None = None
    ready: int | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    starts_again: bool = False
    pause: float = FIRST_PAUSE

    @property
    def name(self) -> str:
        return self.arguments[0]

    def start(self, *, held: bool = False) -> None:
        """Start the command, in a session of its own, out of reach of the terminal's Ctrl-C.

        One that is `held` makes itself ready and waits until it is told to `begin`.
        Where there is no such program, as while a release is being put in place, it does not run, and that is said.
        """
        self.ready, says = os.pipe()
        named, passed = {READY: str(says)}, [*self.passed, says]
        if held:
            waits, self.tells = os.pipe()
            named, passed = named | {BEGIN: str(waits)}, [*passed, waits]
        try:
            self.process = subprocess.Popen(  # noqa: S603 - this interpreter and our own commands
                [*program(), *self.arguments, "--with-parent"],
                stdin=subprocess.PIPE,
                env=dict(self.environment) | named,
                pass_fds=passed,
                start_new_session=True,
            )
        except OSError as error:
            self._close()
            self._pause()
            tell(f"{self.name} cannot be started: {error.strerror} ({error.filename})")
        finally:
            for end in passed[len(self.passed) :]:
                os.close(end)
        self.started_at = time.monotonic()

    def begin(self) -> None:
        """Let a command that was started held begin."""
        if self.tells is not None:
            os.close(self.tells)
            self.tells = None

    def anew(self) -> Child:
        """Return the same command, to be started beside this one."""
        return Child(self.arguments, self.environment, self.passed)

    def is_ready(self) -> bool:
        """Tell whether the command has said that it is at work."""
        return self.ready is not None and bool(select.select([self.ready], [], [], 0)[0]) and self.runs()

    def runs(self) -> bool:
        """Tell whether the command runs."""
        return self.process is not None and self.process.poll() is None

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
            if now - self.started_at > STEADY_SECONDS:
                self.pause = FIRST_PAUSE / 2
            self._pause()
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
        if self.process is not None and self.runs():
            self.process.terminate()

    def _pause(self) -> None:
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.start_at, self.starts_again = time.monotonic() + self.pause, True

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        for end in (self.ready, self.tells):
            if end is not None:
                os.close(end)
        self.process = self.ready = self.tells = None


def stop_all(children: Sequence[Child]) -> None:
    """Ask the commands to stop, and wait until all have."""
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop(deadline)


def supervise(
    children: Sequence[Child],
    *,
    stop: threading.Event,
    renew: threading.Event | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Keep the children running until `stop` is set, then stop them all; `meanwhile` is called at each look.

    Each time that `renew` is set they give over to new ones. Raises UnableToKeepRunning if one cannot run at all; the
    others are stopped then.
    """
    from makegood.cli.handing_over import Handover

    running, handover = list(children), None
    try:
        while not stop.is_set():
            for child in running:
                child.look()
            if handover is None and renew is not None and renew.is_set():
                renew.clear()
                handover = Handover(running)
            if handover is not None:
                handover.look()
                running = handover.running
                handover = None if handover.over else handover
            if meanwhile is not None:
                meanwhile()
            stop.wait(LOOK_SECONDS)
    finally:
        stop_all([*running, *(handover.beside if handover else ())])
