"""What members need to be told of no more: the clock was met, somebody knows, it is another's now, or it is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from makegood.failures.models import Failure, Incident
from makegood.makegoods.models import MakeGood
from makegood.promises.models import StaffWord
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.models import Recovery, RecoveryClock, RecoveryFailure

AFTER_ALL = frozenset({"withdrawn"})
"""What is told of a recovery that is over."""


def notes_settled(*, organization_id: int, notes: Mapping[int, tuple[int, datetime, Mapping[str, Any]]]) -> set[int]:
    """This function will say about which of these notes there is nothing left to do, for the member whom each tells.

    Of a shadow their notices are all: nothing of it leaves.
    """
    mine = {one: told for one, told in notes.items() if "recovery" in told[2]}
    about = {told[2]["recovery"] for told in mine.values()}
    recoveries = {row.id: row for row in Recovery.objects.filter(organization_id=organization_id, id__in=about)}
    facts = _Facts(organization_id, about)
    return {
        one
        for one, (member_id, at, note) in mine.items()
        if note["recovery"] not in recoveries
        or recoveries[note["recovery"]].shadow
        or _settled(recoveries[note["recovery"]], facts, member_id, at, note)
    }


def incidents_holding(*, organization_id: int, incident_ids: Collection[int]) -> set[int]:
    """This function will say which incidents wait for a yes or no and hold anybody whom a word could reach."""
    held = Failure.objects.filter(
        organization_id=organization_id, incident_id=OuterRef("id"), withdrawn_at__isnull=True, shadow=False
    )
    waiting = Incident.objects.filter(organization_id=organization_id, id__in=incident_ids, state="proposed")
    return set(waiting.filter(Exists(held)).values_list("id", flat=True))


def questions_settled(
    *, organization_id: int, notes: Mapping[int, tuple[int, datetime, Mapping[str, Any]]]
) -> set[int]:
    """This function will say which of these notes ask about an incident that needs no answer any more.

    Of one that only shadows belong to, the notices are all: nothing of it leaves.
    """
    asked = {one: note["incident_id"] for one, (_, _, note) in notes.items() if "incident_id" in note}
    if not asked:
        return set()
    waiting = incidents_holding(organization_id=organization_id, incident_ids=set(asked.values()))
    return {one for one, incident_id in asked.items() if incident_id not in waiting}


class _Facts:
    """What became of some recoveries, each read once and only if it is asked for."""

    def __init__(self, organization_id: int, about: set[int]) -> None:
        self._here, self._about = organization_id, about
        rows = RecoveryClock.objects.filter(organization_id=organization_id, recovery_id__in=about)
        self.clocks = {(row.recovery_id, row.target): row for row in rows}

    def offered(self, recovery_id: int, since: datetime) -> bool:
        failures = RecoveryFailure.objects.filter(organization_id=self._here, recovery_id=recovery_id)
        return MakeGood.objects.filter(
            organization_id=self._here,
            failure_id__in=failures.values("failure_id"),
            part="extra",
            offered_at__gte=since,
        ).exists()

    def answered(self, approval_id: int) -> bool:
        waits = Approval.objects.filter(organization_id=self._here, id=approval_id, state="waiting")
        return not waits.exists()

    def word_waits(self, recovery_id: int) -> bool:
        return StaffWord.objects.filter(
            organization_id=self._here, recovery_id=recovery_id, told__gt=0, next_at__isnull=False
        ).exists()


def _settled(recovery: Recovery, facts: _Facts, member_id: int, at: datetime, note: Mapping[str, Any]) -> bool:
    what, _, target = note["what"].partition(".")
    if recovery.state != "open":
        return what not in AFTER_ALL
    if what in ("opened", "owned"):
        return recovery.owner_id != member_id
    if what in ("warning", "breach", "repeat"):
        anothers = recovery.owner_id != member_id and not note.get("above", True)
        clock = facts.clocks.get((recovery.id, target))
        return anothers or clock is None or not _still(clock, what, note)
    if what == "ask":
        approval_id = note.get("approval")
        return facts.offered(recovery.id, at) if approval_id is None else facts.answered(approval_id)
    if what in ("reply", "complaint"):
        answered = facts.clocks.get((recovery.id, "respond"))
        return answered is not None and answered.met_at is not None and answered.met_at >= at
    return what in ("word_broken", "word_waiting") and not facts.word_waits(recovery.id)


def _still(clock: RecoveryClock, what: str, note: Mapping[str, Any]) -> bool:
    """Whether a clock stands as a note told of it: running out at that moment, or late and nobody knows."""
    if what == "warning":
        due_at = clock.due_at.isoformat() if clock.due_at else None
        return clock.state == "running" and due_at == note["due_at"]
    return clock.state == "missed" and clock.met_at is None and clock.acknowledged_by_id is None
