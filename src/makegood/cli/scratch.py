"""A place beside a file for what a command has in hand, which goes with the command however that is ended."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

LEFT_BEHIND: Final = 24 * 60 * 60
"""Seconds after which such a place is nobody's any more: no command takes a day."""


@contextmanager
def scratch_beside(file: Path, *, kind: str) -> Iterator[Path]:
    """Give a directory beside the file, for its owner only, and take it away at the end, also when asked to terminate.

    Those that were left behind by a command that was killed more than a day ago go first.
    """
    beside, prefix = file.absolute().parent, f".makegood-{kind}-"
    for old in beside.glob(f"{prefix}*"):
        if old.is_dir() and time.time() - old.stat().st_mtime > LEFT_BEHIND:
            shutil.rmtree(old, ignore_errors=True)
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with tempfile.TemporaryDirectory(dir=beside, prefix=prefix) as scratch:
            yield Path(scratch)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)
