"""Moving: a recovery goes on by another version of a playbook, by a person's choice; time used and pauses stay."""

from __future__ import annotations

from datetime import datetime

from makegood.core.steps import UNDONE
from makegood.core.steps import Step as StepName
from makegood.journal.operations import Happened, record
from makegood.organizations.models import PlaybookVersion
from makegood.recoveries.frozen import playbook_frozen, target_minutes
from makegood.recoveries.inputs import Inputs
from makegood.recoveries.models import Recovery, RecoveryClock, Step
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.clocks import clock_start, clocks_drop, clocks_reckon
from makegood.rules.playbooks import OPTIONAL_TARGETS, Playbook

GOING = ("running", "paused")


def playbook_change(
    *, organization_id: int, recovery_id: int, playbook_id: int, by: int, now: datetime, version: int | None = None
) -> None:
    """Move an open recovery to a version of a playbook: what still runs runs by its targets and its calendar.

    A clock keeps its start, its pauses and the time that it used, before it ran again too; from now on the new calendar
    counts. What was met or missed stays so.

    Raises UnableToChangeRecovery if there is no such version here, or it is that one already.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if not PlaybookVersion.objects.filter(organization_id=organization_id, id=playbook_id).exists():
        raise UnableToChangeRecovery("There is no such version of a playbook here: choose one of the list.")
    if recovery.playbook_id == playbook_id:
        raise UnableToChangeRecovery("This recovery goes by that version already.")
    before = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    after = playbook_frozen(organization_id=organization_id, version_id=playbook_id)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:moved",
                subject="recovery",
                subject_id=recovery_id,
                data={
                    "playbook_was": recovery.playbook_id,
                    "playbook": playbook_id,
                    "calendar_was": before.calendar,
                    "calendar": after.calendar,
                },
                actor_id=by,
            )
        ],
    )
    recovery.playbook_id = playbook_id
    Recovery.objects.filter(organization_id=organization_id, id=recovery_id).update(playbook_id=playbook_id)
    _targets(organization_id, recovery, before, after, now)
    _steps(organization_id, recovery, after)
    clocks_reckon(organization_id=organization_id, recovery_id=recovery_id, now=now, by=by)
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)


def _targets(organization_id: int, recovery: Recovery, before: Playbook, after: Playbook, now: datetime) -> None:
    clocks = RecoveryClock.objects.filter(organization_id=organization_id, recovery_id=recovery.id)
    for clock in clocks.filter(state__in=GOING).order_by("target"):
        if clock.target not in after.targets:
            clocks_drop(organization_id=organization_id, recovery_id=recovery.id, targets=[clock.target], at=now)
            continue
        given, _ = target_minutes(playbook=before, target=clock.target, group=recovery.group)
        minutes, _ = target_minutes(playbook=after, target=clock.target, group=recovery.group)
        used_before = given - clock.minutes
        clocks.filter(id=clock.id).update(minutes=max(0, minutes - used_before), calendar=after.calendar)
    for target in OPTIONAL_TARGETS:
        if target in after.targets and target not in before.targets:
            clock_start(organization_id=organization_id, recovery=recovery, target=target, at=now)


def _steps(organization_id: int, recovery: Recovery, after: Playbook) -> None:
    """What is still to be done goes by the new rules; steps bound to a clock move with it when it is reckoned."""
    inputs = Inputs(organization_id, recovery.id, after.calendar)
    todo = Step.objects.filter(organization_id=organization_id, recovery_id=recovery.id, state__in=UNDONE)
    for step in todo:
        rule = after.steps[StepName(step.step)]
        step.send = rule.send
        if not rule.clock:
            step.due_at = inputs.step_due(step.step, recovery.clock_from, rule.minutes)
        step.save(update_fields=["send", "due_at"])
