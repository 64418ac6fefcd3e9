"""The seven steps: every pair of states, and closing in every combination of its facts (invariant 5)."""

from __future__ import annotations

from itertools import product

import pytest

from makegood.core.steps import (
    FACES,
    MOVES,
    CloseFacts,
    MakeGoodFact,
    RecoveryState,
    Step,
    StepState,
    UnableToMove,
    may_close,
    missing,
    move,
)

ALLOWED = {
    ("todo", "done"), ("todo", "skipped"), ("todo", "overdue"),
    ("overdue", "done"), ("overdue", "skipped"),
    ("overdue", "todo"),  # the deadline was recomputed to later: a pause, a calendar
    ("done", "todo"), ("skipped", "todo"),  # undone, or the recovery reopened
    ("open", "closed"), ("open", "withdrawn"),
    ("closed", "open"),  # a score under 4
}  # fmt: skip
STATES = [*StepState, *RecoveryState]


@pytest.mark.parametrize(("current", "to"), list(product(STATES, STATES)), ids=str)
def test_every_pair_of_states(current: StepState, to: StepState) -> None:
    if (current.value, to.value) in ALLOWED:
        assert move(current=current, to=to, why="no answer after three calls") is to
    else:
        with pytest.raises(UnableToMove, match=f"What is {current} cannot become {to}"):
            move(current=current, to=to, why="whatever")


def test_the_table_knows_every_state() -> None:
    assert set(MOVES) == set(STATES)


@pytest.mark.parametrize("why", ["", "  \n"])
@pytest.mark.parametrize("current", [StepState.TODO, StepState.OVERDUE])
def test_a_step_is_skipped_only_with_a_reason(current: StepState, why: str) -> None:
    with pytest.raises(UnableToMove, match="say why"):
        move(current=current, to=StepState.SKIPPED, why=why)


def test_the_steps_spell_service() -> None:
    assert [*FACES] == [*Step]
    assert [face.title for face in FACES.values()] == [
        "Apologise", "Fix", "Respond", "Make good", "Improve", "Communicate", "Stay",
    ]  # fmt: skip
    assert all(face.means[0].isupper() and face.means.endswith(".") for face in FACES.values())


@pytest.mark.parametrize(
    ("state", "reminders", "settled"),
    [
        ("offered", 0, False), ("offered", 1, False),  # offered is not delivered
        ("accepted", 0, False), ("accepted", 1, False),
        ("swapped", 0, False), ("swapped", 1, False),
        ("delivered", 0, True), ("delivered", 1, True),
        ("declined", 0, True), ("declined", 1, True),
        ("expired", 0, False), ("expired", 1, True), ("expired", 2, True),  # after one reminder
    ],
)  # fmt: skip
def test_when_a_make_good_is_settled(state: str, reminders: int, settled: bool) -> None:
    fact = MakeGoodFact(state=state, reminders=reminders)  # type: ignore[arg-type]
    assert fact.settled is settled
    others = (MakeGoodFact(state="delivered"), fact, MakeGoodFact(state="declined"))
    facts = CloseFacts(fix_done=True, floor_delivered=True, make_goods=others, cause_set=True, outcome="back")
    assert may_close(facts=facts).allowed is settled


SETTLED, OPEN = (MakeGoodFact(state="delivered"),), (MakeGoodFact(state="offered"),)
BOOLS = (False, True)
COMBINATIONS = list(
    product(
        BOOLS,  # fix done
        BOOLS,  # floor delivered
        ((), SETTLED, OPEN),
        ((False, ""), (True, ""), (False, "no trace in any log"), (False, "  ")),  # cause
        (None, "back", "lapsed", "declined", "unknown"),
        BOOLS,  # all failures withdrawn
        BOOLS,  # something said or given
        BOOLS,  # closed by its owner
        ((None, ""), (7, ""), (7, " "), (None, "agreed by telephone"), (7, "agreed by telephone")),
    )
)


def test_closing_in_every_combination() -> None:
    """Invariant 5, word for word."""
    states = set()
    for fix, floor, goods, (cause, unknown), outcome, withdrawn, given, by_owner, (manager, reason) in COMBINATIONS:
        decision = may_close(
            facts=CloseFacts(
                fix_done=fix, floor_delivered=floor, make_goods=goods, cause_set=cause, cause_unknown_reason=unknown,
                outcome=outcome, all_failures_withdrawn=withdrawn, said_or_given=given, closed_by_owner=by_owner,
                manager_id=manager, manager_reason=reason,
            )
        )  # fmt: skip
        complete = fix and floor and goods != OPEN and (cause or unknown.strip()) and outcome is not None
        nothing_happened = withdrawn and not given
        owner_closes = withdrawn and given and by_owner
        manager_closes = manager is not None and reason.strip()
        assert decision.allowed is bool(complete or nothing_happened or owner_closes or manager_closes)
        assert decision.reasons
        if nothing_happened:
            assert decision.state is RecoveryState.WITHDRAWN
        elif decision.allowed:
            assert decision.state is RecoveryState.CLOSED
        else:
            assert decision.state is None
            assert decision.missing
        states.add(decision.state)
    assert states == {None, RecoveryState.CLOSED, RecoveryState.WITHDRAWN}


def test_what_is_missing_is_named_in_order() -> None:
    facts = CloseFacts(fix_done=False, floor_delivered=False, make_goods=OPEN)
    decision = may_close(facts=facts)
    assert decision.missing == missing(facts=facts) == ("fix", "floor", "make_goods", "cause", "follow_up")
    assert [reason.rule for reason in decision.reasons] == [
        "close.fix", "close.floor", "close.make_goods", "close.cause", "close.follow_up",
    ]  # fmt: skip


def test_a_manager_waives_what_is_named() -> None:
    facts = CloseFacts(fix_done=True, floor_delivered=True, manager_id=7, manager_reason="The customer moved abroad")
    decision = may_close(facts=facts)
    assert decision.missing == ("cause", "follow_up")
    assert decision.reasons[0].rule == "close.by_manager"


def test_withdrawn_after_something_was_said_needs_its_owner() -> None:
    facts = CloseFacts(fix_done=False, floor_delivered=False, all_failures_withdrawn=True, said_or_given=True)
    assert may_close(facts=facts).reasons[0].rule == "close.owner_needed"
