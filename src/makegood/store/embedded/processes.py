"""The processes of a PostgreSQL data directory, found by the directory and never by a remembered number alone."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from makegood.store.embedded.programs import run_program

if TYPE_CHECKING:
    from makegood.store.embedded.accounts import Account

STATUS_LINE = 7
"""Of postmaster.pid, counted from 0: starting, ready, standby or stopping."""

WORKING_IN = 'for each in /proc/[0-9]*; do [ "$each/cwd" -ef "$1" ] && echo "${each#/proc/}"; done; true'


def postmaster_of(data: Path) -> tuple[int, str] | None:
    """Return the process id and status of the server of this directory; None where its process file is stale.

    A number in the file that belongs to some other program by now is recognised by that program's command line.
    """
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        process = int(lines[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if os.fsencode(data) not in command_line(process):
        return None
    return process, lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else "starting"


def command_line(process: int) -> list[bytes]:
    """Return the process's arguments; none where it has ended."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return []
    import psutil

    with suppress(psutil.Error):
        return [os.fsencode(part) for part in psutil.Process(process).cmdline()]
    return []


def processes_in(data: Path, account: Account | None) -> list[int]:
    """Return every process of the account that works in this directory, the server and all its children."""
    if sys.platform == "linux":
        # Asked as the account itself: in a container even root may not see where another user's process works.
        return [int(each) for each in run_program(["/bin/sh", "-c", WORKING_IN, "sh", data], account=account).split()]
    import psutil

    return [each.pid for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(data)]


def end_orphans(data: Path, account: Account | None) -> int:
    """Kill what a dead server left behind in this directory, and return how many processes were found there.

    They can commit nothing that anyone is told of, and the next start recovers from the log as after any crash. A
    server that is only just starting still shows the directory on its command line, and is left alone; one that has
    written its process file by the time its children are seen is no dead one, and they are its own.
    """
    found = processes_in(data, account)
    if postmaster_of(data) is not None:
        return len(found)
    for process in found:
        arguments = command_line(process)
        if arguments and arguments[0].startswith(b"postgres:"):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    return len(found)
