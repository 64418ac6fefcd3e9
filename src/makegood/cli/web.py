"""`makegood web`: the console, the public pages and the API."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
from multiprocessing.connection import wait

import click

from makegood.cli.database import open_database, tell
from makegood.cli.loops import stop_with_parent
from makegood.store.wiring import imported_for_good, wired

APPLICATION = "makegood.cli.web:application"
PROCESSES = 2
THREADS = 4
"""Of each process: requests wait for the database most of their time."""
STOP_SECONDS = 10


def application() -> object:
    """Return the web application, in one of the server's processes, which ends when the one that started it dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent", daemon=True).start()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", show_envvar=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=PROCESSES, show_default=True, type=click.IntRange(1, 64))
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def web(host: str, port: int, processes: int, with_parent: bool) -> int:
    """Answer browsers and programs until stopped."""
    if with_parent:
        stop_with_parent()
    refuse_taken_port(host, port)
    os.environ["PORT"] = str(port)
    # Settings are read once, here: the processes that serve are forked off with them.
    os.environ["MAKEGOOD_PART"] = "web"
    with open_database():
        from django.db import connections
        from granian import Granian
        from granian.constants import Interfaces

        _import_all()
        connections.close_all()
        server = Granian(
            APPLICATION,
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=THREADS,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            websockets=False,
            log_enabled=False,
        )
        tell(f"web answers at http://{host}:{port}")
        server.serve()
    return 0


def _import_all() -> None:
    """Import here, once, whatever answers: the processes that serve are forked off with it."""
    from django.urls import get_resolver

    wired()
    with imported_for_good():
        _ = get_resolver().url_patterns


def refuse_taken_port(host: str, port: int) -> None:
    """Raise ClickException if something else listens there already."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host} port {port} ({error.strerror}): choose another with --port."
        ) from error
