"""The seven steps of a recovery and the states of steps and recoveries: one table of moves, one function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeVar

import attrs

from makegood.core.reasons import Reason, because


class Step(StrEnum):
    """The seven steps, in the order in which they are shown."""

    APOLOGISE = "apologise"
    FIX = "fix"
    RESPOND = "respond"
    MAKE_GOOD = "make_good"
    IMPROVE = "improve"
    COMMUNICATE = "communicate"
    STAY = "stay"


@attrs.frozen(kw_only=True)
class Face:
    """How a step is shown: its title, the one word for it on every page, and what it means in a sentence."""

    title: str
    means: str


FACES: Final[Mapping[Step, Face]] = MappingProxyType(
    {
        Step.APOLOGISE: Face(title="Apologise", means="A named person says sorry and owns what happened."),
        Step.FIX: Face(title="Fix", means="What went wrong is put right, at our cost."),
        Step.RESPOND: Face(title="Respond", means="A person answers whatever they ask, and tells them how it stands."),
        Step.MAKE_GOOD: Face(title="Make good", means="What is owed is paid, and something that fits is given."),
        Step.IMPROVE: Face(title="Improve", means="The cause is known, and what we do about it."),
        Step.COMMUNICATE: Face(title="Communicate", means="They know how it ended."),
        Step.STAY: Face(title="Stay", means="Somebody looks after them until they are back."),
    }
)


class StepState(StrEnum):
    """Where a step stands. Overdue is still to be done, after its deadline."""

    TODO = "todo"
    DONE = "done"
    SKIPPED = "skipped"
    OVERDUE = "overdue"


UNDONE: Final = (StepState.TODO.value, StepState.OVERDUE.value)
"""The states in which a step is still to be done."""


def step_overdue(*, state: str, due_at: datetime | None, now: datetime, stands_still: bool) -> bool:
    """This function will say whether a step of an open recovery is late: also where no clock of its own told so.

    While a pause stops the clocks nothing becomes late, but an answer that a person waits for.
    """
    if state == StepState.OVERDUE:
        return True
    return state == StepState.TODO and not stands_still and due_at is not None and due_at < now


class RecoveryState(StrEnum):
    """Where a recovery stands. Withdrawn: evidence withdrew its failures before anything was said or given."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


State = TypeVar("State", StepState, RecoveryState)

MOVES: Final[Mapping[StepState | RecoveryState, frozenset[StepState | RecoveryState]]] = MappingProxyType(
    {
        StepState.TODO: frozenset({StepState.DONE, StepState.SKIPPED, StepState.OVERDUE}),
        StepState.OVERDUE: frozenset({StepState.DONE, StepState.SKIPPED, StepState.TODO}),
        StepState.DONE: frozenset({StepState.TODO}),
        StepState.SKIPPED: frozenset({StepState.TODO}),
        RecoveryState.OPEN: frozenset({RecoveryState.CLOSED, RecoveryState.WITHDRAWN}),
        RecoveryState.CLOSED: frozenset({RecoveryState.OPEN}),
        RecoveryState.WITHDRAWN: frozenset(),
    }
)
"""Every allowed move. An overdue step is to do again when its deadline is recomputed to later; a done or skipped one
when it is undone or the recovery reopens."""


class UnableToMove(ValueError):
    """This move is not allowed from where it stands, or it needs a reason that was not given."""


def move(*, current: State, to: State, why: str = "") -> State:
    """This function will return the new state of a step or a recovery if the move is in the table.

    Skipping a step needs `why`. Raises UnableToMove otherwise.
    """
    if to not in MOVES[current]:
        allowed = ", ".join(sorted(MOVES[current])) or "nothing"
        raise UnableToMove(f"What is {current} cannot become {to}: it can become {allowed}")
    if to == StepState.SKIPPED and not why.strip():
        raise UnableToMove("A step is skipped only with a reason: say why")
    return to


MakeGoodState = Literal["offered", "accepted", "swapped", "delivered", "declined", "expired"]
Outcome = Literal["back", "lapsed", "declined", "unknown"]
Missing = Literal["fix", "floor_decided", "floor", "make_goods", "cause", "follow_up"]


@attrs.frozen(kw_only=True)
class MakeGoodFact:
    """One make-good as closing sees it: its state and how many reminders the customer had."""

    state: MakeGoodState
    reminders: int = 0

    @property
    def settled(self) -> bool:
        """Delivered, declined, or expired after a reminder; offered, accepted and swapped are not."""
        return self.state in ("delivered", "declined") or (self.state == "expired" and self.reminders >= 1)


