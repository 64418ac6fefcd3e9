"""Answers are counted by group, status and time, by all processes together, whatever becomes of one of them."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from makegood.config.requests import CELL, GROUPS, SECONDS, SLOT, SLOTS, STATUSES, Answered, Counts, group_of


def read(counts: Counts) -> dict[tuple[str, str], Answered]:
    return {(one.group, one.status): one for one in counts.read() if sum(one.counts)}


def in_a_child(do: Callable[[], None]) -> None:
    """Do it in a process forked off, which then ends as one that is killed: nothing is tidied up."""
    pid = os.fork()
    if pid == 0:
        try:
            do()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", "console"),
        ("/recoveries/R-12", "console"),
        ("/settings", "console"),
        ("/s/abc", "customers"),
        ("/r/shop", "customers"),
        ("/report", "console"),
        ("/counter/give", "counter"),
        ("/api/v1/events", "api"),
        ("/api/v2/events", "console"),
        ("/hooks/abc", "hooks"),
        ("/static/console.css", "static"),
        ("/healthz", "health"),
        ("/metrics", "health"),
    ],
)
def test_each_address_has_a_group(path: str, group: str) -> None:
    assert group_of(path) == group


def test_an_answer_is_counted_once_by_what_it_took() -> None:
    counts = Counts()
    for seconds in (0.0, 0.01, 0.0101, 10.0, 11.0):
        counts.add(group="api", status=204, seconds=seconds)
    counts.add(group="console", status=503, seconds=0.2)
    found = read(counts)
    assert set(found) == {("api", "2xx"), ("console", "5xx")}
    assert found["api", "2xx"].counts == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1)
    assert found["api", "2xx"].seconds == pytest.approx(21.0201)
    assert len(list(counts.read())) == len(GROUPS) * len(STATUSES) == SLOT / CELL
    assert len(found["console", "5xx"].counts) == len(SECONDS) + 1


def test_processes_count_together_and_one_that_ends_leaves_its_count() -> None:
    counts = Counts()

    def answer() -> None:
        for _ in range(3):
            counts.add(group="api", status=200, seconds=0.1)

    counts.add(group="api", status=200, seconds=0.1)
    for _ in range(SLOTS + 2):
        in_a_child(answer)
    assert sum(read(counts)["api", "2xx"].counts) == 1 + 3 * (SLOTS + 2), "an ended one's slot is taken again"


def test_living_processes_never_share_a_slot() -> None:
    counts = Counts()
    counts.add(group="api", status=200, seconds=0.1)
    slots = set()
    for _ in range(2):
        told, tells = os.pipe()

        def answer(tells: int = tells) -> None:
            counts.add(group="api", status=200, seconds=0.1)
            os.write(tells, str(counts._begin).encode())

        in_a_child(answer)
        slots.add(os.read(told, 20))
        os.close(told)
        os.close(tells)
    assert slots == {str(SLOT).encode()}, "its parent lives and has the first; the second child has what the first had"
