"""Steps: marked done or skipped, one or thousands at a time, together with the clocks that they meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.lengths import fitting
from makegood.journal.operations import record
from makegood.recoveries.models import STEPS, Recovery, Step
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.clocks import Met, clock_start, clocks_again, clocks_meet, stepped
from makegood.recoveries.operations.ending import ENDS, outcome_call_back, outcomes_tell
from makegood.recoveries.operations.helping import help_lacking, help_overrule
from makegood.recoveries.operations.reckoning import RESTS
from makegood.recoveries.operations.silence import silence_broken, silence_over, silence_watched
from makegood.recoveries.saying import apologies_anew
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

CLOCKS_OF_STEP = {"fix": ("fix", "remedy"), "make_good": ("make_good", "remedy")}
AGAIN = ("fix", "make_good")
"""The steps whose clocks run again when they are taken back."""
SPOKEN = ("apologise", "respond", "communicate")
"""The steps that are done by word to the customer: recorded by hand, it was spoken, and they know that we know."""
NOTE = 300

MARKED = {
    "recovery": "bigint", "step": "text", "state": "text", "at": "timestamptz", "by_id": "bigint", "note": "text",
    "told": "text",
}  # fmt: skip
MARK = """
UPDATE recoveries_step s SET state = u.state, done_at = u.at, done_by_id = u.by_id,
    note = CASE WHEN u.note = '' THEN s.note ELSE u.note END, told = u.told
FROM {marks}
WHERE s.organization_id = %s AND s.recovery_id = u.recovery AND s.step = u.step AND s.state IN ('todo', 'overdue')
RETURNING s.recovery_id, s.step, s.state, s.done_at, s.done_by_id
"""
NEXT = """
UPDATE recoveries_recovery r SET
    next_step = coalesce(n.step, 'done'), next_due_at = coalesce(n.due_at, r.next_due_at),
    expected_loss_minor = CASE WHEN coalesce(n.step, 'done') = ANY(%s) THEN 0 ELSE r.expected_loss_minor END
FROM {changed}
LEFT JOIN LATERAL (
    SELECT s.step, s.due_at FROM recoveries_step s
    WHERE s.organization_id = %s AND s.recovery_id = u.id AND s.state IN ('todo', 'overdue')
    ORDER BY array_position(%s::text[], s.step::text) LIMIT 1) n ON true
WHERE r.organization_id = %s AND r.id = u.id AND NOT r.review
    AND (r.next_step, r.next_due_at) IS DISTINCT FROM (coalesce(n.step, 'done'), coalesce(n.due_at, r.next_due_at))
"""


@attrs.frozen(kw_only=True, slots=True)
class Mark:
    """One step of one recovery that was done, or skipped, at a moment, by a member or by nobody (the system)."""

    recovery_id: int
    step: str
    at: datetime
    state: str = "done"
    by: int | None = None
    note: str = ""
    told: str = ""


def steps_mark(*, organization_id: int, marks: Sequence[Mark]) -> int:
    """Mark steps and meet the clocks bound to those done; one that is marked already stays. Return how many changed."""
    if not marks:
        return 0
    once = {(one.recovery_id, one.step): one for one in reversed(marks)}
    listed = sorted(once.values(), key=lambda one: (one.recovery_id, one.step))
    rows = [(one.recovery_id, one.step, one.state, one.at, one.by, one.note, one.told) for one in listed]
    from_, parameter = record_set("u", MARKED, rows)
    with prepared() as cursor:
        cursor.execute(MARK.format(marks=from_), [parameter, organization_id])
        changed = cursor.fetchall()
    if not changed:
        return 0
    record(
        organization_id=organization_id,
        entries=[
            stepped(recovery_id=recovery_id, step=step, state=state, at=at, by=by)
            for recovery_id, step, state, at, by in changed
        ],
    )
    clocks_meet(
        organization_id=organization_id,
        met=[
            Met(recovery_id=recovery_id, target=target, at=at)
            for recovery_id, step, state, at, _ in changed
            for target in CLOCKS_OF_STEP.get(step, ())
        ],
    )
    silence_over(
        organization_id=organization_id,
        told={recovery_id: at for recovery_id, step, _, at, _ in changed if step == "communicate"},
    )
    next_steps_set(organization_id=organization_id, recovery_ids=sorted({row[0] for row in changed}))
    put_right = {recovery_id: at for recovery_id, step, state, at, _ in changed if (step, state) == ("fix", "done")}
    if put_right:
        apologies_anew(organization_id=organization_id, at=put_right)
    ended = {recovery_id: at for recovery_id, step, _, at, _ in changed if step in ENDS}
    if ended:
        outcomes_tell(organization_id=organization_id, at=ended)
    return len(changed)


def next_steps_set(*, organization_id: int, recovery_ids: Sequence[int]) -> None:
    """Bring the next step of these recoveries up to date with their steps."""
    from_, parameter = record_set("u", {"id": "bigint"}, ([recovery_id] for recovery_id in recovery_ids))
    with prepared() as cursor:
        cursor.execute(
            NEXT.format(changed=from_), [list(RESTS), parameter, organization_id, list(STEPS), organization_id]
        )


def respond_again(*, organization_id: int, recovery: Recovery, at: datetime) -> datetime | None:
    """Ask for a person's answer again: its clock starts, or goes on, and the step is to be done by then.

    Returns when it is due; None while the clocks are paused.
    """
    due_at = clock_start(organization_id=organization_id, recovery=recovery, target="respond", at=at)
    steps = Step.objects.filter(organization_id=organization_id, recovery_id=recovery.id, step="respond")
    if steps.filter(state__in=("done", "skipped")).update(
        state="todo", done_at=None, done_by_id=None, note="", due_at=due_at
    ):
        record(
            organization_id=organization_id,
            entries=[stepped(recovery_id=recovery.id, step="respond", state="todo", at=at)],
        )
    next_steps_set(organization_id=organization_id, recovery_ids=[recovery.id])
    return due_at


def step_done(
    *,
    organization_id: int,
    recovery_id: int,
    step: str,
    by: int,
    now: datetime,
    note: str = "",
    version: int | None = None,
    anyway: str = "",
    told: str = "",
) -> None:
    """Record that a step was done by a member; `told` is what the customer reads of it on their page.

    Raises UnableToChangeRecovery if the recovery is closed or was changed meanwhile, the step is not to be done, or
    its playbook asks for something to be ticked or filled in first. A manager overrules that by `anyway`, their reason.
    """
    mark = Mark(
        recovery_id=recovery_id,
        step=step,
        at=now,
        by=by,
        note=fitting(" · ".join(filter(None, (note, anyway.strip()))), most=NOTE),
        told=fitting(told, most=NOTE),
    )
    recovery = _held(organization_id, mark, version)
    if lacks := help_lacking(organization_id=organization_id, recovery=recovery, step=step):
        help_overrule(
            organization_id=organization_id, recovery=recovery, step=step, lacks=lacks, by=by, reason=anyway, now=now
        )
    _marked(organization_id, mark)
    if step in SPOKEN:
        clocks_meet(organization_id=organization_id, met=[Met(recovery_id=recovery_id, target="acknowledge", at=now)])
        silence_broken(organization_id=organization_id, words={recovery_id: now})


def step_skip(
    *,
    organization_id: int,
    recovery_id: int,
    step: str,
    by: int,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Skip a step, with a written reason.

    Raises UnableToChangeRecovery as `step_done` does, or without a reason.
    """
    if not reason.strip():
        raise UnableToChangeRecovery("A step is skipped only with a reason: say why.")
    mark = Mark(recovery_id=recovery_id, step=step, at=now, state="skipped", by=by, note=fitting(reason, most=NOTE))
    _held(organization_id, mark, version)
    _marked(organization_id, mark)


