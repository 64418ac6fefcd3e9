"""Ports of loopback for servers that are told theirs: out of reach of those that the system hands out by itself."""

from __future__ import annotations

import random
import socket
from itertools import count

LOWEST, HIGHEST = 10_000, 32_000
"""Linux takes the near ends of lines from 32,768 up: one of those may be taken between the looking and the listening."""
_next = count(random.SystemRandom().randrange(HIGHEST - LOWEST))


def free_port() -> int:
    """Return a port that nothing listens on, another one each time; no line begins at it meanwhile."""
    while True:
        port = LOWEST + next(_next) % (HIGHEST - LOWEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
