"""Locks on files, which the kernel gives back when their holder ends, however it ends.

A lock belongs to an open file and is shared with every process that inherits it; it is free once the last of them has
closed it or died. So nothing here can go stale: no process ids to compare, and nothing to clean up after kill -9.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def take(path: Path, *, shared: bool = False, wait: bool = True) -> int | None:
    """Return an open descriptor that holds the lock, or None where `wait` is false and others hold it.

    Closing the descriptor gives the lock back. It is not inherited by programs unless it is passed on by name.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def would_wait(path: Path, *, shared: bool = False) -> bool:
    """Tell whether taking the lock would have to wait, which is whether somebody (else) holds it."""
    descriptor = take(path, shared=shared, wait=False)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
