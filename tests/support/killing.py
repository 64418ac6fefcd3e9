"""Killing Makegood's processes while a replay runs, and comparing what is left with an undisturbed run.

The same code serves the small form in the tests and the full one in the benchmarks.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from makegood.store.embedded import running
from makegood.store.embedded.processes import postmaster_of
from makegood.store.embedded.server import Server

PARTS = ("web", "worker", "tick")
SECRET = "a secret for runs that are killed, long enough"
WAIT_SECONDS = 600.0
SHORTEST, LONGEST = 0.05, 1.2
"""Between two kills pass so many seconds."""
ROOT = Path(__file__).resolve().parents[2]


def environment(home: Path, port: int) -> dict[str, str]:
    """Return the environment of one run: an embedded server of its own, the given port."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MAKEGOOD", "DJANGO"))
    }
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH"))))
    ours = {"MAKEGOOD_HOME": str(home), "MAKEGOOD_SECRET": SECRET, "MAKEGOOD_PRIVATE_HOSTS": "127.0.0.1"}
    return kept | ours | {"PORT": str(port), "PYTHONPATH": path}


def command(*arguments: str) -> list[str]:
    """Return how a makegood command is started."""
    return [sys.executable, "-m", "makegood.cli", *arguments]


def run_alone(*, home: Path, arguments: Sequence[str], port: int) -> str:
    """Run one command to its end, on the home's embedded server; return what it printed."""
    ended = subprocess.run(
        arguments, env=environment(home, port), check=False, timeout=WAIT_SECONDS, capture_output=True, text=True
    )
    if ended.returncode:
        raise RuntimeError(f"{arguments} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return ended.stdout


def run_killed(
    *,
    home: Path,
    arguments: Sequence[str],
    port: int,
    kills: int,
    seed: int,
    beside: Sequence[str] = PARTS,
    alone: float = WAIT_SECONDS,
) -> Counter[str]:
    """Run a replay beside other parts, kill -9 one of them or the database `kills` times; return what died.

    What dies is started again, as a supervisor would; the moments are drawn from `seed`, and lie so near to each other
    that all come within two thirds of the seconds that it took `alone`. Fewer die if the replay ends before.
    """
    longest = min(LONGEST, alone / max(1.5 * kills, 1))
    rnd = random.Random(seed)
    env = environment(home, port)
    died: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        parts = {f"{name} {number}": Part(name, command(name), env, stack) for number, name in enumerate(beside)}
        replay = parts["replay"] = Part("replay", arguments, env, stack)
        while died.total() < kills and not _passes(replay, rnd.uniform(min(SHORTEST, longest), longest)):
            victim = rnd.choice([*parts, "database"])
            died[victim.split()[0]] += _kill_database(home) if victim == "database" else parts[victim].kill()
            for part in parts.values():
                part.start_again()
        deadline = time.monotonic() + WAIT_SECONDS
        while not _passes(replay, 0.5):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the replay did not end; it said {replay.said()}")
            for part in parts.values():
                part.start_again()
    return died


class Part:
    """One process that is started again when it is dead, unless it ended well."""

    def __init__(self, name: str, arguments: Sequence[str], env: dict[str, str], stack: contextlib.ExitStack) -> None:
        self.name, self._arguments, self._env = name, arguments, env
        self._log = Path(env["MAKEGOOD_HOME"]) / f"{name}.log"
        self._process = self._start()
        stack.callback(self.kill)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._arguments, env=self._env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def said(self) -> str:
        """Return the last of what it wrote."""
        return self._log.read_text(errors="replace")[-2000:]

    def status(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.poll()

    def kill(self) -> int:
        """Kill it and its children, as a machine that loses power does; return 1 if it was alive."""
        alive = self._process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return int(alive)

    def start_again(self) -> None:
        """Start it if it is dead and did not end well."""
        if self._process.poll() not in (None, 0):
            self._process = self._start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid


def _passes(part: Part, seconds: float) -> bool:
    """Wait so long, or until this part ends; tell whether it ended well."""
    if part.status() is None:
        descriptor = os.pidfd_open(part.pid)
        try:
            select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)
    return part.status() == 0


def _kill_database(home: Path) -> int:
    """Kill -9 the embedded server's first process; return 1 if it was there."""
    found = postmaster_of(Server(home.resolve()).data)
    if found is None:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(found[0], signal.SIGKILL)
        return 1
    return 0


@contextlib.contextmanager
def opened(home: Path) -> Iterator[str]:
    """Run the block with a run's database open, as its owner, whom row security does not bind."""
    with running(home.resolve(), tell=lambda _: None) as url:
        yield url
