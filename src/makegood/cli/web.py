"""`makegood web`: the console, the public pages and the API."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from multiprocessing.connection import wait

import click
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.mp import MPServer

from makegood.cli.database import open_database, tell
from makegood.cli.listening import WAITING, listening_socket
from makegood.cli.loops import stop_with_parent
from makegood.cli.ready import begin_when_told, say_ready
from makegood.store.wiring import imported_for_good, wired

APPLICATION = "makegood.cli.web:application"
PROCESSES = 2
THREADS = 4
"""Of each process: requests wait for the database most of their time."""
DRAIN_SECONDS = 10
STOP_SECONDS = 30
"""What a request may still take once its process leaves: more than a statement may."""


def application() -> object:
    """Return the web application, in one of the server's processes, which ends when the one that started it dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent", daemon=True).start()
    from django.core.wsgi import get_wsgi_application

    from makegood.cli.draining import Drained

    drained = Drained(get_wsgi_application())
    drained.leave_on_signal()
    say_ready()
    return drained


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


class Server(MPServer):
    """The web server on a socket that is there already, and whose processes leave when they have answered."""

    def __init__(self, listening: socket.socket, *, processes: int) -> None:
        super().__init__(
            APPLICATION,
            factory=True,
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=THREADS,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            websockets=False,
            log_enabled=False,
        )
        self._listening = listening

    def _init_shared_socket(self) -> None:
        self._sfd = self._listening.fileno()
        self._shd = SocketHolder(self._sfd, False, WAITING)
        self._sso = self._listening

    def _stop_workers(self) -> None:
        for each in self.wrks:
            each.interrupt_by_parent = True
            with suppress(ProcessLookupError):
                os.kill(each._id(), signal.SIGUSR1)
        until = time.monotonic() + DRAIN_SECONDS
        for each in self.wrks:
            each.join(max(0.0, until - time.monotonic()))
        super()._stop_workers()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", show_envvar=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=PROCESSES, show_default=True, type=click.IntRange(1, 64))
@click.option("--listening", type=int, hidden=True, help="The descriptor of a socket that listens already.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def web(host: str, port: int, processes: int, listening: int | None, with_parent: bool) -> int:
    """Answer browsers and programs until stopped."""
    if with_parent:
        stop_with_parent()
    taken = socket.socket(fileno=listening) if listening is not None else listening_socket(host, port)
    os.environ["PORT"] = str(port)
    # Settings are read once, here: the processes that serve are forked off with them.
    os.environ["MAKEGOOD_PART"] = "web"
    with taken, open_database():
        from django.db import connections

        _import_all()
        connections.close_all()
        begin_when_told()
        server = Server(taken, processes=processes)
        tell(f"web answers at http://{host}:{port}")
        server.serve()
    return 0


def _import_all() -> None:
    """Import here, once, whatever answers: the processes that serve are forked off with it."""
    from django.urls import get_resolver

    wired()
    with imported_for_good():
        _ = get_resolver().url_patterns
