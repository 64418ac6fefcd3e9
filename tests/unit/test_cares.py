"""CARES from the record equals a hand computation on ten journals, and its definitions stand in one place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from makegood.core import cares
from makegood.core.cares import DEFINITIONS, Journalled, cares_of
from makegood.core.evidence import REGISTER
from makegood.core.scores import CARES

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Line = tuple[str, Mapping[str, Any]]
ANA = 7
"""The member who acts by hand."""


def own(what: str, **data: Any) -> Line:
    return f"recoveries:recovery:{what}", data


def opened(*targets: str) -> Line:
    return own("opened", clocks=dict.fromkeys(("own", *targets), START.isoformat()), met=["own"])


def clock(target: str, state: str) -> Line:
    return own("clocked", target=target, state=state)


def breach(target: str) -> Line:
    return own("escalated", target=target, level="breach", state="missed")


def step(name: str, state: str = "done") -> Line:
    return own("stepped", step=name, state=state)


def queued(number: int, *, by: int | None) -> Line:
    return "messages:message:queued", {"subject": number, "by": by}


def sent(kind: str, number: int = 1) -> Line:
    return "messages:message:sent", {"kind": kind, "subject": number}


def given(number: int, action: str) -> Line:
    return f"makegoods:makegood:{action}", {"subject": number}


def replied(kind: str = "complaint") -> Line:
    return own("replied", kind=kind)


def closed(reason: str = "complete", state: str = "closed") -> Line:
    return own("closed", state=state, reason=reason)


def journal(lines: tuple[Line, ...]) -> list[Journalled]:
    return [
        Journalled(
            at=START + timedelta(minutes=place),
            event=event,
            subject_id=data.get("subject", 1),
            actor_id=data.get("by"),
            data=data,
        )
        for place, (event, data) in enumerate(lines)
    ]


FULL = (
    opened("acknowledge", "fix", "make_good"), queued(1, by=ANA), sent("apology"), clock("acknowledge", "met"),
    step("apologise"), step("fix"), clock("fix", "met"), given(5, "offered"), given(5, "delivered"),
    clock("make_good", "met"), step("improve"), sent("outcome", 2), step("communicate"),
)  # fmt: skip

TABLE: list[tuple[str, tuple[Line, ...], str]] = [
    # Communication: heard first, told the end. Accountability: sorry, cause. Responsiveness: own, acknowledge, fix,
    # make good. Empathy: a person, sorry once. Solution: fix, the one gift, not opened again.
    ("all done in time", (*FULL, closed()), "2/2 2/2 4/4 2/2 3/3"),
    # Only the owner clock is settled, and nothing else is yet.
    ("just opened", (opened("acknowledge", "fix", "make_good"),), "0/0 0/0 1/1 0/0 0/0"),
    # Closed with nothing done: no word, not told (0/2); no sorry, no cause (0/2); own met, the others ended (1/1); no
    # person (0/1); no fix, but never opened again (1/2).
    ("a manager closed it with nothing done", (opened("fix"), closed("by_manager")), "0/2 0/2 1/1 0/1 1/2"),
    # They asked before the first word, and were answered: heard late, answered. Open: the end is not due yet.
    (
        "they wrote first and were answered",
        (opened("acknowledge"), replied(), clock("respond", "running"), queued(3, by=ANA), sent("update", 3),
         clock("acknowledge", "met"), clock("respond", "met")),
        "1/2 0/0 3/3 1/1 0/0",
    ),
    # A thanks asks for nothing; the second complaint was never answered. Respond: met once, missed once. The apology
    # went by itself, so no person spoke.
    (
        "the second question was left",
        (opened("acknowledge"), sent("apology"), step("apologise"), clock("acknowledge", "met"), replied("thanks"),
         replied(), clock("respond", "running"), sent("update", 2), clock("respond", "met"), replied(),
         clock("respond", "running"), breach("respond"), closed("by_manager")),
        "2/4 1/3 3/4 1/2 1/2",
    ),
    # Fix ran out and a person took it up; make good ran out and nobody did. A late fix stays late when it is done.
    (
        "two clocks ran out and one was taken up",
        (opened("fix", "make_good"), breach("fix"), own("acknowledged", target="fix"), breach("make_good"),
         step("fix"), clock("fix", "missed"), given(5, "offered"), given(5, "expired"), closed("by_manager")),
        "0/2 1/4 1/3 0/1 2/3",
    ),
    # Sorry twice; a call is a person's word and meets the clock; the first look was done, the second is due.
    (
        "sorry twice, and a call",
        (opened("acknowledge"), sent("apology", 1), step("apologise"), sent("apology", 2), own("called"),
         clock("acknowledge", "met"), own("followed", action="check_in", state="due"),
         own("followed", action="check_in", state="done"), own("followed", action="check_in", state="due")),
        "1/1 1/1 2/2 2/3 0/0",
    ),
    # The same, closed: the look that was due was not done; nothing was fixed, found out or told.
    (
        "closed with a look not done",
        (opened("acknowledge"), sent("apology", 1), step("apologise"), own("called"), clock("acknowledge", "met"),
         own("followed", action="check_in", state="due"), closed("by_manager")),
        "1/2 1/2 2/2 2/3 1/2",
    ),
    # Steps left out with a reason count neither way; one offer declined, one swapped for what was delivered; opened
    # again after a low score and closed anew.
    (
        "left out, declined, swapped, opened again",
        (opened("fix"), step("apologise", "skipped"), step("improve", "skipped"), step("communicate", "skipped"),
         queued(1, by=ANA), sent("update", 1), step("fix"), clock("fix", "met"), given(5, "offered"),
         given(5, "declined"), given(6, "offered"), given(6, "swapped"), given(7, "accepted"), given(7, "reminded"),
         given(7, "delivered"), closed(), own("reopened", reason="score"), closed()),
        "1/1 0/0 2/2 1/1 2/3",
    ),
    # Evidence withdrew it: there was nothing to keep.
    ("withdrawn", (opened("fix"), sent("acknowledgement"), closed("withdrawn", "withdrawn")), "0/0 0/0 0/0 0/0 0/0"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "by_hand"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_it_is_what_a_hand_computation_says(lines: tuple[Line, ...], by_hand: str) -> None:
    found = cares_of(entries=journal(lines))
    assert [one.name for one in found] == list(CARES)
    assert " ".join(f"{one.kept}/{one.known}" for one in found) == by_hand


def test_it_says_which_checks_were_not_kept() -> None:
    found = {one.name: one.missed for one in cares_of(entries=journal((opened("fix"), breach("fix"), closed())))}
    assert found["responsiveness"] == (cares.IN_TIME,)
    assert found["accountability"] == (cares.SORRY, cares.TAKEN, cares.CAUSE)
    assert found["empathy"] == (cares.PERSON,)


def test_what_was_left_quiet_has_nothing_to_keep() -> None:
    assert all(one.known == 0 for one in cares_of(entries=journal((opened("fix"), closed("quiet")))))


def test_a_step_taken_back_is_not_done() -> None:
    taken_back = journal((opened(), step("fix"), step("fix", "todo"), closed()))
    assert cares.FIXED in {one.name: one for one in cares_of(entries=taken_back)}["solution"].missed


def test_every_definition_has_its_checks_and_a_finding_that_is_registered() -> None:
    assert list(DEFINITIONS) == list(CARES)
    for one in DEFINITIONS.values():
        assert one.checks
        assert one.grade == REGISTER[one.evidence].grade
