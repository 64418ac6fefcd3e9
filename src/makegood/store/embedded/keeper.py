"""The keeper: a small process beside the server that stops it after its last user, even one killed with -9.

While there are users it also starts a server that ended, as often as it takes: what keeps it from starting, such as a
full disk, may pass. Killed itself, the keeper is replaced by the next command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from makegood.store.embedded import locks
from makegood.store.embedded.processes import postmaster_of
from makegood.store.embedded.programs import UnableToStartDatabase
from makegood.store.embedded.server import Server

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 5
"""Between one start that failed and the next."""


def ensure_keeper(server: Server) -> None:
    """Start a keeper, in a session of its own and nobody's child, unless one is there."""
    if locks.would_wait(server.lock("keeper")):
        return
    # What can be imported here can be imported there, however this interpreter came by it.
    roots = os.pathsep.join(each for each in sys.path if each)
    subprocess.run(  # noqa: S603 - this interpreter, and a path that the shell does not read
        [
            *("/bin/sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh"),
            *(sys.executable, "-m", "makegood.store.embedded", str(server.home)),
        ],
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": roots},
        cwd="/",
        start_new_session=True,
        check=True,
    )


def keep(server: Server) -> None:
    """Look after the server until its last user has left, then stop it and return.

    Raises FileNotFoundError where the home was removed.
    """
    seconds: float = LOOK_SECONDS
    while True:
        turn = locks.take(server.lock("turn"), wait=False)
        if turn is not None:
            try:
                if not server.is_used():
                    server.stop(_tell_nobody)
                    return
                seconds = LOOK_SECONDS if _runs(server) else AGAIN_SECONDS
            finally:
                os.close(turn)
        time.sleep(seconds)


def _runs(server: Server) -> bool:
    """Whether the server runs, started anew if need be; what it says where it cannot stands in its log."""
    try:
        if postmaster_of(server.data) is None:
            server.ensure_running(_tell_nobody)
    except (UnableToStartDatabase, OSError):
        return False
    return True


def _tell_nobody(_: str) -> None:
    """Nobody sees what a keeper would tell."""


def main() -> None:
    """Keep the server of the home directory named on the command line."""
    server = Server(Path(sys.argv[1]))
    # A home that was removed is the next command's to report.
    with suppress(FileNotFoundError):
        if locks.take(server.lock("keeper"), wait=False) is not None:
            keep(server)
