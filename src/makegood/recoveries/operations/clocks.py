"""Clocks: met, started, reckoned anew. Every change of a deadline is journalled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.clock_account import Account
from makegood.core.reasons import Reason, because
from makegood.core.steps import UNDONE
from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.recoveries.frozen import playbook_frozen, target_minutes
from makegood.recoveries.inputs import NEVER_STOPS, Inputs
from makegood.recoveries.models import TARGETS, Recovery, RecoveryClock, Step
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.rules.playbooks import Playbook
from makegood.store.bulk import insert, record_set
from makegood.store.preparing import prepared
from makegood.store.reading import NULL, Not, read

HUNDRED = 100

MEET = """
UPDATE recoveries_recoveryclock c SET
    state = CASE WHEN c.state IN ('running', 'paused') THEN
        CASE WHEN c.due_at IS NULL OR u.at <= c.due_at THEN 'met' ELSE 'missed' END ELSE c.state END,
    met_at = u.at, next_at = NULL
FROM {met}
WHERE c.organization_id = %s AND c.recovery_id = u.recovery AND c.target = u.target
    AND c.met_at IS NULL AND c.state <> 'ended'
RETURNING c.recovery_id, c.target, c.due_at, c.state, c.met_at
"""


@attrs.frozen(kw_only=True, slots=True)
class Met:
    """What a clock waited for has happened."""

    recovery_id: int
    target: str
    at: datetime


def clocked(
    *, recovery_id: int, target: str, due_at: datetime | None, state: str, at: datetime, by: int | None = None
) -> Happened:
    """This function will say for the journal where a clock stands now; `due_at` is None while a pause hides it."""
    return Happened(
        at=at,
        event="recoveries:recovery:clocked",
        subject="recovery",
        subject_id=recovery_id,
        data={"target": target, "due_at": due_at.isoformat() if due_at else None, "state": state},
        actor_id=by,
    )


def stepped(*, recovery_id: int, step: str, state: str, at: datetime, by: int | None = None) -> Happened:
    """This function will say for the journal where a step stands now."""
    return Happened(
        at=at,
        event="recoveries:recovery:stepped",
        subject="recovery",
        subject_id=recovery_id,
        data={"step": step, "state": state},
        actor_id=by,
    )


def clocks_meet(*, organization_id: int, met: Sequence[Met]) -> None:
    """Stop clocks whose target was reached; late ones are missed, and are not told again."""
    if not met:
        return
    once = {(one.recovery_id, one.target): one for one in reversed(met)}
    listed = [once[key] for key in sorted(once)]
    rows = [(one.recovery_id, one.target, one.at) for one in listed]
    from_, parameter = record_set("u", {"recovery": "bigint", "target": "text", "at": "timestamptz"}, rows)
    with prepared() as cursor:
        cursor.execute(MEET.format(met=from_), [parameter, organization_id])
        stopped = cursor.fetchall()
    record(
        organization_id=organization_id,
        entries=[
            clocked(recovery_id=recovery_id, target=target, due_at=due_at, state=state, at=at)
            for recovery_id, target, due_at, state, at in stopped
        ],
    )


ANEW = """
ON CONFLICT (organization_id, recovery_id, target) DO UPDATE SET started_at = EXCLUDED.started_at,
minutes = EXCLUDED.minutes, calendar = EXCLUDED.calendar, due_at = EXCLUDED.due_at, warn_at = EXCLUDED.warn_at,
next_at = EXCLUDED.next_at, state = EXCLUDED.state, met_at = NULL, breached_at = NULL, escalations = 0,
promised_at = NULL, acknowledged_by_id = NULL
"""


def clock_start(*, organization_id: int, recovery: Recovery, target: str, at: datetime) -> datetime | None:
    """Start a target's clock for a recovery, or start it again where it was met; return when it is due.

    One that runs already goes on as it is, so that a second reply brings no more time.
    """
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    minutes, warn = target_minutes(playbook=playbook, target=target, group=recovery.group)
    mine = {"organization_id": organization_id, "recovery_id": recovery.id, "target": target}
    for (due_at,) in read(RecoveryClock, "due_at", **mine, met_at=NULL, state=Not("ended")):
        return due_at  # type: ignore[no-any-return]
    inputs = Inputs(organization_id, recovery.id, playbook.calendar)
    due_at = inputs.due(target, at, minutes)
    warn_at = inputs.warn(target, at, minutes, warn, due_at)
    state = "running" if due_at else "paused"
    anew = mine | {
        "started_at": at,
        "minutes": minutes,
        "calendar": playbook.calendar,
        "due_at": due_at,
        "warn_at": warn_at,
        "next_at": warn_at or due_at,
        "state": state,
        "met_at": None,
        "breached_at": None,
        "escalations": 0,
        "promised_at": None,
        "acknowledged_by_id": None,
    }
    insert(RecoveryClock, tuple(anew), [tuple(anew.values())], on_conflict=ANEW)
    record(
        organization_id=organization_id,
        entries=[clocked(recovery_id=recovery.id, target=target, due_at=due_at, state=state, at=at)],
    )
    return due_at


def clocks_again(*, organization_id: int, recovery: Recovery, targets: Sequence[str], at: datetime, by: int) -> None:
    """Let clocks that were met run again, as what they waited for has to be done once more: time used stays used."""
    rows = RecoveryClock.objects.filter(
        organization_id=organization_id, recovery_id=recovery.id, target__in=targets, met_at__isnull=False
    )
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    inputs = Inputs(organization_id, recovery.id, playbook.calendar)
    entries = []
    for clock in rows.order_by("target"):
        assert clock.met_at is not None, "filtered above"
        left = max(0, clock.minutes - inputs.used(clock.target, clock.started_at, clock.met_at))
        _, before = target_minutes(playbook=playbook, target=clock.target, group=recovery.group)
        clock.started_at, clock.minutes, clock.calendar = at, left, playbook.calendar
        clock.due_at = inputs.due(clock.target, at, left)
        clock.warn_at = inputs.warn(clock.target, at, left, before, clock.due_at) if before < left else None
        clock.next_at = clock.warn_at or clock.due_at
        clock.state = "running" if clock.due_at else "paused"
        clock.met_at, clock.breached_at, clock.escalations, clock.acknowledged_by_id = None, None, 0, None
        clock.save()
        entries.append(
            clocked(recovery_id=recovery.id, target=clock.target, due_at=clock.due_at, state=clock.state, at=at, by=by)
        )
        if clock.due_at is not None:
            entries += _carry_deadline(organization_id, recovery, clock.target, clock.due_at, at, by)
    record(organization_id=organization_id, entries=entries)


def clock_explained(*, organization_id: int, recovery: Recovery, clock: RecoveryClock) -> Account:
    """This function will reckon a clock's deadline anew from its inputs, and take it apart to say why it is what it is.

    What came after a clock was met, or ended, counts no more.
    """
    until = clock.met_at
    if clock.state == "ended":
        until = _ended_at(organization_id, recovery.id, clock.target)
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    inputs = Inputs(organization_id, recovery.id, clock.calendar if until else playbook.calendar, until=until)
    found = inputs.account(clock.target, clock.started_at, clock.minutes, clock.promised_at)
    return attrs.evolve(found, reasons=(*_targeted(recovery, clock, playbook), *found.reasons))


def _ended_at(organization_id: int, recovery_id: int, target: str) -> datetime | None:
    return (
        Entry.objects.filter(
            organization_id=organization_id,
            subject="recovery",
            subject_id=recovery_id,
            event="recoveries:recovery:clocked",
            data__target=target,
            data__state="ended",
        )
        .order_by("-id")
        .values_list("at", flat=True)
        .first()
    )


def _targeted(recovery: Recovery, clock: RecoveryClock, playbook: Playbook) -> tuple[Reason, ...]:
    """Why the target allows what it does."""
    reasons = []
    percent = playbook.new_customer_percent
    if recovery.group == "new" and percent < HUNDRED:
        reasons.append(
            because("clock.first_time", f"A new customer waits less: {percent} % of the usual time.", evidence="T1")
        )
    if clock.target == NEVER_STOPS:
        reasons.append(because("clock.answer", "The customer waits for an answer: no pause stops this one."))
    if clock.target == "update":
        reasons.append(
            because("clock.silence", "It starts over with every word that we send the customer.", evidence="4")
        )
    return tuple(reasons)


def clocks_reckon(*, organization_id: int, recovery_id: int, now: datetime, by: int | None = None) -> None:
    """Reckon a recovery's running deadlines anew, after a pause or a change of its calendar."""
    recovery = Recovery.objects.get(organization_id=organization_id, id=recovery_id)
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    clocks = RecoveryClock.objects.filter(
        organization_id=organization_id, recovery_id=recovery_id, state__in=("running", "paused")
    ).order_by("target")
    entries = []
    inputs = Inputs(organization_id, recovery.id, playbook.calendar)
    for clock in clocks:
        due_at = inputs.due(clock.target, clock.started_at, clock.minutes, clock.promised_at)
        _, before = target_minutes(playbook=playbook, target=clock.target, group=recovery.group)
        warn_at = inputs.warn(clock.target, clock.started_at, clock.minutes, before, due_at)
        if (due_at, clock.state) == (clock.due_at, "running"):
            continue
        told = clock.due_at is not None and clock.next_at == clock.due_at
        clock.state = "running" if due_at else "paused"
        clock.due_at, clock.warn_at = due_at, warn_at
        clock.next_at = due_at if told or warn_at is None or warn_at <= now else warn_at
        clock.save(update_fields=["state", "due_at", "warn_at", "next_at"])
        entries.append(
            clocked(recovery_id=recovery_id, target=clock.target, due_at=due_at, state=clock.state, at=now, by=by)
        )
        if due_at is not None:
            entries += _carry_deadline(organization_id, recovery, clock.target, due_at, now, by)
    record(organization_id=organization_id, entries=entries)
    _plain_steps_later(organization_id, recovery, playbook, inputs)


