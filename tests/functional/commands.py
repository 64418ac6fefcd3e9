"""Makegood's commands as a person at a shell has them: real processes in a home of their own, on loopback only."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import psutil
from tests.support.ready import copy_ready
from tests.support.waiting import until

from makegood.store.embedded import locks

SOURCE = Path(__file__).resolve().parents[2] / "src"
SECRET = "a secret of the tests of commands"


@attrs.frozen
class Home:
    """A home directory, and the environment of commands that work in it."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        named = {"MAKEGOOD_HOME": str(self.path), "MAKEGOOD_SECRET": SECRET, "PYTHONPATH": str(SOURCE)}
        ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "PORT", "MAKEGOOD_URL", "EMAIL_URL", "MAKEGOOD_BACKUPS")
        return {name: value for name, value in os.environ.items() if name not in ours} | named

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "makegood.cli", *map(str, arguments)],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def python(self, program: str, *arguments: str | Path, migrate: bool = True) -> str:
        """Run a program with Makegood's database open, and return what it printed."""
        inside = "\n".join(f"    {line}" for line in program.strip().splitlines())
        text = f"import sys\nfrom makegood.cli.database import open_database\nwith open_database(migrate={migrate}):\n{inside}\n"
        done = self.script(text, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def script(self, text: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, with nothing open."""
        return subprocess.run(
            [sys.executable, "-c", text, *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    @contextmanager
    def running(self, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command meanwhile; it and all its children are gone afterwards."""
        with (self.path.parent / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "makegood.cli", *map(str, arguments)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            family = children_of(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(300)
            finally:
                for each in family:
                    if each.is_running():
                        each.kill()

    def log(self) -> str:
        log = self.path.parent / "log"
        return log.read_text(errors="replace") if log.exists() else ""


@contextmanager
def temporary_home(*, ready: bool = False) -> Iterator[Home]:
    """Give a home that is removed with its database's processes: a bare one, or one with a migrated database."""
    base = Path(tempfile.mkdtemp(prefix="mg-cli-"))
    home = Home(base / "home")
    try:
        if ready:
            copy_ready(home.path, synced=False)
        yield home
    finally:
        server_lock = home.path / "locks" / "server"
        if server_lock.exists():
            until(lambda: not locks.would_wait(server_lock), "the database stops after its last user")
        shutil.rmtree(base)


def children_of(process: int) -> list[psutil.Process]:
    """Every process below this one that is Makegood's own command."""
    return psutil.Process(process).children(recursive=True) if psutil.pid_exists(process) else []


def named(processes: list[psutil.Process], word: str) -> list[psutil.Process]:
    """Those whose command is this one."""
    found = []
    for process in processes:
        try:
            arguments = process.cmdline()
        except psutil.Error:
            continue
        if arguments[1:3] == ["-m", "makegood.cli"] and arguments[3:4] == [word]:
            found.append(process)
    return found


def ask(port: int, path: str = "/healthz", headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Ask the web process; (0, None) where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()
    is_json = "json" in answer.headers.get("Content-Type", "")
    return answer.status, json.loads(body) if is_json else body


def until_well(port: int, home: Home) -> None:
    """Return once health answers 200."""
    try:
        until(lambda: ask(port)[0] == 200, "everything is well")
    except AssertionError as error:
        raise AssertionError(f"{error}: {ask(port)}\n{home.log()}") from error
