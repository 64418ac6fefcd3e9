"""One embedded PostgreSQL server: started, adopted, waited for and stopped. The caller holds the home's `turn` lock.

Whether it is alive is asked of a lock that the server and all its children hold, not of its process file: the lock
cannot be stale, whoever was killed and whichever process number was given out again.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import attrs

from makegood.store.embedded import cluster, locks
from makegood.store.embedded.accounts import Account, UnableToPrepareAccount, account_of_database, let_pass
from makegood.store.embedded.processes import end_orphans, postmaster_of, processes_in
from makegood.store.embedded.programs import UnableToStartDatabase, bundled_programs, run_program

Tell = Callable[[str], None]

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 103
"""Bytes of a socket's path, the least of what the systems allow."""

LOG_LIMIT = 10_000_000
LOOK_SECONDS = 0.02
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
        try:
            account = account_of_database(self.home)
            if self._wait_until_ready(account, tell):
                return
            self._prepare(account, tell)
            self._start(account)
        except UnableToPrepareAccount as error:
            raise UnableToStartDatabase(str(error)) from error
        if not self._wait_until_ready(account, tell):
            raise UnableToStartDatabase(
                f"The database did not start ({self._last_words()}): see {self.data / 'server.log'}"
            )

    def stop(self, tell: Tell) -> None:
        """Stop the server cleanly, its connections cut, and return when all its processes have ended.

        After a minute it is stopped the hard way, and recovers when it is next started.
        """
        account = account_of_database(self.home)
        wait = _Wait(tell, "the database is writing its last pages before it stops")
        asked: set[int] = set()
        while self.is_running():
            how = signal.SIGINT if wait.seconds() < STOP_SECONDS else signal.SIGQUIT
            if found := postmaster_of(self.data):
                # Asked to stop before it is ready, it would start all the same and forget: ask again then.
                if how not in asked and found[1] != "starting":
                    asked.add(how)
                    with suppress(ProcessLookupError):
                        os.kill(found[0], how)
            else:
                end_orphans(self.data, account)
            wait.look_again()

    def _wait_until_ready(self, account: Account | None, tell: Tell) -> bool:
        """Wait while any process lives; True once the server is ready, False once there is none."""
        wait = _Wait(tell, "the database is starting; after a crash it recovers first, which can take a minute")
        seen_at = time.monotonic()
        while self.is_running():
            if found := postmaster_of(self.data):
                if found[1] == "ready":
                    return True
                seen_at = time.monotonic()
            elif self.data.exists() and end_orphans(self.data, account):
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
            cluster.create_cluster(self.data, programs=programs, account=account)
        cluster.check_version(self.data)
        cluster.make_private_directory(self.data, account)
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
        sockets = self._socket_directory(account)
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (sockets / name).unlink(missing_ok=True)

    def _start(self, account: Account | None) -> None:
        log = self.data / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(self.data / "server.log.1")
        quoted = '"' + str(self._socket_directory()).replace('"', '""') + '"'
        options = {
            "listen_addresses": "",
            "unix_socket_directories": quoted,
            "unix_socket_permissions": "0700",
            "port": str(PORT),
        }
        arguments = " ".join(shlex.quote(f"--{name}={value}") for name, value in options.items())
        alive = locks.take(self.lock("server"))
        assert alive is not None
        try:
            run_program(
                [
                    *(bundled_programs() / "pg_ctl", "start", "--no-wait", "--silent"),
                    *("--pgdata", self.data, "--log", log, "--options", arguments),
                ],
                account=account,
                keep=(alive,),
            )
        finally:
            os.close(alive)

    def _socket_directory(self, account: Account | None = None) -> Path:
        """Return the private directory of the socket: in the home, or where that path is too long, a short one.

        The short one's name is unguessable and noted in the home, so that the address stays the same.
        """
        own = self.home / "socket"
        if len(os.fsencode(own / SOCKET_NAME)) <= SOCKET_PATH_LIMIT and "," not in str(own):
            if not own.exists():
                cluster.make_private_directory(own, account)
            return own
        note = self.home / "socket.path"
        with suppress(FileNotFoundError):
            short = Path(note.read_text(encoding="utf-8"))
            if short.lstat().st_uid == self.data.stat().st_uid:
                return short
        short = Path(tempfile.mkdtemp(prefix="makegood-", dir="/tmp"))  # noqa: S108
        cluster.make_private_directory(short, account)
        note.write_text(str(short), encoding="utf-8")
        return short

    def _last_words(self) -> str:
        try:
            lines = (self.data / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return "it left no log"
        fatal = [line for line in lines[-20:] if "FATAL:" in line or "PANIC:" in line]
        return (fatal or lines or ["its log is empty"])[-1].strip()


class _Wait:
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
