"""What other rooms did, heard in the transaction that journals it: messages that left, make-goods that moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from makegood.failures.models import Incident
from makegood.journal.operations import Happened, record
from makegood.makegoods.doubts import undecided
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import HAD
from makegood.messages.models import Message
from makegood.messages.settling import LEFT
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.next_words import words_promised
from makegood.recoveries.operations.clocks import Met, clocks_meet
from makegood.recoveries.operations.closing import close_complete
from makegood.recoveries.operations.making_good import Moved, brought_up_to_date
from makegood.recoveries.operations.silence import silence_broken
from makegood.recoveries.operations.stepping import Mark, steps_mark
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.preparing import prepared
from makegood.store.reading import GIVEN, Not, read

MEETS = {
    "acknowledgement": ("acknowledge",),
    "apology": ("acknowledge", "respond"),
    "update": ("acknowledge", "respond"),
    "offer": ("acknowledge", "respond", "remedy"),
    "outcome": ("acknowledge", "respond"),
}
"""Which clocks a message that left meets; any word from us acknowledges, only a person's answer responds."""
MARKS = {"apology": ("apologise",), "update": ("respond",), "outcome": ("respond", "communicate")}
"""Which steps a message that left does: who is told how it ended is answered, and needs no update besides (rule 11)."""


def messages_sent(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Meet the clocks and mark the steps that messages stand for; a handler of `messages:message:sent` and `shadowed`.

    What only stands on the page of a customer who does not have its link waits until they do.
    """
    heard = [
        entry
        for entry in entries
        if entry.data.get("kind") in MEETS and entry.data.get("thread") and not entry.data.get("waits")
    ]
    if not heard:
        return
    threads = {entry.data["thread"] for entry in heard}
    of_thread: dict[int, int] = dict(
        read(Recovery, "thread_id", "id", organization_id=organization_id, state="open", thread_id=threads)
    )
    _heard(
        organization_id,
        [
            (of_thread[entry.data["thread"]], entry.data["kind"], entry.at, entry.actor_id)
            for entry in heard
            if entry.data["thread"] in of_thread
        ],
        {of_thread[entry.data["thread"]]: entry.subject_id for entry in heard if entry.data["thread"] in of_thread},
    )


OPEN_OF = """
SELECT l.failure_id, r.id, r.opened_at FROM recoveries_recoveryfailure l
JOIN recoveries_recovery r ON r.organization_id = l.organization_id AND r.id = l.recovery_id AND r.state = 'open'
WHERE l.organization_id = %s AND l.failure_id = ANY(%s)
"""
CAUSES_KNOWN = """
UPDATE recoveries_recovery r SET cause_known_at = %s WHERE r.organization_id = %s AND r.id = ANY(%s)
AND r.cause_known_at IS NULL AND (SELECT true FROM recoveries_recoveryfailure l
    CROSS JOIN LATERAL (SELECT cause_id, withdrawn_at FROM failures_failure
        WHERE organization_id = l.organization_id AND id = l.failure_id LIMIT 1) f
    WHERE l.organization_id = r.organization_id AND l.recovery_id = r.id
    AND f.cause_id IS NULL AND f.withdrawn_at IS NULL LIMIT 1) IS NULL
"""
"""Each is looked up by its key: an EXISTS may be answered by reading all failures whose cause is not known yet."""


def links_had(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let what stands on pages count from when customers have the links; a handler of `messages:thread:linked`."""
    at = {entry.subject_id: entry for entry in entries}
    rows = read(Recovery, "id", "thread_id", "state", organization_id=organization_id, thread_id=list(at))
    said: dict[int, list[str]] = {}
    last: dict[int, int] = {}
    columns = ("created_at", "id", "thread_id", "kind")
    shown = {"direction": "out", "channel": "status", "state": LEFT}
    for _, message_id, thread_id, kind in sorted(
        read(Message, *columns, organization_id=organization_id, thread_id=list(at), **shown)
    ):
        said.setdefault(thread_id, []).append(kind)
        last[thread_id] = message_id
    recoveries = sorted(rows)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at[thread_id].at,
                event="recoveries:recovery:linked",
                subject="recovery",
                subject_id=recovery_id,
                actor_id=at[thread_id].actor_id,
                data={"how": at[thread_id].data["how"], "said": said.get(thread_id, [])},
            )
            for recovery_id, thread_id, _ in recoveries
            if said.get(thread_id) or at[thread_id].actor_id
        ],
    )
    _heard(
        organization_id,
        [
            (recovery_id, kind, at[thread_id].at, None)
            for recovery_id, thread_id, state in recoveries
            if state == "open"
            for kind in said.get(thread_id, ())
            if kind in MEETS
        ],
        {recovery_id: last[thread_id] for recovery_id, thread_id, _ in recoveries if thread_id in last},
    )


