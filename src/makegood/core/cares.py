"""CARES from the record: what the journal of one recovery shows of the five things that its customer may rate.

Each of the five is a handful of checks, kept or not. A check that cannot be told yet, and a step that was left out
with a reason, counts neither way. The record shows what was done, never how it felt: the customer's own ratings stand
beside it and are not mixed with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from makegood.core.evidence import GRADES
from makegood.core.scores import CARES

WORDS: Final = frozenset({"acknowledgement", "apology", "update", "offer", "outcome"})
"""Messages that are a word from us to the customer; a call is one too."""
ANSWERS: Final = WORDS - {"acknowledgement"}
"""Messages that answer what the customer wrote; so does a call."""


@attrs.frozen(kw_only=True)
class Definition:
    """What one of the five means here: the checks that make it up, in plain sentences, and the finding behind it."""

    name: str
    title: str
    checks: tuple[str, ...]
    evidence: str

    @property
    def grade(self) -> str:
        """How good that finding is."""
        return GRADES[self.evidence]


HEARD, ANSWERED, TOLD = (
    "They heard from us before they had to ask.",
    "Each thing they wrote, but a thanks, was answered.",
    "They were told how it ended.",
)
SORRY, TAKEN, CAUSE = (
    "An apology was made.",
    "Each clock that ran out was taken up by a person.",
    "The cause was named.",
)
IN_TIME: Final = "Each clock was met before it ran out."
PERSON, ONCE, LOOKED = (
    "A person wrote or called, not only the system.",
    "We said sorry once, not again and again.",
    "Each planned look after them was done by a person.",
)
FIXED, GIVEN, LASTED = (
    "The fix was done.",
    "Each thing owed, or offered and not declined, was delivered.",
    "It did not have to be opened again.",
)

DEFINITIONS: Final[Mapping[str, Definition]] = {
    one.name: one
    for one in (
        Definition(name="communication", title="Kept informed", checks=(HEARD, ANSWERED, TOLD), evidence="C7"),
        Definition(name="accountability", title="Owned up", checks=(SORRY, TAKEN, CAUSE), evidence="P5"),
        Definition(name="responsiveness", title="Quick", checks=(IN_TIME,), evidence="T2"),
        Definition(name="empathy", title="Cared", checks=(PERSON, ONCE, LOOKED), evidence="J6"),
        Definition(name="solution", title="Solved", checks=(FIXED, GIVEN, LASTED), evidence="J1"),
    )
}
"""The five, in the order of CARES: the one place where they are defined."""


@attrs.frozen(kw_only=True)
class Journalled:
    """One entry of a recovery's journal: its own, or of a message or make-good that is part of it."""

    at: datetime
    event: str
    subject_id: int = 0
    actor_id: int | None = None
    data: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Recorded:
    """One of the five as the record shows it: `kept` of `known` checks, and which kinds of check were not kept."""

    name: str
    kept: int
    known: int
    missed: tuple[str, ...] = ()


Checked = tuple[str, bool | None]
"""A check's sentence and whether it was kept; None is not to be told yet."""


def cares_of(*, entries: Iterable[Journalled]) -> tuple[Recorded, ...]:
    """This function will reckon the five from one recovery's journal, oldest entry first, in the order of CARES.

    While the recovery is open only what is settled counts; once it is closed, what was not done was not kept. A
    recovery that was withdrawn or left quiet had nothing to keep, and has no check known.
    """
    told = list(entries)
    ended = next((one for one in reversed(told) if _action(one) in ("closed", "reopened")), None)
    closed = ended is not None and _action(ended) == "closed"
    if ended is not None and closed and (ended.data.get("state") != "closed" or ended.data.get("reason") == "quiet"):
        return tuple(Recorded(name=name, kept=0, known=0) for name in CARES)
    found: Mapping[str, list[Checked]] = {
        "communication": _communication(told),
        "accountability": _accountability(told),
        "responsiveness": _responsiveness(told),
        "empathy": _empathy(told),
        "solution": _solution(told, closed=closed),
    }
    return tuple(_counted(name, found[name], closed=closed) for name in CARES)


def _counted(name: str, checks: Sequence[Checked], *, closed: bool) -> Recorded:
    settled = [(text, bool(kept)) for text, kept in checks if kept is not None or closed]
    missed = dict.fromkeys(text for text, kept in settled if not kept)
    return Recorded(name=name, kept=sum(kept for _, kept in settled), known=len(settled), missed=tuple(missed))


