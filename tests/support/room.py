"""Where tests keep their databases and files: in memory where there is room, which takes half the time of a disk.

A kill takes nothing from either; that nothing is lost with the power is the database's own, and not tried here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY, DISK = Path("/dev/shm"), Path("/tmp")
NEEDED = 8 * 2**30
"""Bytes; the databases that are there at a time take about a fourth of it."""


def room_chosen() -> Path:
    """The one of both that has room; short, as the path of a socket has to be."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if usable and shutil.disk_usage(MEMORY).free >= NEEDED <= _memory_available() else DISK


def take_room() -> None:
    """Let this process and all that it starts make their temporary files there, unless TMPDIR says where."""
    os.environ.setdefault("TMPDIR", str(room_chosen()))
    tempfile.tempdir = os.environ["TMPDIR"]


def _memory_available() -> int:
    """In bytes, as the kernel reckons it; /proc/meminfo says it in KiB."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return 0
