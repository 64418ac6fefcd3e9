"""What a bulk does to one recovery, and how that is undone: through the operations that do it for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from makegood.core.steps import UNDONE
from makegood.core.wording import Case
from makegood.failures.models import Failure
from makegood.failures.operations import failures_cause_set, failures_cause_unset
from makegood.messages.models import Message
from makegood.messages.operations import UnableToSend, UnableToStop, message_save, message_send, message_stop
from makegood.recoveries.many_models import BulkRow
from makegood.recoveries.models import Pause, Recovery, RecoveryFailure, Step
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change
from makegood.recoveries.operations.closing import close, reopen
from makegood.recoveries.operations.grading import severity_change
from makegood.recoveries.operations.owning import Staff, owner_change, owner_return
from makegood.recoveries.operations.pausing import pause_end, pause_start
from makegood.recoveries.operations.sorry import sorry_say
from makegood.recoveries.operations.stepping import step_done, step_undo
from makegood.recoveries.saying import words_begin

SINCE = "It was changed since, so it stays as it is now."


@attrs.frozen(kw_only=True)
class Doing:
    """One bulk at work: what was chosen and typed, by whom, when, and the members, read once for many rows."""

    organization_id: int
    chosen: Mapping[str, Any]
    words: str
    by: int
    now: datetime
    staff: Staff


Made = tuple[dict[str, Any], dict[str, Any]]
"""What a recovery was before, and what it became."""


def _given(doing: Doing, row: BulkRow) -> dict[str, Any]:
    return {
        "organization_id": doing.organization_id,
        "recovery_id": row.recovery_id,
        "by": doing.by,
        "now": doing.now,
    }


def _held(doing: Doing, row: BulkRow) -> Recovery:
    return recovery_for_change(organization_id=doing.organization_id, recovery_id=row.recovery_id)


def _unchanged(same: object) -> None:
    if not same:
        raise UnableToChangeRecovery(SINCE)


def _hand_over(doing: Doing, row: BulkRow) -> Made:
    recovery, to = _held(doing, row), doing.chosen.get("to")
    if recovery.owner_id == to:
        raise UnableToChangeRecovery("It is theirs already.")
    staff = doing.staff if to else None
    owner = owner_change(**_given(doing, row), to=to, reason=doing.words, staff=staff, quietly=True)
    return {"owner": recovery.owner_id, "tier": recovery.owner_tier}, {"owner": owner}


def _hand_back(doing: Doing, row: BulkRow) -> str:
    _unchanged(_held(doing, row).owner_id == row.after["owner"])
    owner_return(**_given(doing, row), to=row.before["owner"], tier=row.before["tier"], staff=doing.staff)
    return ""


def _grade(doing: Doing, row: BulkRow) -> Made:
    was = _held(doing, row).severity
    severity_change(**_given(doing, row), severity=doing.chosen["severity"])
    return {"severity": was}, {"severity": doing.chosen["severity"]}


def _grade_back(doing: Doing, row: BulkRow) -> str:
    _unchanged(_held(doing, row).severity == row.after["severity"])
    severity_change(**_given(doing, row), severity=row.before["severity"])
    return ""


def _pause(doing: Doing, row: BulkRow) -> Made:
    pause_id = pause_start(**_given(doing, row), reason=doing.chosen["reason"], note=doing.words)
    return {}, {"pause": pause_id}


def _open_pause(doing: Doing, row: BulkRow) -> Pause | None:
    return Pause.objects.filter(
        organization_id=doing.organization_id, recovery_id=row.recovery_id, to_at__isnull=True
    ).first()


def _pause_back(doing: Doing, row: BulkRow) -> str:
    _held(doing, row)
    paused = _open_pause(doing, row)
    _unchanged(paused is not None and paused.id == row.after["pause"])
    pause_end(**_given(doing, row))
    return "The time that it was paused does not count."


def _resume(doing: Doing, row: BulkRow) -> Made:
    _held(doing, row)
    paused = _open_pause(doing, row)
    pause_end(**_given(doing, row))
    return {"reason": paused.reason if paused else "other", "pause": paused.id if paused else None}, {}


def _resume_back(doing: Doing, row: BulkRow) -> str:
    _held(doing, row)
    _unchanged(_open_pause(doing, row) is None)
    was = Pause.objects.filter(organization_id=doing.organization_id, id=row.before["pause"]).first()
    pause_start(**_given(doing, row), reason=row.before["reason"], note=was.note if was else "")
    return "The time that it ran in between counts."


def _failures(doing: Doing, row: BulkRow) -> dict[int, int | None]:
    links = RecoveryFailure.objects.filter(organization_id=doing.organization_id, recovery_id=row.recovery_id)
    found = Failure.objects.filter(
        organization_id=doing.organization_id, id__in=list(links.values_list("failure_id", flat=True))
    )
    return dict(found.order_by("id").values_list("id", "cause_id"))


def _cause(doing: Doing, row: BulkRow) -> Made:
    recovery, cause_id = _held(doing, row), doing.chosen["cause"]
    if recovery.review:
        raise UnableToChangeRecovery("It is to be decided first whether they are contacted.")
    was = _failures(doing, row)
    if was and all(one == cause_id for one in was.values()):
        raise UnableToChangeRecovery("It has this cause already.")
    failures_cause_set(
        organization_id=doing.organization_id, failure_ids=list(was), cause_id=cause_id, by=doing.by, now=doing.now
    )
    todo = Step.objects.filter(
        organization_id=doing.organization_id, recovery_id=row.recovery_id, step="improve", state__in=UNDONE
    ).exists()
    if todo:
        step_done(**_given(doing, row), step="improve", note="We watch it.")
    return {"causes": {str(one): cause for one, cause in was.items()}, "marked": todo}, {"cause": cause_id}


def _cause_back(doing: Doing, row: BulkRow) -> str:
    _held(doing, row)
    now = _failures(doing, row)
    was = {int(one): cause for one, cause in row.before["causes"].items()}
    _unchanged(all(now.get(one) == row.after["cause"] for one in was))
    by_cause: dict[int | None, list[int]] = defaultdict(list)
    for failure_id, cause_id in was.items():
        by_cause[cause_id].append(failure_id)
    for cause_id, ids in by_cause.items():
        given: dict[str, Any] = {"organization_id": doing.organization_id, "by": doing.by, "now": doing.now}
        if cause_id is None:
            failures_cause_unset(**given, failure_ids=ids)
        else:
            failures_cause_set(**given, failure_ids=ids, cause_id=cause_id)
    if row.before["marked"]:
        step_undo(**_given(doing, row), step="improve")
    return ""


def _apologise(doing: Doing, row: BulkRow) -> Made:
    _held(doing, row)
    try:
        return {}, {"message": sorry_say(**_given(doing, row))}
    except UnableToSend as error:
        raise _said_why(error) from None


def _said_why(error: UnableToSend) -> UnableToSend:
    """What the wording rules hold says which of them do."""
    held = " ".join(str(one["message"]) for one in error.findings if "message" in one)
    return UnableToSend(f"Held: {held}" if held else str(error), error.findings)


def _update(doing: Doing, row: BulkRow) -> Made:
    recovery = _held(doing, row)
    if recovery.review:
        raise UnableToChangeRecovery("It is to be decided first whether they are contacted.")
    message_id = words_begin(**_given(doing, row), kind="update")
    sent: dict[str, Any] = {
        "organization_id": doing.organization_id,
        "message_id": message_id,
        "by": doing.by,
        "now": doing.now,
    }
    if doing.words:
        draft = Message.objects.get(organization_id=doing.organization_id, id=message_id)
        parts = draft.body.strip().split("\n\n")
        message_save(**sent, subject=draft.subject, body=f"{parts[0]}\n\n{doing.words}\n\n{parts[-1]}\n")
    try:
        message_send(**sent, case=Case(fault=recovery.fault))
    except UnableToSend as error:
        raise _said_why(error) from None
    return {}, {"message": message_id}


def _update_back(doing: Doing, row: BulkRow) -> str:
    try:
        message_stop(organization_id=doing.organization_id, message_id=row.after["message"], by=doing.by, now=doing.now)
    except UnableToStop:
        raise UnableToStop("It was sent: what they have read cannot be put back.") from None
    return "Stopped before it left."


def _close(doing: Doing, row: BulkRow) -> Made:
    close(**_given(doing, row), reason=doing.words)
    return {}, {}


def _close_back(doing: Doing, row: BulkRow) -> str:
    reopen(**_given(doing, row))
    return "Open again, with a clock to answer them; looks after them that had ended stay ended."


DO: Mapping[str, Callable[[Doing, BulkRow], Made]] = {
    "hand_over": _hand_over,
    "severity": _grade,
    "pause": _pause,
    "resume": _resume,
    "cause": _cause,
    "apology": _apologise,
    "update": _update,
    "close": _close,
}
UNDO: Mapping[str, Callable[[Doing, BulkRow], str]] = {
    "hand_over": _hand_back,
    "severity": _grade_back,
    "pause": _pause_back,
    "resume": _resume_back,
    "cause": _cause_back,
    "apology": _update_back,
    "update": _update_back,
    "close": _close_back,
}
