"""One embedded PostgreSQL server: started, adopted, waited for and stopped. The caller holds the home's `turn` lock.

Whether it is alive is asked of a lock that the server and all its children hold, not of its process file: the lock
cannot be stale, whoever was killed and whichever process number was given out again.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import attrs

from makegood.store.embedded import cluster, locks
from makegood.store.embedded.accounts import Account, account_of_database, let_pass
from makegood.store.embedded.processes import end_orphans, postmaster_of, processes_in
from makegood.store.embedded.programs import UnableToStartDatabase, bundled_programs, run_program

Tell = Callable[[str], None]

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 103
"""Bytes of a socket's path, the least of what the systems allow."""

LOG_LIMIT = 10_000_000
ENCRYPTION_REQUEST = 80877103
"""The number by which PostgreSQL's protocol asks for TLS before anything else."""

LOOK_SECONDS = 0.02
ANSWER_SECONDS = 5
TELL_SECONDS = 3
UNSEEN_SECONDS = 30
STOP_SECONDS = 60


def tell_on_stderr(message: str) -> None:
    """Write one line about a long wait where the person at the shell sees it."""
    sys.stderr.write(f"makegood: {message}\n")


@attrs.frozen
class Server:
    """The server of one home directory, whose layout is `database/`, `socket/` and `locks/`."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "database"

    def lock(self, name: str) -> Path:
        """Return the lock's file: `turn` (start or stop), `users`, `server` or `keeper`."""
        return self.home / "locks" / name

    def is_made(self) -> bool:
        """Tell whether there is a database."""
        return (self.data / "PG_VERSION").exists()

    def is_running(self) -> bool:
        """Tell whether any process of the server lives, ready or not."""
        return locks.would_wait(self.lock("server"), shared=True)

    def is_used(self) -> bool:
        """Tell whether any process is attached."""
        return locks.would_wait(self.lock("users"))

    def url(self, *, user: str = cluster.OWNER, database: str = cluster.DATABASE) -> str:
        """Return the address of the running server, with the socket's directory as its host."""
        directory = quote(str(self._socket_directory()), safe="")
        return f"postgresql://{user}@/{database}?host={directory}&port={PORT}"

    def ensure_running(self, tell: Tell) -> None:
        """Return when the server answers: made, started or recovered as need be, however long that takes.

        Raises UnableToStartDatabase, which says why. A wait of more than some seconds is told.
        """
        account = account_of_database(self.home)
        if self._wait_until_ready(account, tell):
            return
        self._prepare(account, tell)
        self._start(account)
        if not self._wait_until_ready(account, tell):
            raise UnableToStartDatabase(
                f"The database did not start ({self._last_words()}): see {self.data / 'server.log'}"
            )

    def stop(self, tell: Tell) -> None:
        """Stop the server cleanly, its connections cut, and return when all its processes have ended.

        After a minute it is stopped the hard way, and recovers when it is next started. A server that cannot be
        seen from here, perhaps in another container, is left alone.
        """
        account = account_of_database(self.home)
        wait = Wait(tell, "the database is writing its last pages before it stops")
        asked: set[tuple[int, int]] = set()
        while self.is_running():
            how = signal.SIGINT if wait.seconds() < STOP_SECONDS else signal.SIGQUIT
            if found := postmaster_of(self.data):
                if (found[0], how) not in asked:
                    asked.add((found[0], how))
                    with suppress(ProcessLookupError):
                        os.kill(found[0], how)
            elif not end_orphans(self.data, account) and wait.seconds() > UNSEEN_SECONDS:
                return
            wait.look_again()

    def _wait_until_ready(self, account: Account | None, tell: Tell) -> bool:
        """Wait while any process lives; True once the server is ready, False once there is none."""
        wait = Wait(tell, "the database is starting; after a crash it recovers first, which can take a minute")
        seen_at = time.monotonic()
        while self.is_running():
            if found := postmaster_of(self.data):
                if found[1] == "ready" and self._answers():
                    return True
                seen_at = time.monotonic()
            elif not self.data.exists() or end_orphans(self.data, account):
                seen_at = time.monotonic()
            if time.monotonic() - seen_at > UNSEEN_SECONDS:
                raise UnableToStartDatabase(
                    f"The database in {self.data} is in use by a server that cannot be seen from here, "
                    "perhaps in another container: stop it there, or set MAKEGOOD_HOME to another directory"
                )
            wait.look_again()
        return False

    def _prepare(self, account: Account | None, tell: Tell) -> None:
        programs = bundled_programs()
        if account is not None:
            let_pass(self.home, account)
            let_pass(programs, account)
        if not self.data.exists():
            tell("making a database, once")
            with self._as_server() as alive:
                cluster.create_cluster(self.data, programs=programs, account=account, keep=(alive,))
        cluster.check_version(self.data)
        cluster.make_private_directory(self.data, account)
        self._make_socket_directory(account)
        self._clear_remains(account)

    def _clear_remains(self, account: Account | None) -> None:
        """Remove what a killed server left; its process file must not bar a start because its number lives on."""
        process_file = self.data / "postmaster.pid"
        if process_file.exists():
            if strangers := processes_in(self.data, account):
                raise UnableToStartDatabase(
                    f"The database in {self.data} is being used by process {strangers[0]}, which Makegood did not "
                    "start: stop it first"
                )
            process_file.unlink()
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self._socket_directory() / name).unlink(missing_ok=True)

    def _start(self, account: Account | None) -> None:
        log = self.data / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(self.data / "server.log.1")
        quoted = '"' + str(self._socket_directory()).replace('"', '""') + '"'
        options = (
            "listen_addresses=",
            f"unix_socket_directories={quoted}",
            "unix_socket_permissions=0700",
            f"port={PORT}",
        )
        postgres: list[str | Path] = [
            bundled_programs() / "postgres",
            "-D",
            self.data,
            *(f"--{each}" for each in options),
        ]
        # Not by pg_ctl, whose shell would read a path that has a quote or a dollar sign in it.
        start: list[str | Path] = ["/bin/sh", "-c", '"$@" </dev/null >>"$0" 2>&1 &', log, *map(str, postgres)]
        with self._as_server() as alive:
            run_program(start, account=account, keep=(alive,))

    @contextmanager
    def _as_server(self) -> Iterator[int]:
        """Open the server's lock, for programs that hold it on while they or their children live."""
        alive = locks.take(self.lock("server"))
        assert alive is not None
        try:
            yield alive
        finally:
            os.close(alive)

    def _socket_directory(self) -> Path:
        """Return the private directory of the socket: in the home, or where that path would not do, a short one."""
        own = self.home / "socket"
        if len(os.fsencode(own / SOCKET_NAME)) <= SOCKET_PATH_LIMIT and "," not in str(own):
            return own
        return Path((self.home / "socket.path").read_text(encoding="utf-8"))

    def _make_socket_directory(self, account: Account | None) -> None:
        """Make the directory; a short one's name is unguessable and noted in the home, so that the address stays."""
        with suppress(FileNotFoundError):
            directory = self._socket_directory()
            if directory.parent == self.home or directory.lstat().st_uid == self.data.stat().st_uid:
                cluster.make_private_directory(directory, account)
                return
        directory = Path(tempfile.mkdtemp(prefix="makegood-", dir="/tmp"))
        cluster.make_private_directory(directory, account)
        (self.home / "socket.path").write_text(str(directory), encoding="utf-8")

    def _answers(self) -> bool:
        """Tell whether the server takes connections, by the shortest question that there is: would it encrypt?

        A server that was killed a moment ago may still stand in the list of processes, and does not answer.
        """
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(str(self._socket_directory() / SOCKET_NAME))
            connection.sendall(struct.pack("!II", 8, ENCRYPTION_REQUEST))
            return connection.recv(1) != b""
        return False

    def _last_words(self) -> str:
        try:
            lines = (self.data / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return "it left no log"
        fatal = [line for line in lines[-20:] if "FATAL:" in line or "PANIC:" in line]
        return (fatal or lines or ["its log is empty"])[-1].strip()


class Wait:
    """Looking again and again, telling the person now and then that it takes its time."""

    def __init__(self, tell: Tell, message: str) -> None:
        self.tell, self.message = tell, message
        self.began_at = time.monotonic()
        self.tell_at = self.began_at + TELL_SECONDS

    def seconds(self) -> float:
        return time.monotonic() - self.began_at

    def look_again(self) -> None:
        if time.monotonic() >= self.tell_at:
            self.tell(f"{self.message} ({self.seconds():.0f} s)")
            self.tell_at += TELL_SECONDS * 3
        time.sleep(LOOK_SECONDS)
