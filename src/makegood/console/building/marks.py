"""The seven steps of one recovery as its page marks them, also after it ended."""

from __future__ import annotations

import attrs

from makegood.console.building.timeline import RETURNED
from makegood.console.building.words import marks, step_name
from makegood.console.viewmodels import StepMark
from makegood.core.steps import UNDONE
from makegood.recoveries.queries import Case, StepLine

ANSWERED = ("back", "lapsed", "declined")
"""With these, nobody has to look after them any more: they said how they stand to us, or it was seen."""


def marks_of(case: Case) -> tuple[StepMark, ...]:
    """This function will mark the steps, with when they were done or are due and what was noted of them."""
    shown = marks(case.steps, next_step=case.next_step, open_now=case.state == "open")
    return tuple(_mark(case, mark, line) for mark, line in zip(shown, case.steps, strict=True))


def _mark(case: Case, mark: StepMark, line: StepLine) -> StepMark:
    if line.state in ("done", "skipped"):
        return attrs.evolve(mark, at=line.done_at, note=line.note)
    if case.state == "open":
        state = "overdue" if line.overdue else mark.state
        return attrs.evolve(mark, state=state, at=line.due_at, note=_sooner(case, line))
    if line.step == "stay" and case.returned in ANSWERED:
        return attrs.evolve(mark, state="done", at=None, note=RETURNED[case.returned])
    return attrs.evolve(mark, state="left", at=None)


def _sooner(case: Case, line: StepLine) -> str:
    """That a step need not wait, where it is due before one that stands ahead of it."""
    ahead = [one for one in case.steps[: case.steps.index(line)] if one.state in UNDONE]
    later = [one for one in ahead if one.due_at and line.due_at and one.due_at > line.due_at]
    return f"need not wait for {step_name(later[0].step)}" if later else ""
