"""Killing, with kill -9, the worker, the ticker and the database that run beside the simulation, and starting them anew.

The simulation's own process is not killed: it stands for the people, who remember what they meant to do.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.ground import SECRET
from benchmarks.year.faults import restart

BESIDE = ("worker", "tick")
SHORTEST, LONGEST = 1.0, 6.0
"""Between two kills pass so many seconds."""


@contextlib.contextmanager
def killing(*, home: Path, kills: int, seed: int, lapse: Callable[[], None]) -> Iterator[Counter[str]]:
    """Run a worker and a ticker beside the block, and kill one of them or the database, up to `kills` times.

    Yields what died so far. The claims of a worker that died lapse at once, as five minutes of waiting would do.
    """
    died: Counter[str] = Counter()
    if not kills:
        yield died
        return
    from django.conf import settings
    from tests.support.killing import Part, command, environment
    from tests.support.ports import free_port

    rnd = random.Random(seed)
    env = environment(home, free_port()) | {"MAKEGOOD_SECRET": SECRET, "EMAIL_URL": settings.EMAIL_URL}
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        parts = {name: Part(name, command(name), env, stack) for name in BESIDE}

        def kill() -> None:
            while died.total() < kills and not over.wait(rnd.uniform(SHORTEST, LONGEST)):
                victim = rnd.choice((*BESIDE, "database"))
                if victim == "database":
                    restart(home)
                    died[victim] += 1
                else:
                    died[victim] += parts[victim].kill()
                for part in parts.values():
                    part.start_again()
                with contextlib.suppress(Exception):  # the database may be gone again: the next kill lets them lapse
                    lapse()

        killer = threading.Thread(target=kill, name="killer")
        killer.start()
        try:
            yield died
        finally:
            over.set()
            killer.join()