def _plain_steps_later(organization_id: int, recovery: Recovery, playbook: Playbook, inputs: Inputs) -> None:
    """Give the steps that no clock times the time of the pauses too; while one lasts they stand as they are."""
    plain = [step for step, rule in playbook.steps.items() if not rule.clock and step not in playbook.targets]
    due = {step: inputs.step_due(step, recovery.clock_from, playbook.steps[step].minutes) for step in plain}
    rows = Step.objects.filter(
        organization_id=organization_id, recovery_id=recovery.id, step__in=plain, state__in=UNDONE
    )
    for row in rows:
        due_at = due[row.step]
        if due_at is not None and (row.due_at is None or due_at > row.due_at):
            Step.objects.filter(organization_id=organization_id, id=row.id).update(due_at=due_at)
            Recovery.objects.filter(organization_id=organization_id, id=recovery.id, next_step=row.step).update(
                next_due_at=due_at
            )


def _carry_deadline(
    organization_id: int, recovery: Recovery, target: str, due_at: datetime, now: datetime, by: int | None
) -> list[Happened]:
    """Move what is due with a clock: its step, overdue no longer where there is time again, and the recovery itself.

    Returns what the journal is to say of the step.
    """
    steps = Step.objects.filter(organization_id=organization_id, recovery_id=recovery.id, step=target)
    steps.filter(state__in=UNDONE).update(due_at=due_at)
    again = due_at > now and steps.filter(state="overdue").update(state="todo")
    own = Recovery.objects.filter(organization_id=organization_id, id=recovery.id)
    if target == "make_good":
        own.update(due_at=due_at)
    own.filter(next_step=target).update(next_due_at=due_at)
    return [stepped(recovery_id=recovery.id, step=target, state="todo", at=now, by=by)] if again else []


