"""Folding the journal: the state and deadline of every promise, failure and recovery come back from its entries alone.

Pure: what is stored must equal what the record of everything that happened says (invariant 15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from makegood.core.steps import Step

Entry = tuple[str, Mapping[str, Any]]
"""An event's name and its data, in the order in which they were journalled."""


class UnknownEvent(ValueError):
    """The journal holds an event that folding does not know: teach it what the event changes."""


@attrs.frozen(kw_only=True)
class PromiseFold:
    """A promise as its journal tells it. All datetimes are aware."""

    state: str = ""
    due_at: datetime | None = None
    expected_at: datetime | None = None
    fulfilled_at: datetime | None = None


@attrs.frozen(kw_only=True)
class FailureFold:
    """A failure as its journal tells it."""

    gate: str = ""
    gate_at: datetime | None = None
    withdrawn: bool = False
    taken: bool = False
    incident: int | None = None
    cause: int | None = None


@attrs.frozen(kw_only=True)
class RecoveryFold:
    """A recovery as its journal tells it: `clocks` maps a target to (state, due), `steps` a step to its state."""

    state: str = ""
    owner: int | None = None
    due_at: datetime | None = None
    clocks: Mapping[str, tuple[str, datetime | None]] = attrs.field(factory=dict)
    steps: Mapping[str, str] = attrs.field(factory=dict)


def _time(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    return None if value is None else datetime.fromisoformat(value)


def _promise_made(before: PromiseFold, data: Mapping[str, Any]) -> PromiseFold:
    return attrs.evolve(before, state="open", due_at=_time(data, "due_at"))


def _promise_state(state: str) -> Callable[[PromiseFold, Mapping[str, Any]], PromiseFold]:
    def apply(before: PromiseFold, data: Mapping[str, Any]) -> PromiseFold:
        return attrs.evolve(before, state=state, fulfilled_at=_time(data, "fulfilled_at") or before.fulfilled_at)

    return apply


def _promise_unbroken(before: PromiseFold, data: Mapping[str, Any]) -> PromiseFold:
    """It never broke: it was kept (or what the data name instead), and was due when they say."""
    return attrs.evolve(
        before,
        state=data.get("state", "kept"),
        due_at=_time(data, "due_at") or before.due_at,
        fulfilled_at=_time(data, "fulfilled_at") or before.fulfilled_at,
    )


PROMISE: Mapping[str, Callable[[PromiseFold, Mapping[str, Any]], PromiseFold]] = {
    "promises:promise:made": _promise_made,
    "promises:promise:changed": lambda before, data: attrs.evolve(before, due_at=_time(data, "due_at")),
    "promises:promise:expected": lambda before, data: attrs.evolve(before, expected_at=_time(data, "expected_at")),
    "promises:promise:kept": _promise_state("kept"),
    "promises:promise:unbroken": _promise_unbroken,
    "promises:promise:broken": _promise_state("broken"),
    "promises:promise:released": _promise_state("released"),
    "promises:promise:fulfilled": lambda before, data: attrs.evolve(before, fulfilled_at=_time(data, "fulfilled_at")),
    "promises:promise:corrected": lambda before, data: attrs.evolve(before, fulfilled_at=_time(data, "fulfilled_at")),
}


def _gated(before: FailureFold, data: Mapping[str, Any]) -> FailureFold:
    return attrs.evolve(before, gate=data["gate"], gate_at=_time(data, "gate_at"))


FAILURE: Mapping[str, Callable[[FailureFold, Mapping[str, Any]], FailureFold]] = {
    "failures:failure:detected": _gated,
    "failures:failure:gated": _gated,
    "failures:failure:attached": lambda before, data: attrs.evolve(before, incident=data["incident"]),
    "failures:failure:held": lambda before, data: attrs.evolve(before, incident=data["incident"]),
    "failures:failure:freed": lambda before, _: attrs.evolve(before, incident=None),
    "failures:failure:taken": lambda before, _: attrs.evolve(before, taken=True),
    "failures:failure:withdrawn": lambda before, _: attrs.evolve(before, withdrawn=True),
    "failures:failure:caused": lambda before, data: attrs.evolve(before, cause=data["cause"]),
    "failures:failure:complained": lambda before, _: before,
    "recoveries:failure:left": lambda before, _: before,
}


def _opened(before: RecoveryFold, data: Mapping[str, Any]) -> RecoveryFold:
    met = set(data.get("met", ()))
    return attrs.evolve(
        before,
        state=data["state"],
        owner=data["owner"],
        due_at=_time(data, "due_at"),
        clocks={
            target: ("met" if target in met else "running", datetime.fromisoformat(due_at))
            for target, due_at in data["clocks"].items()
        },
    )


def _clocked(before: RecoveryFold, data: Mapping[str, Any]) -> RecoveryFold:
    due_at = _time(data, "due_at")
    moved = due_at if data["target"] == "make_good" and due_at is not None else before.due_at
    return attrs.evolve(before, due_at=moved, clocks={**before.clocks, data["target"]: (data["state"], due_at)})


def _escalated(before: RecoveryFold, data: Mapping[str, Any]) -> RecoveryFold:
    """A breach makes the step of that name overdue, where it was still to be done."""
    after = _clocked(before, data)
    step = data["target"]
    if data["level"] == "breach" and step in Step.__members__.values() and before.steps.get(step, "todo") == "todo":
        return attrs.evolve(after, steps={**before.steps, step: "overdue"})
    return after


def _same(before: RecoveryFold, _: Mapping[str, Any]) -> RecoveryFold:
    return before


RECOVERY: Mapping[str, Callable[[RecoveryFold, Mapping[str, Any]], RecoveryFold]] = {
    "recoveries:recovery:opened": _opened,
    "recoveries:recovery:owned": lambda before, data: attrs.evolve(before, owner=data["owner"]),
    "recoveries:recovery:clocked": _clocked,
    "recoveries:recovery:escalated": _escalated,
    "recoveries:recovery:stepped": lambda before, data: attrs.evolve(
        before, steps={**before.steps, data["step"]: data["state"]}
    ),
    "recoveries:recovery:closed": lambda before, data: attrs.evolve(before, state=data["state"]),
    "recoveries:recovery:reopened": lambda before, _: attrs.evolve(before, state="open"),
}


def fold_recovery(*, entries: Iterable[Entry]) -> RecoveryFold:
    """Return the recovery that these entries of its journal make; events of another kind change nothing here."""
    state = RecoveryFold()
    for event, data in entries:
        state = RECOVERY.get(event, _same)(state, data)
    return state


def fold_promise(*, entries: Iterable[Entry]) -> PromiseFold:
    """Return the promise that these entries of its journal make.

    Raises UnknownEvent for an event that is not in the table.
    """
    state = PromiseFold()
    for event, data in entries:
        if event not in PROMISE:
            raise UnknownEvent(f"{event}: {UnknownEvent.__doc__}")
        state = PROMISE[event](state, data)
    return state


def fold_failure(*, entries: Iterable[Entry]) -> FailureFold:
    """Return the failure that these entries of its journal make.

    Raises UnknownEvent for an event that is not in the table.
    """
    state = FailureFold()
    for event, data in entries:
        if event not in FAILURE:
            raise UnknownEvent(f"{event}: {UnknownEvent.__doc__}")
        state = FAILURE[event](state, data)
    return state