@attrs.frozen(kw_only=True)
class CloseFacts:
    """What is known of a recovery when somebody wants to close it.

    `floor_delivered` is also true where nothing is owed, `floor_decided` not while nobody knows. `make_goods` are
    those that stand: one that was swapped is represented by what it was swapped for. `cause_must_be_known` is the
    playbook's word that "not known" is no cause for a failure as grave as this. `outcome` is None until the follow-
    up plan has run to its end. `manager_id` is an active manager's member id; it counts only together with
    `manager_reason`.
    """

    fix_done: bool
    floor_delivered: bool
    floor_decided: bool = True
    make_goods: tuple[MakeGoodFact, ...] = ()
    cause_set: bool = False
    cause_unknown_reason: str = ""
    cause_must_be_known: bool = False
    outcome: Outcome | None = None
    all_failures_withdrawn: bool = False
    said_or_given: bool = False
    closed_by_owner: bool = False
    manager_id: int | None = None
    manager_reason: str = ""


@attrs.frozen(kw_only=True)
class CloseDecision:
    """Whether a recovery may close, into which state, what is missing, and why.

    `missing` is what an ordinary close still lacks; with a manager's reason it is what was waived.
    """

    allowed: bool
    state: RecoveryState | None
    missing: tuple[Missing, ...]
    reasons: tuple[Reason, ...]


_MISSING: Final[Mapping[Missing, Reason]] = MappingProxyType(
    {
        "fix": because("close.fix", "The fix is not done."),
        "floor_decided": because(
            "close.floor_decided", "What is owed is not decided: a fact is missing.", evidence="2.3"
        ),
        "floor": because("close.floor", "What is owed is not delivered.", evidence="2.3"),
        "make_goods": because(
            "close.make_goods", "A make-good is not delivered, declined, or expired after a reminder."
        ),
        "cause": because(
            "close.cause",
            'No cause is set; "not known" counts with a reason, unless the playbook asks for a known one.',
            evidence="G2",
        ),
        "follow_up": because("close.follow_up", "The follow-up has no outcome yet.", evidence="1.9"),
    }
)
_COMPLETE = because("close.complete", "All is done, delivered and known.")
_WITHDRAWN = because("close.withdrawn", "Evidence withdrew every failure, and nothing had been said or given.")
_BY_OWNER = because("close.by_owner", "Evidence withdrew every failure; the owner closes what was said or given.")
_OWNER_NEEDED = because(
    "close.owner_needed", "Evidence withdrew every failure, but something was said or given: its owner closes it."
)
_BY_MANAGER = because("close.by_manager", "A named manager closes it with a written reason.")


def missing(*, facts: CloseFacts) -> tuple[Missing, ...]:
    """This function will list what an ordinary close still lacks, in the order of the steps."""
    held: Mapping[Missing, bool] = {
        "fix": facts.fix_done,
        "floor_decided": facts.floor_decided,
        "floor": facts.floor_delivered,
        "make_goods": all(one.settled for one in facts.make_goods),
        "cause": facts.cause_set or (bool(facts.cause_unknown_reason.strip()) and not facts.cause_must_be_known),
        "follow_up": facts.outcome is not None,
    }
    return tuple(name for name, is_held in held.items() if not is_held)


def may_close(*, facts: CloseFacts) -> CloseDecision:
    """This function will say whether a recovery may close (invariant 5).

    Complete, or withdrawn with nothing said or given, or withdrawn and closed by its owner, or by a named manager's
    written reason. Nothing else closes one.
    """
    lacking = missing(facts=facts)
    if facts.all_failures_withdrawn and not facts.said_or_given:
        return CloseDecision(allowed=True, state=RecoveryState.WITHDRAWN, missing=(), reasons=(_WITHDRAWN,))
    if not lacking:
        return CloseDecision(allowed=True, state=RecoveryState.CLOSED, missing=(), reasons=(_COMPLETE,))
    if facts.all_failures_withdrawn and facts.closed_by_owner:
        return CloseDecision(allowed=True, state=RecoveryState.CLOSED, missing=(), reasons=(_BY_OWNER,))
    reasons = tuple(_MISSING[name] for name in lacking)
    if facts.manager_id is not None and facts.manager_reason.strip():
        return CloseDecision(allowed=True, state=RecoveryState.CLOSED, missing=lacking, reasons=(_BY_MANAGER, *reasons))
    if facts.all_failures_withdrawn:
        reasons = (_OWNER_NEEDED, *reasons)
    return CloseDecision(allowed=False, state=None, missing=lacking, reasons=reasons)