def _held(organization_id: int, mark: Mark, version: int | None) -> Recovery:
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=mark.recovery_id, version=version)
    if recovery.review:
        raise UnableToChangeRecovery("Decide first whether the customer is to be contacted.")
    return recovery


def _marked(organization_id: int, mark: Mark) -> None:
    if not steps_mark(organization_id=organization_id, marks=[mark]):
        raise UnableToChangeRecovery("This step is not to be done any more: reload the recovery.")
    recovery_touch(organization_id=organization_id, recovery_id=mark.recovery_id)


def step_undo(
    *, organization_id: int, recovery_id: int, step: str, by: int, now: datetime, version: int | None = None
) -> None:
    """Take back a step that was marked by mistake, or that has to be done again: its clock runs on, time used is used.

    Where what was put right is not, the customer is to have word from us again, too, and to be told anew how it ends.

    Raises UnableToChangeRecovery if it is not done or skipped.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    undone = Step.objects.filter(
        organization_id=organization_id, recovery_id=recovery_id, step=step, state__in=("done", "skipped")
    ).update(state="todo", done_at=None, done_by_id=None)
    if not undone:
        raise UnableToChangeRecovery("This step is still to be done.")
    again = [step, *_ended_too_soon(organization_id, recovery_id, step)]
    record(
        organization_id=organization_id,
        entries=[stepped(recovery_id=recovery_id, step=one, state="todo", at=now, by=by) for one in again],
    )
    if step in AGAIN:
        targets = _unmet(organization_id, recovery_id, step)
        clocks_again(organization_id=organization_id, recovery=recovery, targets=targets, at=now, by=by)
    if step in ("communicate", "fix"):
        silence_watched(organization_id=organization_id, recovery=recovery, at=now)
    if step == "fix":
        apologies_anew(organization_id=organization_id, at={recovery_id: now})
    if step in AGAIN:
        outcome_call_back(organization_id=organization_id, recovery=recovery, by=by, now=now)
    next_steps_set(organization_id=organization_id, recovery_ids=[recovery_id])
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)


def _unmet(organization_id: int, recovery_id: int, step: str) -> list[str]:
    """What a step that was taken back met, save what another step that is done meets too."""
    done = Step.objects.filter(organization_id=organization_id, recovery_id=recovery_id, step__in=AGAIN, state="done")
    others = {target for one in done.values_list("step", flat=True) for target in CLOCKS_OF_STEP[one]}
    return [target for target in CLOCKS_OF_STEP[step] if target not in others]


def _ended_too_soon(organization_id: int, recovery_id: int, step: str) -> list[str]:
    """Ask again for the word of how it ended, if it was given while the fix did not hold."""
    told = Step.objects.filter(
        organization_id=organization_id, recovery_id=recovery_id, step="communicate", state__in=("done", "skipped")
    )
    if step != "fix" or not told.update(state="todo", done_at=None, done_by_id=None):
        return []
    return ["communicate"]
