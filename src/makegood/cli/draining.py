"""Leaving without ending a request: a web process takes no more connections, answers those it has, and ends.

Told to stop, the server (granian 2.8) ends each connection that it has taken and not read yet: under load that loses a
request now and then. So it is told only once there is none. What it is in the middle of then, it finishes.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

LINGER_SECONDS: Final = 3.0
"""So long a connection on which nothing is asked is waited for."""
LOOK_SECONDS: Final = 0.02
OPEN_FILES = Path("/proc/self/fd")
CLOSE = ("Connection", "close")

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Drained:
    """A web application in a process that ends, once it is sent SIGUSR1, when all its connections have."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._leaves = False

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer; while this process leaves, say that the connection ends with the answer."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, CLOSE] if self._leaves else headers, *rest)

        return self._application(environ, start)

    def leave_on_signal(self) -> None:
        """Let SIGUSR1 begin it; call from the process's main thread."""
        signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=self._leave, daemon=True).start())

    def _leave(self) -> None:
        self._leaves = True
        ports = stop_taking()
        until = time.monotonic() + LINGER_SECONDS
        while connections(ports) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)


def stop_taking() -> set[int]:
    """Let nothing in this process hear of new connections any more: they wait for the others that share the socket.

    Returns the ports that it listened on.

    The server offers no way, so its listening sockets are taken off the lists (epoll) on which it waits.
    """
    ports = set()
    waiting = [number for number, name in _open_files() if name == "anon_inode:[eventpoll]"]
    for number, name in _open_files():
        with _socket_at(number, name) as one:
            if one is None or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                continue
            ports.add(one.getsockname()[1])
            for each in waiting:
                with suppress(OSError), select.epoll.fromfd(os.dup(each)) as listed:
                    listed.unregister(number)
    return ports


def connections(ports: set[int]) -> int:
    """Count the connections that others have made to these ports and that this process has open still."""
    found = 0
    for number, name in _open_files():
        with _socket_at(number, name) as one, suppress(OSError):
            if one is not None and one.getsockname()[1] in ports:
                one.getpeername()
                found += 1
    return found


def _open_files() -> list[tuple[int, str]]:
    """List this process's open files, by number and by what the kernel calls them; none where it does not tell."""
    found = []
    with suppress(FileNotFoundError):
        for each in OPEN_FILES.iterdir():
            with suppress(OSError):
                found.append((int(each.name), str(each.readlink())))
    return found


@contextmanager
def _socket_at(number: int, name: str) -> Iterator[socket.socket | None]:
    """Give the network socket that this open file is; None where it is none, or is closed by now."""
    one = None
    if name.startswith("socket:"):
        with suppress(OSError):
            one = socket.socket(fileno=os.dup(number))
    try:
        yield one if one is not None and one.family in (socket.AF_INET, socket.AF_INET6) else None
    finally:
        if one is not None:
            one.close()
