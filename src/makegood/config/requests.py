"""How many requests were answered, of which group, with which status, and how fast.

The processes of one `makegood web` count together, in memory that they share since before they were forked off: each in
a slot of its own, so that none waits for another. What a process counted stays when it ends, and whoever takes its slot
counts on. Nothing of an address is kept but its group.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

import attrs
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from makegood.api.gate import PREFIX as API
from makegood.api.hooks import PREFIX as HOOKS

REST: Final = "console"
PREFIXES: Final = {
    API: "api",
    HOOKS: "hooks",
    "/s/": "customers",
    "/r/": "customers",
    "/counter/": "counter",
    f"/{settings.STATIC_URL.strip('/')}/": "static",
    "/healthz": "health",
    "/metrics": "health",
}
"""What an address begins with, and of which group it is; all others are the console's."""
GROUPS: Final = tuple(dict.fromkeys((*PREFIXES.values(), REST)))
STATUSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Up to so many seconds each: beyond the last is one more."""
SLOTS: Final = 128
"""More processes than a `makegood web` may have, with those that take over from them."""
CELL: Final = len(SECONDS) + 2
"""A count for each of SECONDS and one beyond, and the sum of all."""
SLOT: Final = len(GROUPS) * len(STATUSES) * CELL
UNUSED: Final = bytes(SLOT * 8)


@attrs.frozen(kw_only=True)
class Answered:
    """Requests of one group and status: how many within each of SECONDS, one beyond, and how long all took."""

    group: str
    status: str
    counts: tuple[int, ...]
    seconds: float


class Counts:
    """The memory, and this process's slot in it."""

    def __init__(self) -> None:
        size = SLOTS * SLOT * 8
        self._file = os.memfd_create("makegood-requests")
        os.posix_fallocate(self._file, 0, size)
        self._cells = memoryview(mmap.mmap(self._file, size)).cast("d")
        self._lock = threading.Lock()
        self._begin, self._pid = -1, 0
        os.register_at_fork(after_in_child=self._forked)

    def add(self, *, group: str, status: int, seconds: float) -> None:
        """This function will count one answer."""
        place = (GROUPS.index(group) * len(STATUSES) + min(max(status // 100, 1), 5) - 1) * CELL
        with self._lock:
            if self._pid != os.getpid():
                self._begin, self._pid = self._slot(), os.getpid()
            if self._begin >= 0:
                at = self._begin + place
                self._cells[at + bisect_left(SECONDS, seconds)] += 1
                self._cells[at + CELL - 1] += seconds

    def read(self) -> Iterator[Answered]:
        """This function will yield what all processes counted, a row for each group and status."""
        slots = (self._cells[begin : begin + SLOT] for begin in range(0, SLOTS * SLOT, SLOT))
        used = [slot.tolist() for slot in slots if bytes(slot) != UNUSED]
        whole = [sum(column) for column in zip([0.0] * SLOT, *used, strict=True)]
        for place in range(0, SLOT, CELL):
            *counts, seconds = whole[place : place + CELL]
            group, status = divmod(place // CELL, len(STATUSES))
            told = tuple(int(one) for one in counts)
            yield Answered(group=GROUPS[group], status=STATUSES[status], counts=told, seconds=seconds)

    def _slot(self) -> int:
        """Where this process counts: in the first slot that no living one has; -1 where all are taken.

        A slot is held by a lock of the kernel's on one byte, which ends with the process.
        """
        for slot in range(SLOTS):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
            except OSError:
                continue
            return slot * SLOT
        return -1

    def _forked(self) -> None:
        self._lock = threading.Lock()


COUNTS = Counts()


class Measured:
    """Counts each answer; it stands before all other middleware, so that it sees what they refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.monotonic()
        response = self.get_response(request)
        taken = time.monotonic() - begun
        COUNTS.add(group=group_of(request.path), status=response.status_code, seconds=taken)
        return response


def group_of(path: str) -> str:
    """This function will say of which group an address is."""
    return next((group for prefix, group in PREFIXES.items() if path.startswith(prefix)), REST)
