"""What people mean to do and when: an agenda by whole hours of the simulated clock, in an order that ids do not change."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from typing import Any

import attrs

HOUR = timedelta(hours=1)


@attrs.frozen(order=True)
class Act:
    """Something that a person does at `at`: `name` says what, `key` naturally about what, `about` its recovery's id."""

    at: datetime
    key: str
    name: str
    turn: int
    about: int = attrs.field(order=False, default=0)
    more: Any = attrs.field(order=False, default=None)


class Agenda:
    """Acts by their hour. The same act about the same thing stands in it once."""

    def __init__(self, grid: timedelta) -> None:
        self._grid = grid
        self._heap: list[Act] = []
        self._standing: set[tuple[str, str]] = set()
        self.busy: dict[int, int] = {}
        """How many acts stand about each recovery."""

    def add(self, at: datetime, key: str, name: str, *, about: int = 0, turn: int = 0, more: Any = None) -> bool:
        """Put an act in, at the next moment of the grid; return whether it was new."""
        if (key, name) in self._standing:
            return False
        self._standing.add((key, name))
        heapq.heappush(self._heap, Act(up(at, self._grid), key, name, turn, about, more))
        self.busy[about] = self.busy.get(about, 0) + 1
        return True

    def next_at(self) -> datetime | None:
        """Return when the next act is."""
        return self._heap[0].at if self._heap else None

    def due(self, now: datetime) -> list[Act]:
        """Take out what is due, in order."""
        found = []
        while self._heap and self._heap[0].at <= now:
            act = heapq.heappop(self._heap)
            self._standing.discard((act.key, act.name))
            self.busy[act.about] -= 1
            found.append(act)
        return found


def up(at: datetime, grid: timedelta) -> datetime:
    """Round a moment up to the grid, whose points lie a whole number of steps after midnight."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = -(-(at - midnight) // grid)
    return midnight + steps * grid
