"""A migrated, empty database of each kind, made once for a whole run of the tests by the product, and copied from then on.

What is about the making and the migrating of a database makes its own; everything else begins with a copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from makegood.store.embedded import locks

PLACE = "MAKEGOOD_TEST_READY"
"""The variable that tells every process of a run where these are."""
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
MAKE = "from makegood.cli.database import open_database\nwith open_database():\n    pass"


def begin_run() -> None:
    """Make the place, in the one process that begins the run."""
    os.environ[PLACE] = tempfile.mkdtemp(prefix="mg-ready-")


def make_meanwhile(kind: str) -> subprocess.Popen[bytes]:
    """Begin to make the database that most tests will ask for, while they are still being collected."""
    asked = f"from tests.support.postgres15 import ready_of; ready_of({kind!r})"
    return subprocess.Popen(
        [sys.executable, "-c", asked], cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{SOURCE}:{ROOT}"}
    )


def end_run() -> None:
    """Remove it, in that same process."""
    shutil.rmtree(os.environ.pop(PLACE))


def copy_ready(home: Path, *, synced: bool = True) -> None:
    """Put a copy of the migrated embedded database into a home that has none yet.

    One that is not synced leaves its files to the machine's own time: a kill takes nothing from it, a power cut might.
    """
    database = ready_embedded()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy_database(database, home)
    if not synced:
        with (home / "database" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("fsync = off\n")


def copy_database(database: Path, home: Path) -> None:
    """Copy the files of a database that does not run into this home, with their owner and rights."""
    subprocess.run(["cp", "--archive", "--reflink=auto", database, home / "database"], check=True)
    (home / "database" / "server.log").unlink()


def ready(kind: str, make: Callable[[Path], None]) -> Path:
    """Return the files of the run's one database of this kind, which does not run.

    The first who asks makes it, as `database` in the folder that is told, while the others wait.
    """
    place = Path(os.environ[PLACE]) / kind
    place.mkdir(exist_ok=True)
    home, made = place / "home", place / "made"
    turn = locks.take(place / "turn")
    assert turn is not None
    try:
        if not made.exists():
            make(home)
            made.touch()
    finally:
        os.close(turn)
    return home / "database"


def ready_embedded() -> Path:
    """Return the files of the run's embedded database."""
    return ready("embedded18", _embedded)


def migrate(**named: str) -> None:
    """Bring the database that these variables name up to date, as any command would."""
    fixed = {"MAKEGOOD_SECRET": "a secret for tests only", "PYTHONPATH": str(SOURCE)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MAKEGOOD"))}
    done = subprocess.run(
        [sys.executable, "-c", MAKE], env=kept | fixed | named, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _embedded(home: Path) -> None:
    migrate(MAKEGOOD_HOME=str(home))
    assert not locks.would_wait(home / "locks" / "server"), "the database has stopped"
