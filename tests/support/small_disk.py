"""A disk of a known size, and filling it: what is full here is full for real."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import until


class UnableToMount(RuntimeError):
    """Nothing can be mounted here: it takes root."""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Have this folder, which is not there yet, lie on a disk of its own of so many bytes (``420m``).

    Raises UnableToMount.
    """
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        raise UnableToMount(UnableToMount.__doc__)
    try:
        yield
    finally:
        until(lambda: subprocess.run(["umount", folder], check=False).returncode == 0, "the disk is let go of")
        folder.rmdir()


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("ab", buffering=0) as held:
        for piece in (1 << 20, 4096):
            while True:
                try:
                    held.write(b"x" * piece)
                except OSError:
                    break
