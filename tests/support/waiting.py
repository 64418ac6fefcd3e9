"""Waiting for conditions, with a deadline, in tests that must not sleep for a fixed time."""

from __future__ import annotations

import os
import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 600.0


def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Return once the condition holds; fail saying what did not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not after {seconds} s"
        select.select([], [], [], 0.01)


@contextmanager
def ends(process: int, seconds: float = SECONDS) -> Iterator[None]:
    """Expect that this process has ended by the end of the block, or soon after."""
    descriptor = os.pidfd_open(process)
    try:
        yield
        ready, _, _ = select.select([descriptor], [], [], seconds)
        assert ready, f"process {process} has not ended after {seconds} s"
    finally:
        os.close(descriptor)
