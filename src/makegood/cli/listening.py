"""The socket that the web listens on: one for all its processes, which the process that keeps them running holds.

Whoever comes while one release gives over to the next waits in its queue, which is the kernel's, and is answered by
whichever process takes them: nobody is refused. systemd may hold it too, beyond the service's own end.
"""

from __future__ import annotations

import os
import socket

import click

WAITING = 1024
"""So many may have come and not be taken yet."""
FIRST_GIVEN = 3
"""The descriptor that systemd gives, by sd_listen_fds(3)."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens there: the one that systemd gives, if it gives one, else a new one.

    Raises ClickException if something else listens there already.
    """
    given = _given_by_systemd()
    if given is not None:
        return given
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address[:2], family=family, backlog=WAITING)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host} port {port} ({error.strerror}): choose another with --port"
            " (PORT=... for make run)."
        ) from error
    listening.setblocking(False)
    return listening


def refuse_taken_port(host: str, port: int) -> None:
    """Raise ClickException if something else listens there already, and nothing is given to listen on."""
    if "LISTEN_FDS" not in os.environ:
        listening_socket(host, port).close()


def _given_by_systemd() -> socket.socket | None:
    named = {name: os.environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")}
    if named["LISTEN_PID"] != str(os.getpid()) or named["LISTEN_FDS"] in ("", "0"):
        return None
    if named["LISTEN_FDS"] != "1":
        raise click.ClickException("More than one socket is given: name one ListenStream in makegood.socket.")
    given = socket.socket(fileno=FIRST_GIVEN)
    given.setblocking(False)
    given.set_inheritable(False)
    return given
