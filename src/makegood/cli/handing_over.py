"""Giving over from the parts that run to the same parts of the release that lies in their place by now.

The database is migrated first, while the old parts serve. Then the new ones start beside them, take their share of the
same socket and of the same rows, and once each says that it is at work, the old ones finish what they hold and leave.
Where the new release cannot migrate or cannot run, the old one goes on as if nothing had been asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from makegood.cli.database import tell
from makegood.cli.supervising import STOP_SECONDS, Child, stop_all

MIGRATE = ("migrate",)
READY_SECONDS = 900.0
"""So long the new parts are waited for."""


class Handover:
    """One such change, moved on by `look`. `running` are to be kept running; `beside` run too, and are to end."""

    def __init__(self, old: Sequence[Child]) -> None:
        self.running = list(old)
        self.over = False
        self._old = list(old)
        self._new = [each.anew() for each in old]
        self._migrating: Child | None = Child(MIGRATE, old[0].environment)
        self._ready_by = 0.0
        self._leave_by: float | None = None
        tell("giving over to the release that is installed now: the database is migrated first")
        self._migrating.start()

    @property
    def beside(self) -> list[Child]:
        """Those that run for as long as the change takes."""
        return [each for each in (self._migrating, *self._old, *self._new) if each and each not in self.running]

    def look(self) -> None:
        """Take the next step, if it is time."""
        if self._migrating is not None:
            self._look_at_migrating(self._migrating)
        elif self._leave_by is None:
            self._look_at_new()
        else:
            self._look_at_old(self._leave_by)

    def _look_at_migrating(self, migrating: Child) -> None:
        if migrating.runs():
            return
        if migrating.process is None or migrating.process.returncode:
            self._go_on_as_before()
            return
        migrating.stop(0)
        self._migrating = None
        self._ready_by = time.monotonic() + READY_SECONDS
        for each in self._new:
            each.start()

    def _look_at_new(self) -> None:
        if not all(each.runs() for each in self._new) or time.monotonic() > self._ready_by:
            self._go_on_as_before()
        elif all(each.is_ready() for each in self._new):
            tell("the new release is at work: the old one finishes what it holds")
            self.running = self._new
            self._leave_by = time.monotonic() + STOP_SECONDS
            for each in self._old:
                each.ask_to_stop()

    def _look_at_old(self, leave_by: float) -> None:
        if any(each.runs() for each in self._old) and time.monotonic() < leave_by:
            return
        for each in self._old:
            each.stop(0)
        tell("given over")
        self.over = True

    def _go_on_as_before(self) -> None:
        tell("the new release cannot run, see above: the old one goes on")
        stop_all(self.beside)
        self.over = True
