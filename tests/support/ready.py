"""A migrated, empty database, made once for a whole run of the tests by the product itself, and copied from then on.

What is about the making and the migrating of a database makes its own; everything else begins with a copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from makegood.store.embedded import locks

PLACE = "MAKEGOOD_TEST_READY"
"""The variable that tells every process of a run where the one copy is."""
SOURCE = Path(__file__).resolve().parents[2] / "src"
MAKE = "from makegood.cli.database import open_database\nwith open_database():\n    pass"


def begin_run() -> None:
    """Make the place, in the one process that begins the run."""
    os.environ[PLACE] = tempfile.mkdtemp(prefix="mg-ready-")


def end_run() -> None:
    """Remove it, in that same process."""
    shutil.rmtree(os.environ.pop(PLACE))


def copy_ready(home: Path, *, synced: bool = True) -> None:
    """Put a copy of the migrated database into a home that has none yet; the first who asks waits until it is made.

    One that is not synced leaves its files to the machine's own time: a kill takes nothing from it, a power cut might.
    """
    database = _ready()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy_database(database, home)
    if not synced:
        with (home / "database" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("fsync = off\n")


def copy_database(database: Path, home: Path) -> None:
    """Copy the files of a database that does not run into this home, with their owner and rights."""
    subprocess.run(["cp", "--archive", "--reflink=auto", database, home / "database"], check=True)
    (home / "database" / "server.log").unlink()


def _ready() -> Path:
    place = Path(os.environ[PLACE])
    home, made = place / "home", place / "made"
    turn = locks.take(place / "turn")
    assert turn is not None
    try:
        if not made.exists():
            named = {
                "MAKEGOOD_HOME": str(home),
                "MAKEGOOD_SECRET": "a secret for tests only",
                "PYTHONPATH": str(SOURCE),
            }
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MAKEGOOD"))}
            done = subprocess.run(
                [sys.executable, "-c", MAKE], env=kept | named, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            assert not locks.would_wait(home / "locks" / "server"), "the database has stopped"
            made.touch()
    finally:
        os.close(turn)
    return home / "database"
