"""What every benchmark stands on: a fresh embedded database with fsync on, and one line for each figure."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

DATA = Path(os.environ.get("MAKEGOOD_DATA") or Path(__file__).resolve().parents[1] / ".." / "shared" / "data")
SECRET = "a secret for measurements only, long enough"


@contextmanager
def fresh_database(home: Path | None = None) -> Iterator[Path]:
    """Run the block on a migrated database that nothing else uses, as the application's role; yield its home.

    It is made for the block and removed after it, unless a home is named in which it lies ready.
    """
    from makegood.cli.database import open_database

    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    place = nullcontext(str(home)) if home else tempfile.TemporaryDirectory(prefix="mg-bench-")
    with place as folder:
        os.environ |= {"MAKEGOOD_HOME": folder, "MAKEGOOD_SECRET": SECRET}
        with open_database():
            yield Path(folder)


def superuser_url(home: Path) -> str:
    """Return the address by which a benchmark may seed without foreign keys being checked row by row."""
    from makegood.store.embedded import Server

    return Server(home.resolve()).url(user="postgres", database="makegood")


def say(name: str, figure: str, target: str = "", met: bool | None = None) -> None:
    """Print one figure; where it has a target, whether it was met."""
    verdict = "" if met is None else f"  [{'met' if met else 'MISSED'}: {target}]"
    print(f"{name}: {figure}{verdict}", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def cpu_seconds(home: Path) -> tuple[float, float]:
    """Return the processor seconds that this process and this home's database have used so far (Linux).

    On a machine that does other work too they tell, better than the clock does, what the same work takes alone.
    """
    from makegood.store.embedded import Server
    from makegood.store.embedded.processes import postmaster_of

    running = postmaster_of(Server(home.resolve()).data)
    assert running is not None, "the database runs"
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if folder.name == str(running[0]):
                ticks += sum(map(int, fields[11:15]))  # with those of its children that have ended
            elif fields[1] == str(running[0]):
                ticks += sum(map(int, fields[11:13]))
    return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How many have passed."""
        return time.perf_counter() - self._since