def _heard(
    organization_id: int, words: Sequence[tuple[int, str, datetime, int | None]], last: Mapping[int, int]
) -> None:
    """These words of ours (recovery, kind, moment, by whom) have reached their customers; `last` messages."""
    if not words:
        return
    clocks_meet(
        organization_id=organization_id,
        met=[
            Met(recovery_id=recovery_id, target=target, at=at)
            for recovery_id, kind, at, _ in words
            for target in MEETS[kind]
        ],
    )
    promised = words_promised(organization_id=organization_id, message_ids=list(last.values()))
    silence_broken(
        organization_id=organization_id,
        words={recovery_id: at for recovery_id, _, at, _ in words},
        promised={
            recovery_id: promised[message_id] for recovery_id, message_id in last.items() if message_id in promised
        },
    )
    steps_mark(
        organization_id=organization_id,
        marks=[
            Mark(recovery_id=recovery_id, step=step, at=at, by=by)
            for recovery_id, kind, at, by in words
            for step in MARKS.get(kind, ())
        ],
    )


def makegoods_moved(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Bring steps and follow-ups up to date with make-goods delivered, declined or expired.

    A handler of `makegoods:makegood:delivered`, `:shadowed`, `:declined` and `:expired`.
    """
    ids = [entry.subject_id for entry in entries]
    makegoods = {
        makegood_id: (failure_id, part)
        for makegood_id, failure_id, part in read(
            MakeGood, "id", "failure_id", "part", organization_id=organization_id, id=ids
        )
    }
    of_failure = _open_of(organization_id, {failure_id for failure_id, _ in makegoods.values()})
    moved = []
    for entry in entries:
        failure_id, part = makegoods[entry.subject_id]
        if failure_id in of_failure:
            recovery_id, opened_at = of_failure[failure_id]
            moved.append(
                Moved(
                    recovery_id=recovery_id,
                    part=part,
                    delivered=entry.event.endswith((":delivered", ":shadowed")),
                    at=max(entry.at, opened_at),
                    by=entry.actor_id,
                )
            )
    brought_up_to_date(organization_id, moved)


def makegoods_found(*, organization_id: int, failure_ids: Sequence[int]) -> None:
    """Bring recoveries up to date with what these failures' customers had got before they were taken."""
    columns = ("settled_at", "id", "failure_id", "part", "state")
    ended = {"settled_at": GIVEN, "state": Not("swapped")}
    settled = sorted(read(MakeGood, *columns, organization_id=organization_id, failure_id=list(failure_ids), **ended))
    if not settled:
        return
    of_failure = _open_of(organization_id, {row[2] for row in settled})
    brought_up_to_date(
        organization_id,
        [
            Moved(
                recovery_id=of_failure[failure_id][0],
                part=part,
                delivered=state in HAD,
                at=max(settled_at, of_failure[failure_id][1]),
            )
            for settled_at, _, failure_id, part, state in settled
            if failure_id in of_failure
        ],
    )


def _open_of(organization_id: int, failure_ids: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """The open recovery of each of these failures that has one, and since when it is open."""
    with prepared() as cursor:
        cursor.execute(OPEN_OF, [organization_id, list(failure_ids)])
        return {failure_id: (recovery_id, opened_at) for failure_id, recovery_id, opened_at in cursor.fetchall()}


def floors_doubted(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Tell owners that what is owed is not decided; once it is, go on; a handler of `makegoods:floor:undecided` and
    `decided`.
    """
    links = RecoveryFailure.objects.filter(
        organization_id=organization_id, failure_id__in=[one.subject_id for one in entries], recovery__state="open"
    ).values_list("failure_id", "recovery_id", "recovery__owner_id")
    of_failure = {failure_id: (recovery_id, owner_id) for failure_id, recovery_id, owner_id in links}
    known = [(*of_failure[one.subject_id], one) for one in entries if one.subject_id in of_failure]
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(member_id=owner_id, recovery_id=recovery_id, what="floor", at=one.at)
            for recovery_id, owner_id, one in known
            if one.event.endswith(":undecided")
        ],
    )
    decided = [(recovery_id, one) for recovery_id, _, one in known if one.event.endswith(":decided")]
    brought_up_to_date(
        organization_id,
        [
            Moved(recovery_id=recovery_id, part="floor", delivered=False, at=one.at, by=one.actor_id)
            for recovery_id, one in decided
        ],
    )
    for recovery_id, one in decided:
        close_complete(organization_id=organization_id, recovery_ids=[recovery_id], at=one.at)


def doubts_found(*, organization_id: int, failure_ids: Sequence[int]) -> None:
    """Tell owners of what was not decided for failures before they were taken."""
    doubted = undecided(organization_id=organization_id, failure_ids=failure_ids)
    if not doubted:
        return
    links = RecoveryFailure.objects.filter(
        organization_id=organization_id, failure_id__in=doubted, recovery__state="open"
    ).values_list("recovery_id", "recovery__owner_id", "recovery__opened_at")
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(member_id=owner_id, recovery_id=recovery_id, what="floor", at=opened_at)
            for recovery_id, owner_id, opened_at in links
        ],
    )


def incidents_dropped(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Take recoveries out of incidents that were none; a handler of `failures:incident:dismissed` and `closed`.

    One that closes before anybody said yes to it has lost all its failures to later evidence.
    """
    none = Incident.objects.filter(
        Q(state="dismissed") | Q(state="closed", decided_at__isnull=True),
        organization_id=organization_id,
        id__in=[entry.subject_id for entry in entries],
    )
    Recovery.objects.filter(organization_id=organization_id, incident__in=none).update(incident_id=None)


def failures_held(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Note the incident that recoveries turn out to belong to; a handler of `failures:failure:held`."""
    by_incident: dict[int, list[int]] = {}
    for entry in entries:
        by_incident.setdefault(entry.data["incident"], []).append(entry.subject_id)
    for incident_id, failure_ids in by_incident.items():
        recovery_ids = RecoveryFailure.objects.filter(
            organization_id=organization_id, failure_id__in=failure_ids
        ).values_list("recovery_id", flat=True)
        Recovery.objects.filter(
            organization_id=organization_id, id__in=list(recovery_ids), incident_id__isnull=True
        ).update(incident_id=incident_id)


def failures_caused(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Note since when the cause of every failure of a recovery is known; a handler of `failures:failure:caused`."""
    at = max(entry.at for entry in entries)
    taken_back = [entry.subject_id for entry in entries if entry.data["cause"] is None]
    if taken_back:
        links = RecoveryFailure.objects.filter(organization_id=organization_id, failure_id__in=taken_back)
        Recovery.objects.filter(
            organization_id=organization_id, id__in=list(links.values_list("recovery_id", flat=True))
        ).update(cause_known_at=None)
    ids = [entry.subject_id for entry in entries]
    touched = {one for (one,) in read(RecoveryFailure, "recovery_id", organization_id=organization_id, failure_id=ids)}
    if touched:
        with prepared() as cursor:
            cursor.execute(CAUSES_KNOWN, [at, organization_id, sorted(touched)])