def calendar_changed(*, organization_id: int, calendar: str, now: datetime) -> int:
    """Reckon every running clock of a calendar anew, after a version was published; return how many recoveries."""
    ids = (
        RecoveryClock.objects.filter(
            organization_id=organization_id, calendar=calendar, state__in=("running", "paused"), recovery__state="open"
        )
        .order_by("recovery_id")
        .values_list("recovery_id", flat=True)
        .distinct()
    )
    listed = list(ids)
    for recovery_id in listed:
        clocks_reckon(organization_id=organization_id, recovery_id=recovery_id, now=now)
    return len(listed)


def calendars_hear_published(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Reckon the running clocks of published calendars anew; a handler of `organizations:calendar:published`.

    Raises UnableToChangeRecovery for a version that would change time which a running clock has used.
    """
    for entry in entries:
        calendar, active_from = entry.data["calendar"], datetime.fromisoformat(entry.data["active_from"])
        ran = RecoveryClock.objects.filter(
            organization_id=organization_id,
            calendar=calendar,
            state__in=("running", "paused"),
            recovery__state="open",
            started_at__lt=entry.at,
        )
        if active_from < entry.at and ran.exists():
            raise UnableToChangeRecovery(
                "Clocks run by this calendar, and time used stays used: let the change count from now on."
            )
        calendar_changed(organization_id=organization_id, calendar=calendar, now=entry.at)


def clocks_end(*, organization_id: int, recovery_ids: Sequence[int], at: datetime) -> None:
    """End the clocks of recoveries that close: what still ran is ended, and nothing is told any more."""
    _end(organization_id, recovery_ids, list(TARGETS), at)


def clocks_drop(*, organization_id: int, recovery_id: int, targets: Sequence[str], at: datetime) -> None:
    """End single clocks of a recovery, whose targets hold no more."""
    _end(organization_id, [recovery_id], targets, at)


def _end(organization_id: int, recovery_ids: Sequence[int], targets: Sequence[str], at: datetime) -> None:
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_recoveryclock SET next_at = NULL,"
            " state = CASE WHEN state IN ('running', 'paused') THEN 'ended' ELSE state END"
            " WHERE organization_id = %s AND recovery_id = ANY(%s) AND target = ANY(%s) AND (next_at IS NOT NULL"
            " OR state IN ('running', 'paused')) RETURNING recovery_id, target, due_at, state",
            [organization_id, list(recovery_ids), list(targets)],
        )
        rows = cursor.fetchall()
    record(
        organization_id=organization_id,
        entries=[
            clocked(recovery_id=recovery_id, target=target, due_at=due_at, state=state, at=at)
            for recovery_id, target, due_at, state in rows
            if state == "ended"
        ],
    )
