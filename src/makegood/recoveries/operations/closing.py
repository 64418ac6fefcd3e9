"""Closing, withdrawing and reopening: a recovery ends only as core.steps.may_close allows (invariant 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from makegood.core.lengths import fitting
from makegood.core.steps import CloseDecision, CloseFacts, MakeGoodFact, may_close
from makegood.failures.models import Failure
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.makegoods.doubts import undecided
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import HAD
from makegood.organizations.models import Member
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Rating, Recovery, RecoveryFailure, Return, Step
from makegood.recoveries.operations.changing import recoveries_touch, recovery_for_change, recovery_touch
from makegood.recoveries.operations.clocks import clocks_end
from makegood.recoveries.operations.looking import look_again
from makegood.recoveries.operations.owning import Staff, owners_set, reasons_data
from makegood.recoveries.operations.pausing import pauses_end
from makegood.recoveries.operations.silence import silence_watched
from makegood.recoveries.operations.stepping import respond_again
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.recoveries.plan import plan_stop
from makegood.store.preparing import prepared
from makegood.store.reading import read

SATISFIED_FROM = 6
MANAGES = 2
"""The tier from which a member is a manager."""
OUTCOME = "outcome"
"""The kind of message that tells how it ended."""


class UnableToClose(ValueError):
    """This recovery cannot be closed yet: see what is missing, or let a manager close it with a written reason."""


class UnableToReopen(ValueError):
    """This recovery cannot be reopened: another one is open for the same happening, so go on there."""


class _Open(NamedTuple):
    id: int
    owner_id: int
    playbook_id: int
    thread_id: int
    severity: int
    returned: str


class _Owed(NamedTuple):
    id: int
    cause_id: int | None
    withdrawn_at: datetime | None


class _Given(NamedTuple):
    failure_id: int
    part: str
    state: str
    reminded_at: datetime | None


class _Stepped(NamedTuple):
    recovery_id: int
    step: str
    state: str
    note: str


def close_facts(
    *,
    organization_id: int,
    recovery_ids: Collection[int],
    by: int | None = None,
    manager_reason: str = "",
) -> Mapping[int, CloseFacts]:
    """This function will gather what closing asks about, for many recoveries at once.

    `by` closes: it counts as the owner where it owns the recovery, and as the manager where it is an active one.
    """
    ids = list(recovery_ids)
    here = {"organization_id": organization_id}
    recoveries = {row[0]: _Open(*row) for row in read(Recovery, *_Open._fields, **here, id=ids)}
    links = sorted(read(RecoveryFailure, "failure_id", "recovery_id", **here, recovery_id=ids))
    of_failure: dict[int, int] = dict(links)
    failures = {row[0]: _Owed(*row) for row in read(Failure, *_Owed._fields, **here, id=list(of_failure))}
    owed: dict[int, list[_Owed]] = {one: [] for one in recoveries}
    for failure_id, recovery_id in links:
        owed[recovery_id].append(failures[failure_id])
    given: dict[int, list[_Given]] = {one: [] for one in recoveries}
    for row in read(MakeGood, *_Given._fields, **here, failure_id=list(of_failure)):
        given[of_failure[row[0]]].append(_Given(*row))
    steps: dict[int, dict[str, _Stepped]] = {one: {} for one in recoveries}
    for row in read(Step, *_Stepped._fields, **here, recovery_id=ids, step=("fix", "improve")):
        steps[row[0]][row[1]] = _Stepped(*row)
    doubted = undecided(organization_id=organization_id, failure_ids=of_failure)
    said = _said(organization_id, recoveries.values())
    unhappy = _unhappy(organization_id, ids)
    manages = any(tier >= MANAGES for (tier,) in read(Member, "tier", **here, id=by or 0, active=True))
    return {
        one: CloseFacts(
            fix_done=steps[one]["fix"].state == "done",
            floor_delivered=all(m.state in (*HAD, "withdrawn") for m in given[one] if m.part == "floor"),
            floor_decided=not any(f.id in doubted for f in owed[one] if f.withdrawn_at is None),
            make_goods=tuple(
                MakeGoodFact(state="delivered" if m.state in HAD else m.state, reminders=int(m.reminded_at is not None))  # type: ignore[arg-type]
                for m in given[one]
                if m.part != "floor" and m.state not in ("swapped", "withdrawn")
            ),
            cause_set=bool(owed[one]) and all(f.cause_id is not None for f in owed[one] if f.withdrawn_at is None),
            cause_unknown_reason=steps[one]["improve"].note if steps[one]["improve"].state == "skipped" else "",
            cause_must_be_known=_cause_must_be_known(organization_id, recoveries[one]),
            outcome=None if one in unhappy else recoveries[one].returned or None,  # type: ignore[arg-type]
            all_failures_withdrawn=bool(owed[one]) and all(f.withdrawn_at is not None for f in owed[one]),
            said_or_given=one in said or any(m.state in ("accepted", *HAD) for m in given[one]),
            closed_by_owner=by is not None and recoveries[one].owner_id == by,
            manager_id=by if manages else None,
            manager_reason=manager_reason,
        )
        for one in recoveries
    }


def _cause_must_be_known(organization_id: int, recovery: _Open) -> bool:
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    return 0 < playbook.cause_known_from <= recovery.severity


SAID = """
SELECT m.id, m.thread_id, m.state FROM conversations_message m
WHERE m.organization_id = %s AND m.thread_id = ANY(%s) AND m.direction = 'out'
AND m.state IN ('sent', 'shadowed', 'unknown', 'queued')
AND (m.kind <> 'note' OR (SELECT true FROM recoveries_recovery r
    CROSS JOIN LATERAL (SELECT FROM journal_entry WHERE organization_id = r.organization_id AND subject = 'recovery'
        AND subject_id = r.id AND event = 'recoveries:recovery:called' LIMIT 1) e
    WHERE r.organization_id = m.organization_id AND r.thread_id = m.thread_id LIMIT 1) IS NOT NULL)