def _action(one: Journalled) -> str:
    source, _, action = one.event.rpartition(":")
    return action if source == "recoveries:recovery" else ""


def _said(told: Sequence[Journalled], kinds: frozenset[str]) -> list[int]:
    """Where in the journal we said something of these kinds, or called; what stood on a page unknown to them, later."""
    return [
        place
        for place, one in enumerate(told)
        if _action(one) == "called"
        or (one.event == "messages:message:sent" and one.data.get("kind") in kinds and not one.data.get("waits"))
        or (_action(one) == "linked" and kinds.intersection(one.data.get("said", ())))
    ]


def _step(told: Sequence[Journalled], step: str, text: str) -> list[Checked]:
    """A step: done is kept, left out with a reason counts neither way."""
    states = [one.data.get("state") for one in told if _action(one) == "stepped" and one.data.get("step") == step]
    if states and states[-1] == "skipped":
        return []
    return [(text, True if states and states[-1] == "done" else None)]


def _communication(told: Sequence[Journalled]) -> list[Checked]:
    asked = [place for place, one in enumerate(told) if _action(one) == "replied" and one.data.get("kind") != "thanks"]
    words, answers = _said(told, WORDS), _said(told, ANSWERS)
    heard = bool(words) and (not asked or words[0] < asked[0]) if words or asked else None
    answered = [(ANSWERED, any(answer > place for answer in answers) or None) for place in asked]
    return [(HEARD, heard), *answered, *_step(told, "communicate", TOLD)]


def _accountability(told: Sequence[Journalled]) -> list[Checked]:
    taken = [
        (
            TAKEN,
            any(
                _action(later) == "acknowledged" and later.data.get("target") == one.data.get("target")
                for later in told[place:]
            )
            or None,
        )
        for place, one in enumerate(told)
        if _action(one) == "escalated" and one.data.get("level") == "breach"
    ]
    return [*_step(told, "apologise", SORRY), *taken, *_step(told, "improve", CAUSE)]


def _responsiveness(told: Sequence[Journalled]) -> list[Checked]:
    """Each time that a clock was started: met in time, or not; one that still runs, or ended with its case, is open."""
    runs: list[bool | None] = []
    running: dict[str, int] = {}
    for one in told:
        if _action(one) == "opened":
            for target in one.data.get("clocks", {}):
                running[target] = len(runs)
                runs.append(True if target in one.data.get("met", ()) else None)
        elif _action(one) in ("clocked", "escalated"):
            target, state = one.data.get("target", ""), one.data.get("state")
            if target not in running or (state == "running" and runs[running[target]] is not None):
                running[target] = len(runs)
                runs.append(None)
            if state in ("met", "missed") and runs[running[target]] is None:
                runs[running[target]] = state == "met"
    return [(IN_TIME, kept) for kept in runs if kept is not None]


def _empathy(told: Sequence[Journalled]) -> list[Checked]:
    by_hand = {one.subject_id for one in told if one.event == "messages:message:queued" and one.actor_id is not None}
    person = any(
        _action(one) == "called"
        or (one.event == "messages:message:sent" and (one.subject_id in by_hand or one.actor_id is not None))
        for one in told
    )
    sorry = sum(one.event == "messages:message:sent" and one.data.get("kind") == "apology" for one in told)
    looks = [
        one.data.get("state") for one in told if _action(one) == "followed" and one.data.get("action") == "check_in"
    ]
    due, done = looks.count("due"), looks.count("done")
    looked: list[Checked] = [(LOOKED, True)] * done + [(LOOKED, None)] * max(0, due - done)
    return [(PERSON, person or None), *([(ONCE, sorry == 1)] if sorry else []), *looked]


def _solution(told: Sequence[Journalled], *, closed: bool) -> list[Checked]:
    last = {
        one.subject_id: one.event.rpartition(":")[2]
        for one in told
        if one.event.startswith("makegoods:makegood:") and not one.event.endswith(":reminded")
    }
    settled: Mapping[str, bool | None] = {"delivered": True, "expired": False}
    given = [
        (GIVEN, settled.get(state)) for state in last.values() if state not in ("declined", "withdrawn", "swapped")
    ]
    again = any(_action(one) == "reopened" for one in told)
    lasted: list[Checked] = [(LASTED, not again)] if again or closed else []
    return [*_step(told, "fix", FIXED), *given, *lasted]
