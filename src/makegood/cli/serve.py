"""`makegood serve`: everything on one machine, each part a process of its own, kept running."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import click

from makegood.cli.database import open_database, tell
from makegood.cli.listening import listening_socket
from makegood.cli.loops import renew_on_signal, stop_on_signals
from makegood.cli.supervising import Child, UnableToKeepRunning, stop_all, supervise

ASK_SECONDS = 0.5


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", show_envvar=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> int:
    """Run it all: the database if none is named, the web, a worker and the ticker, until stopped.

    SIGUSR2 gives over to the release that is installed by then, and loses no request.
    """
    serve_all(host=host, port=port)
    return 0


def serve_all(
    *,
    host: str,
    port: int,
    path: str = "/",
    also: Sequence[tuple[str, ...]] = (),
    first: Callable[[], None] | None = None,
) -> None:
    """Run every part, and the commands in `also`, until SIGTERM or SIGINT; say where to open once all are well.

    With `first` they make themselves ready while that is done, and begin when it is.
    SIGUSR2 lets them give over to new ones. Raises ClickException if a part cannot run.
    """
    # First of all, since without it the signal ends this process.
    renew = renew_on_signal()
    listening = listening_socket(host, port)
    # The parts get the environment as it was: without DATABASE_URL each attaches to the embedded server for itself.
    environment = dict(os.environ) | {"PORT": str(port)}
    named = ("--host", host, "--port", str(port), "--listening", str(listening.fileno()))
    web = Child(("web", *named), environment, passed=(listening.fileno(),))
    parts = [web, *(Child(part, environment) for part in (("worker",), ("tick",), *also))]
    held = started_ahead(parts, meanwhile=first) if first else nullcontext()
    with listening, held, open_database():
        from django.conf import settings
        from django.db import connections

        from makegood.organizations.founding import organizations_exist, set_up_code

        code = "" if settings.DEMO else set_up_code()
        if code and path == "/" and not organizations_exist():
            path = f"/set-up?code={code}"
        connections.close_all()
        stop = stop_on_signals()
        opening = _Opening(web, host, port, path, code)
        try:
            supervise(parts, stop=stop, renew=renew, meanwhile=opening.look)
        except UnableToKeepRunning as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def started_ahead(parts: Sequence[Child], *, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Have parts make themselves ready while `meanwhile` is done, and begin once it is; all end if it fails."""
    for part in parts:
        part.start(held=True)
    try:
        meanwhile()
    except BaseException:
        stop_all(parts)
        raise
    for part in parts:
        part.begin()
    yield


class _Opening:
    """Says once, when health first answers that all is well, where to open."""

    def __init__(self, web: Child, host: str, port: int, path: str, code: str) -> None:
        self._web = web
        self._host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on
        self._port, self._path, self._code = port, path, code
        self._ask_at = 0.0

    def look(self) -> None:
        """Ask, now and then, until it is said."""
        if time.monotonic() < self._ask_at or not self._web.is_ready():
            return
        self._ask_at = time.monotonic() + ASK_SECONDS
        if is_well(self._host, self._port):
            tell(f"open http://{self._host}:{self._port}{self._path} (stop with Ctrl-C)")
            if self._code and self._code not in self._path:
                tell(f"set-up code: {self._code} (once, to found an organization at /set-up)")
            self._ask_at = float("inf")


def is_well(host: str, port: int) -> bool:
    """Tell whether /healthz answers 200."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