"""


def _said(organization_id: int, recoveries: Collection[_Open]) -> set[int]:
    """Those whose customer was told something, also by phone, or may be being told it this moment.

    What colleagues note for each other was not said to anybody.
    """
    by_thread = {row.thread_id: row.id for row in recoveries}
    with prepared() as cursor:
        cursor.execute(SAID, [organization_id, list(by_thread)])
        said = cursor.fetchall()
    told, queued = set(), {}
    for message_id, thread_id, state in said:
        if state == "queued":
            queued[message_id] = thread_id
        else:
            told.add(thread_id)
    leaving = read(
        Effect, "subject_id", "state", organization_id=organization_id, subject="message", subject_id=list(queued)
    )
    told |= {queued[message_id] for message_id, state in leaving if state not in ("pending", "stopped", "failed")}
    return {by_thread[thread_id] for thread_id in told if thread_id is not None}


def _unhappy(organization_id: int, recovery_ids: Sequence[int]) -> set[int]:
    """Those whose last answered score is under 6: they stay open until they are found back after it."""
    columns = ("recovery_id", "answered_at", "score")
    rows = read(Rating, *columns, organization_id=organization_id, recovery_id=recovery_ids)
    last = {one: (at, score) for one, at, score in sorted(row for row in rows if None not in row)}
    under = {one: at for one, (at, score) in last.items() if score < SATISFIED_FROM}
    if not under:
        return set()
    back = Return.objects.filter(organization_id=organization_id, recovery_id__in=list(under), outcome="back")
    return set(under) - {one for one, at in back.values_list("recovery_id", "at") if at > under[one]}


def close_decision(*, organization_id: int, recovery_id: int, by: int | None = None, reason: str = "") -> CloseDecision:
    """This function will say whether a recovery may close now, and what is missing."""
    facts = close_facts(organization_id=organization_id, recovery_ids=[recovery_id], by=by, manager_reason=reason)
    return may_close(facts=facts[recovery_id])


def close(
    *,
    organization_id: int,
    recovery_id: int,
    by: int,
    now: datetime,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Close a recovery: everything is done, its owner closes what evidence withdrew, or a manager writes why.

    Raises UnableToClose, which says what is missing, or UnableToChangeRecovery.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    decision = close_decision(organization_id=organization_id, recovery_id=recovery_id, by=by, reason=reason)
    if not decision.allowed:
        raise UnableToClose(" ".join(one.text for one in decision.reasons))
    rule = decision.reasons[0].rule.removeprefix("close.")
    closed_write(
        organization_id=organization_id,
        closed=[recovery.id],
        state=str(decision.state),
        why=rule,
        at=now,
        by=by,
        note=fitting(reason, most=300) if rule == "by_manager" else "",
    )


def closed_write(
    *,
    organization_id: int,
    closed: Sequence[int],
    state: str,
    why: str,
    at: datetime,
    by: int | None,
    note: str = "",
) -> None:
    """Write that recoveries closed or were withdrawn; what was not sent yet is stopped, and what was paused ends.

    Where all is done, the word of how it ended still leaves. What a manager closes goes on being looked at for the
    customer's return: that needs nobody.
    """
    Recovery.objects.filter(organization_id=organization_id, id__in=list(closed)).update(
        state=state, closed_at=at, close_reason=why, closed_by_id=by, close_note=note, review=False
    )
    clocks_end(organization_id=organization_id, recovery_ids=closed, at=at)
    pauses_end(organization_id=organization_id, recovery_ids=closed, by=by, now=at)
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_followup SET state = 'ended', done_at = %s WHERE organization_id = %s"
            " AND recovery_id = ANY(%s) AND state IN ('planned', 'due')"
            " AND NOT (%s AND action = 'see_return' AND state = 'planned')",
            [at, organization_id, list(closed), why == "by_manager"],
        )
    meant = (OUTCOME,) if why == "complete" else ()
    plan_stop(organization_id=organization_id, recovery_ids=closed, now=at, leaving=meant)
    recoveries_touch(organization_id=organization_id, recovery_ids=closed)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="recoveries:recovery:closed",
                subject="recovery",
                subject_id=recovery_id,
                data={"state": state, "reason": why},
                actor_id=by,
            )
            for recovery_id in closed
        ],
    )


def close_complete(*, organization_id: int, recovery_ids: Collection[int], at: datetime) -> int:
    """Close those of these recoveries that lack nothing any more, by themselves; return how many."""
    facts = close_facts(organization_id=organization_id, recovery_ids=recovery_ids)
    ready = [
        one
        for one, known in sorted(facts.items())
        if (decision := may_close(facts=known)).allowed and decision.reasons[0].rule == "close.complete"
    ]
    if ready:
        closed_write(organization_id=organization_id, closed=ready, state="closed", why="complete", at=at, by=None)
    return len(ready)


def reopen(*, organization_id: int, recovery_id: int, by: int, now: datetime, version: int | None = None) -> None:
    """Open a closed recovery again, with a clock to respond.

    Raises UnableToReopen where another is open for the same happening, or UnableToChangeRecovery.
    """
    recovery = recovery_for_change(
        organization_id=organization_id, recovery_id=recovery_id, version=version, states=("closed",)
    )
    reopened_write(organization_id=organization_id, recovery=recovery, why="by_hand", at=now, by=by)


def reopened_write(*, organization_id: int, recovery: Recovery, why: str, at: datetime, by: int | None) -> None:
    """Write that a recovery is open again, with an answer to give by a clock; an owner who left is replaced.

    Whether the customer comes back is looked for anew. Raises UnableToReopen where another is open for the same
    happening; `reopened_or_open` goes on there.
    """
    try:
        with transaction.atomic():
            _owned_again(organization_id, recovery, at, by)
            Recovery.objects.filter(organization_id=organization_id, id=recovery.id).update(
                state="open", closed_at=None, close_reason="", close_note="", closed_by_id=None, returned=""
            )
    except IntegrityError:
        raise UnableToReopen(UnableToReopen.__doc__) from None
    recovery.state = "open"
    silence_watched(organization_id=organization_id, recovery=recovery, at=at)
    answer_again(organization_id=organization_id, recovery=recovery, why=why, at=at, by=by)


def reopened_or_open(*, organization_id: int, recovery: Recovery, why: str, at: datetime) -> Recovery:
    """This function will open a closed recovery again, or return the one that is open for its happening by now."""
    try:
        reopened_write(organization_id=organization_id, recovery=recovery, why=why, at=at, by=None)
    except UnableToReopen:
        return Recovery.objects.select_for_update().get(
            organization_id=organization_id,
            state="open",
            customer_id=recovery.customer_id,
            happening_key=recovery.happening_key,
        )
    return recovery


def _owned_again(organization_id: int, recovery: Recovery, at: datetime, by: int | None) -> None:
    staff = Staff(organization_id=organization_id)
    if staff.active(recovery.owner_id) is None:
        chosen = staff.choose(
            key=recovery.happening_key,
            tier=recovery.owner_tier,
            place_id=recovery.place_id,
            team_id=recovery.team_id,
            at=at,
            shadow=recovery.shadow,
        )
        owned = [(recovery.id, chosen.id, recovery.owner_tier, reasons_data(chosen.reasons))]
        owners_set(organization_id=organization_id, owned=owned, at=at, by=by, why="reopened")


def answer_again(*, organization_id: int, recovery: Recovery, why: str, at: datetime, by: int | None) -> None:
    """Begin again with an open recovery: a person answers by a clock, and the journal says why and by when.

    Where nothing is planned to look after the customer any more, it is planned anew.
    """
    look_again(organization_id=organization_id, recovery=recovery, at=at)
    due_at = respond_again(organization_id=organization_id, recovery=recovery, at=at)
    recovery_touch(organization_id=organization_id, recovery_id=recovery.id)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="recoveries:recovery:reopened",
                subject="recovery",
                subject_id=recovery.id,
                data={"reason": why, "due_at": due_at.isoformat() if due_at else None},
                actor_id=by,
            )
        ],
    )


def failures_withdrawn(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Withdraw recoveries whose every failure was withdrawn, if nothing was said or given; else tell the owner.

    A handler of `failures:failure:withdrawn`.
    """
    links = RecoveryFailure.objects.filter(
        organization_id=organization_id, failure_id__in=[entry.subject_id for entry in entries]
    )
    at = {entry.subject_id: entry.at for entry in entries}
    latest: dict[int, datetime] = {}
    for link in links:
        latest[link.recovery_id] = max(latest.get(link.recovery_id, at[link.failure_id]), at[link.failure_id])
    rows = list(
        Recovery.objects.select_for_update()
        .filter(organization_id=organization_id, id__in=list(latest), state="open")
        .order_by("id")
    )
    facts = close_facts(organization_id=organization_id, recovery_ids=[row.id for row in rows])
    notes = []
    by_moment: dict[datetime, list[int]] = {}
    for row in rows:
        decision = may_close(facts=facts[row.id])
        if decision.allowed and str(decision.state) == "withdrawn":
            by_moment.setdefault(latest[row.id], []).append(row.id)
        else:
            notes.append(StaffNote(member_id=row.owner_id, recovery_id=row.id, what="withdrawn", at=latest[row.id]))
    for moment, ids in by_moment.items():
        closed_write(
            organization_id=organization_id, closed=ids, state="withdrawn", why="withdrawn", at=moment, by=None
        )
    staff_tell(organization_id=organization_id, notes=notes)
