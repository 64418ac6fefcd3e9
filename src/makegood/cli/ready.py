"""How a part tells the process that started it that it is at work: by one byte on a pipe that it was given."""

from __future__ import annotations

import os
from contextlib import suppress

READY = "MAKEGOOD_READY"
"""The environment's name of the pipe's descriptor; nobody waits where there is none."""


def say_ready() -> None:
    """Say that this part is at work. Saying it more than once does nothing more."""
    number = os.environ.get(READY, "")
    if number.isdecimal():
        with suppress(OSError):
            os.write(int(number), b".")
