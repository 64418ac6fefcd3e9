"""The run's own sharing out: a file goes to one worker, whole, and with it those that share what it made."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import attrs
from tests.support.turns import FIRST, TOGETHER, Turns, place_of, turn_of

ROOT = Path(__file__).resolve().parents[2]


@attrs.define(eq=False)
class Worker:
    """One that runs what it is sent, in that order."""

    tests: list[str]
    gateway: SimpleNamespace = attrs.field(factory=lambda: SimpleNamespace(id="gw"))
    shutting_down: bool = False
    sent: list[int] = attrs.field(factory=list)
    ran: list[str] = attrs.field(factory=list)

    def send_runtest_some(self, indices: list[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    def runs(self, turns: Turns) -> bool:
        """Run one more; the last only when it is told that nothing follows, as pytest-xdist has it."""
        left = self.sent[len(self.ran) :]
        if not left or (len(left) == 1 and not self.shutting_down):
            return False
        self.ran.append(self.tests[left[0]])
        turns.mark_test_complete(self, left[0])  # type: ignore[arg-type]
        return True


def test_a_file_goes_to_one_worker_with_those_that_share_what_it_made() -> None:
    shared = sorted(TOGETHER)
    files = ["tests/unit/test_a.py", *shared, "tests/unit/test_b.py", "tests/unit/test_c.py"]
    tests = [f"{file}::test_{number}[{number}@x]" for file in files for number in range(5)]
    tests.sort(key=place_of)
    config = SimpleNamespace(
        getvalue=lambda name: ["popen", "popen"], option=SimpleNamespace(loadscopereorder=True), trace=None
    )
    turns = Turns(config, SimpleNamespace(loadscopesched=lambda *_: None))  # type: ignore[arg-type]
    workers = [Worker(tests), Worker(tests)]
    for worker in workers:
        turns.add_node(worker)  # type: ignore[arg-type]
        turns.add_node_collection(worker, tests)  # type: ignore[arg-type]
    turns.schedule()
    while any([worker.runs(turns) for worker in workers]):  # noqa: C419 - each runs one
        pass
    assert sorted(workers[0].ran + workers[1].ran) == sorted(tests)
    mine, theirs = ({turn_of(test) for test in worker.ran} for worker in workers)
    assert mine
    assert theirs
    assert not mine & theirs
    assert {turn_of(tests[0])} <= {FIRST[0]}


def test_what_is_named_is_there() -> None:
    """A file that was moved would be shared out without those that it belongs to."""
    assert [name for name in TOGETHER if not (ROOT / name).is_file()] == []
    assert [name for name in FIRST if name not in TOGETHER.values() and not (ROOT / name).is_file()] == []
