"""The PostgreSQL server that comes with Makegood: there while any process uses it, and gone after the last.

Every process attaches. The first starts the server and the last stops it, however many start at once and whoever is
killed. Users, server and keeper are each known by a file lock, which the kernel gives back when they die; one more
lock, `turn`, is held while the server is started or stopped. It listens on a socket in a directory of mode 0700 and on
no network, so that reaching the directory is the permission to connect.
"""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from makegood.store.embedded import locks
from makegood.store.embedded.keeper import ensure_keeper
from makegood.store.embedded.programs import UnableToStartDatabase
from makegood.store.embedded.server import Server, Tell, Wait, tell_on_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Attached", "Server", "UnableToStartDatabase", "attach", "home_directory", "running", "stopped"]


def home_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the embedded database and files live: MAKEGOOD_HOME, or `makegood` in the user's data directory."""
    named = environment.get("MAKEGOOD_HOME")
    return Path(named).expanduser() if named else platformdirs.user_data_path("makegood", appauthor=False)


class Attached:
    """A process's hold on the running server, given back by `release` or at the process's end."""

    def __init__(self, url: str, server: Server) -> None:
        self.url = url
        self._server = server
        self._released = False
        self._process = os.getpid()
        atexit.register(self.release)

    def release(self) -> None:
        """Give the hold back, once; after the last hold of the last process the server has stopped.

        A hold that came by a fork is the parent's: giving it back in the child does nothing.
        """
        with _mutex:
            if self._released or self._process != os.getpid():
                return
            self._released = True
            atexit.unregister(self.release)
            _leave(self._server)


def attach(home: Path, *, tell: Tell = tell_on_stderr) -> Attached:
    """Return a hold on the server of this home, with its owner's database address, once it answers.

    A process may attach any number of times and counts as one user; a child process attaches for itself. Waits without
    limit for another command's start and for crash recovery, and says so through `tell`. The address stays the same
    when the server is started again. Raises UnableToStartDatabase.
    """
    with _mutex:
        server = Server(_prepared_home(home))
        with _turn(server, tell):
            hold = _holds.get(server.home)
            user = hold[0] if hold else locks.take(server.lock("users"), shared=True)
            assert user is not None
            try:
                ensure_keeper(server)
                server.ensure_running(tell)
                url = server.url()
            except BaseException:
                if not hold:
                    os.close(user)
                raise
            _holds[server.home] = (user, hold[1] + 1 if hold else 1)
        return Attached(url, server)


@contextmanager
def running(home: Path, *, tell: Tell = tell_on_stderr) -> Iterator[str]:
    """Attach for the length of a `with` block, whose value is the owner's database address."""
    attached = attach(home, tell=tell)
    try:
        yield attached.url
    finally:
        attached.release()


_mutex = threading.RLock()
_holds: dict[Path, tuple[int, int]] = {}
"""Of this process, by home: the descriptor that holds the users lock, and how often it is attached."""


def _leave(server: Server) -> None:
    if server.home not in _holds:
        return
    user, count = _holds[server.home]
    if count > 1:
        _holds[server.home] = (user, count - 1)
        return
    del _holds[server.home]
    os.close(user)
    _stop_if_unused(server)


def _stop_if_unused(server: Server) -> None:
    if not server.lock("turn").parent.exists():
        return
    with _turn(server, tell_on_stderr):
        if not server.is_used():
            server.stop(tell_on_stderr)


def stopped(home: Path) -> None:
    """Return once the server of a home that nobody uses has stopped and its keeper has gone, however it was started."""
    server = Server(home.expanduser().absolute())
    _stop_if_unused(server)
    if server.lock("keeper").exists():
        keeper = locks.take(server.lock("keeper"))
        assert keeper is not None, "waited for"
        os.close(keeper)


def _prepared_home(home: Path) -> Path:
    home = home.expanduser().absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home = home.resolve()
        (home / "locks").mkdir(mode=0o700, exist_ok=True)
        if not os.access(home / "locks", os.W_OK | os.X_OK):
            raise PermissionError
        _share_with_owner(home)
    except OSError as error:
        raise UnableToStartDatabase(
            f"{home} cannot be used for the database: make it a directory of your own, or set MAKEGOOD_HOME to one"
        ) from error
    return home


def _share_with_owner(home: Path) -> None:
    """Where root works in another user's home, give the owner what was made there."""
    if os.geteuid() == 0 and (owner := home.stat()).st_uid != 0:
        for name in ("", "turn", "users", "server", "keeper"):
            path = home / "locks" / name
            path.touch() if name else None
            os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def _turn(server: Server, tell: Tell) -> Iterator[None]:
    wait = Wait(tell, "another command is starting or stopping the database")
    while (turn := locks.take(server.lock("turn"), wait=False)) is None:
        wait.look_again()
    try:
        yield
    finally:
        os.close(turn)


def _forget_in_child() -> None:
    """After a fork: the parent's hold stays the parent's."""
    global _mutex  # noqa: PLW0603
    _mutex = threading.RLock()
    for user, _ in _holds.values():
        os.close(user)
    _holds.clear()


os.register_at_fork(after_in_child=_forget_in_child)
