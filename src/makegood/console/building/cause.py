"""Why it happened: the cause that is linked, the form to link one, and the fault that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building import words
from makegood.console.building.seeing import seen_field, seen_pair
from makegood.console.viewmodels import Action, CauseChooser, Field, Form
from makegood.core.fault_words import fault_named
from makegood.failures.queries import CauseFacts
from makegood.recoveries.queries import Case

UNLISTED = "A cause that is not listed"
WHOSE = {"ours": "ours", "partner": "a partner's", "nobody": "nobody's fault", "unknown": "not known"}


def cause_of(case: Case, causes: Sequence[CauseFacts], *, acts: bool) -> CauseChooser:
    """This function will show the cause of a case, and ask whether the letter should follow it."""
    cause_id = next((one.cause_id for one in case.failures if one.cause_id), None)
    current = next((one for one in causes if one.id == cause_id), None)
    improve = next(one for one in case.steps if one.step == "improve")
    unknown = f"Not known: {improve.note}" if improve.state == "skipped" and not cause_id else ""
    ask, change = _follow(case, current.path) if current and acts and not case.review else ("", None)
    return CauseChooser(
        current=current.path if current else unknown,
        current_url=reverse("cause", args=[current.id]) if current else "",
        form=_form(case, causes, cause_id) if acts and not case.review else None,
        decision=improve.note if current else "",
        fault_ask=ask,
        fault_change=change,
    )


def _follow(case: Case, cause: str) -> tuple[str, Action | None]:
    """Ask where the cause speaks of another fault than we do; else offer the way back from such a change."""
    named = fault_named(cause=cause)
    if named and named != case.fault:
        ask = f"This cause says it was {WHOSE[named]}. What we tell them says {WHOSE[case.fault]}. Change it?"
        return ask, _change(case, named)
    first = case.failures[0].fault
    if first != case.fault:
        return f"What we tell them says {WHOSE[case.fault]}; it said {WHOSE[first]}.", _change(case, first)
    return "", None


def _change(case: Case, fault: str) -> Action:
    return Action(
        label=f"Say that it was {WHOSE[fault]}",
        url=reverse("recovery-fault", args=[words.code(case.number)]),
        hidden=(("fault", fault), seen_pair(case, "fault")),
    )


def _form(case: Case, causes: Sequence[CauseFacts], cause_id: int | None) -> Form:
    return Form(
        key="cause-form",
        action=reverse("recovery-cause", args=[words.code(case.number)]),
        submit="Set the cause",
        style="plain",
        fields=(
            seen_field(case, "cause"),
            select(
                "cause",
                "Cause",
                [
                    *((str(one.id), one.path) for one in causes),
                    ("new", UNLISTED),
                    ("none", "Not known"),
                ],
                first="Choose",
                value=str(cause_id or ""),
                required=True,
            ),
            Field(name="cause_note", label="Name of the new cause, or why it is not known", maxlength=120),
            select(
                "cause_then",
                "What now?",
                (("watch", "Watch it"), ("improve", "Change something: open an improvement")),
                value="watch",
            ),
        ),
    )
