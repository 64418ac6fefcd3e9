"""What other rooms did, heard in the transaction that journals it: messages that left, make-goods that moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from makegood.failures.models import Failure
from makegood.journal.operations import Happened
from makegood.makegoods.models import MakeGood
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.clocks import Met, clocks_meet
from makegood.recoveries.operations.following import Delivered, follow_ups_from
from makegood.recoveries.operations.stepping import Mark, steps_mark
from makegood.recoveries.plan import plan_hold

MEETS = {
    "acknowledgement": ("acknowledge",),
    "apology": ("acknowledge", "respond"),
    "update": ("acknowledge", "respond"),
    "offer": ("acknowledge", "respond"),
    "outcome": ("acknowledge", "respond"),
}
"""Which clocks a message that left meets; any word from us acknowledges, only a person's answer responds."""
MARKS = {"apology": "apologise", "update": "respond", "outcome": "communicate"}


def messages_sent(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Meet the clocks and mark the steps that messages which left stand for; a handler of `messages:message:sent`."""
    heard = [entry for entry in entries if entry.data.get("kind") in MEETS and entry.data.get("thread")]
    if not heard:
        return
    of_thread: dict[int, int] = dict(
        Recovery.objects.filter(
            organization_id=organization_id, state="open", thread_id__in={entry.data["thread"] for entry in heard}
        ).values_list("thread_id", "id")
    )
    known = [(of_thread[entry.data["thread"]], entry) for entry in heard if entry.data["thread"] in of_thread]
    clocks_meet(
        organization_id=organization_id,
        met=[
            Met(recovery_id=recovery_id, target=target, at=entry.at)
            for recovery_id, entry in known
            for target in MEETS[entry.data["kind"]]
        ],
    )
    steps_mark(
        organization_id=organization_id,
        marks=[
            Mark(recovery_id=recovery_id, step=MARKS[entry.data["kind"]], at=entry.at, by=entry.actor_id)
            for recovery_id, entry in known
            if entry.data["kind"] in MARKS
        ],
    )


def makegoods_moved(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Bring steps and follow-ups up to date with make-goods delivered, declined or expired.

    A handler of `makegoods:makegood:delivered`, `:declined` and `:expired`. A delivered fix is the fix done; the step
    make good is done once something was delivered and nothing that stands is still open.
    """
    makegoods = MakeGood.objects.in_bulk([entry.subject_id for entry in entries])
    of_failure: dict[int, int] = dict(
        RecoveryFailure.objects.filter(
            organization_id=organization_id,
            failure_id__in={one.failure_id for one in makegoods.values()},
            recovery__state="open",
        ).values_list("failure_id", "recovery_id")
    )
    at: dict[int, datetime] = {}
    marks, delivered = [], []
    for entry in entries:
        makegood = makegoods[entry.subject_id]
        recovery_id = of_failure.get(makegood.failure_id)
        if recovery_id is None:
            continue
        at[recovery_id] = max(at.get(recovery_id, entry.at), entry.at)
        if entry.event.endswith(":delivered"):
            delivered.append(Delivered(recovery_id=recovery_id, at=entry.at))
            if makegood.part == "fix":
                marks.append(Mark(recovery_id=recovery_id, step="fix", at=entry.at, by=entry.actor_id))
    made_good = _made_good(organization_id, sorted(at))
    marks += [Mark(recovery_id=one, step="make_good", at=at[one]) for one in made_good]
    steps_mark(organization_id=organization_id, marks=marks)
    follow_ups_from(organization_id=organization_id, delivered=delivered)


def _made_good(organization_id: int, recovery_ids: Sequence[int]) -> list[int]:
    """Those with something delivered and nothing open any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rf.recovery_id FROM recoveries_recoveryfailure rf JOIN makegoods_makegood m"
            " ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id"
            " WHERE rf.organization_id = %s AND rf.recovery_id = ANY(%s) AND m.state <> 'swapped'"
            " GROUP BY rf.recovery_id HAVING bool_or(m.state = 'delivered') AND bool_and(m.state IN"
            " ('delivered', 'declined') OR (m.state = 'expired' AND m.reminded_at IS NOT NULL))",
            [organization_id, list(recovery_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def failures_held(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Hold what recoveries of a proposed incident have not sent yet; a handler of `failures:failure:held`."""
    by_incident: dict[int, list[int]] = {}
    for entry in entries:
        by_incident.setdefault(entry.data["incident"], []).append(entry.subject_id)
    for incident_id, failure_ids in by_incident.items():
        recovery_ids = RecoveryFailure.objects.filter(
            organization_id=organization_id, failure_id__in=failure_ids
        ).values_list("recovery_id", flat=True)
        plan_hold(organization_id=organization_id, recovery_ids=list(recovery_ids), incident_id=incident_id)
        Recovery.objects.filter(
            organization_id=organization_id, id__in=list(recovery_ids), incident_id__isnull=True
        ).update(incident_id=incident_id)


def failures_caused(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Note since when the cause of every failure of a recovery is known; a handler of `failures:failure:caused`."""
    at = max(entry.at for entry in entries)
    touched = RecoveryFailure.objects.filter(
        organization_id=organization_id, failure_id__in=[entry.subject_id for entry in entries]
    ).values_list("recovery_id", flat=True)
    unknown = Failure.objects.filter(organization_id=organization_id, cause__isnull=True, withdrawn_at__isnull=True)
    open_links = RecoveryFailure.objects.filter(
        organization_id=organization_id, recovery_id__in=list(touched), failure__in=unknown
    ).values_list("recovery_id", flat=True)
    known = set(touched) - set(open_links)
    Recovery.objects.filter(organization_id=organization_id, id__in=known, cause_known_at=None).update(
        cause_known_at=at
    )
