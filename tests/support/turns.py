"""How a run shares the tests out to its workers: a file is one turn, taken whole, and what takes longest begins first.

So what a file makes for its tests is made once a run, and the workers end together. pytest-xdist's own groups are not
used: since pytest 9.2 they are silently not kept (pytest-xdist issue 1386).
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/functional/test_replays.py": "recorded",
    "tests/functional/test_insights_replays.py": "recorded",
    "tests/faults/test_kills.py": "undisturbed",
    "tests/faults/test_concurrent_ticks.py": "undisturbed",
}
"""Files that share what the first of them made, in the database or for the session."""

FIRST = ("recorded", "tests/faults/test_mailbox_kills.py")
"""The longest turns; those that mostly wait stand beside those that mostly reckon."""


def turn_of(nodeid: str) -> str:
    """Name the turn of a test: its file, or what that file shares with others."""
    file = nodeid.split("::", 1)[0]
    return TOGETHER.get(file, file)


def place_of(nodeid: str) -> int:
    """Tell where the turn of a test stands; those of one number stay in the order in which they were collected."""
    turn = turn_of(nodeid)
    return FIRST.index(turn) if turn in FIRST else len(FIRST)


class Turns(LoadScopeScheduling):
    """Gives each worker the next whole turn, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return turn_of(nodeid)
