"""When the rooms are wired to each other: once, in each process that does anything, as late as when it first does.

Wiring imports every room, which takes as long as all else that a process begins with. A command that only looks, or
copies, or runs others does without it. Whoever reads what was registered asks for it first.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

_waiting: list[Callable[[], None]] = []
_turn = RLock()


def wire_with(register: Callable[[], None]) -> None:
    """Name what registers everything. Only `config` calls this."""
    _waiting.append(register)


def wired() -> None:
    """Return once everything is registered; the first who asks waits for it, and so does whoever asks meanwhile."""
    if not _waiting:
        return
    with _turn, imported_for_good():
        while _waiting:
            register = _waiting[-1]
            register()
            _waiting.remove(register)


@contextmanager
def imported_for_good() -> Iterator[None]:
    """Run the block, which imports what stays to the process's end, and look for no garbage in it then or later."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
