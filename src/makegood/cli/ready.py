"""What a part and the process that started it tell each other, each on a pipe that the part was given.

The part says by a byte that it is at work; the other lets one that it started ahead of time begin, by closing its end.
"""

from __future__ import annotations

import os
from contextlib import suppress

READY = "MAKEGOOD_READY"
BEGIN = "MAKEGOOD_BEGIN"
"""The environment's names of the pipes' descriptors; nobody waits where there is none."""


def say_ready() -> None:
    """Say that this part is at work. Saying it more than once does nothing more."""
    number = os.environ.get(READY, "")
    if number.isdecimal():
        with suppress(OSError):
            os.write(int(number), b".")


def begin_when_told() -> None:
    """Wait, if this part was started ahead of time, until it is told to begin, or until nobody is there to tell it."""
    number = os.environ.pop(BEGIN, "")
    if number.isdecimal():
        os.read(int(number), 1)
        os.close(int(number))
