"""Owners never missing, closing only when complete, replies that change nothing or much: invariants 4, 5 and 9."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from tests.conftest import START, Org
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    fixed,
    journal,
    makegood,
    open_for,
    opened,
    reply,
    say,
    step_to,
    steps,
)

from makegood.core.owners import UnableToFindOwner
from makegood.failures.models import Failure
from makegood.journal.models import Effect
from makegood.journal.operations import Happened
from makegood.makegoods.models import MakeGood
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, member_deactivate
from makegood.recoveries.models import FollowUp, Recovery, RecoveryFailure, Step
from makegood.recoveries.operations import (
    UnableToChangeRecovery,
    UnableToClose,
    UnableToReopen,
    close,
    failures_withdrawn,
    follow_up_done,
    member_left,
    owner_change,
    rating_answer,
    rating_ask,
    reopen,
    step_done,
    step_skip,
)
from makegood.recoveries.queries.lists import failed_scores
from makegood.recoveries.tasks import clocks_due, follow_ups_due
from makegood.store.tenancy import tenant


def left(org: Org, member_id: int) -> Happened:
    return Happened(at=START, event="organizations:member:left", subject="member", subject_id=member_id)


def test_invariant_4_every_open_recovery_has_one_active_owner(org: Org) -> None:
    """The database itself refuses an inactive owner; leaving hands over, or fails when nobody is left."""
    recovery = opened(org)
    with pytest.raises(IntegrityError), tenant(organization_id=org.id), connection.cursor() as cursor:
        cursor.execute("UPDATE organizations_member SET active = false WHERE id = %s", [recovery.owner_id])
    with tenant(organization_id=org.id):
        idle = member_create(organization_id=org.id, name="Idle", role="employee", now=START)
        connection.cursor().execute("UPDATE organizations_member SET active = false WHERE id = %s", [idle])
    with pytest.raises(IntegrityError), tenant(organization_id=org.id):
        Recovery.objects.filter(id=recovery.id).update(owner_id=idle)
    with tenant(organization_id=org.id), pytest.raises(UnableToChangeRecovery):
        owner_change(
            organization_id=org.id, recovery_id=recovery.id, to=idle, by=org.manager, reason="holiday", now=START
        )
    with tenant(organization_id=org.id):
        member_deactivate(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)
        member_left(organization_id=org.id, entries=[left(org, org.employee)])
    with tenant(organization_id=org.id):
        assert again(org, recovery).owner_id == org.manager
        (entry,) = journal(org, recovery, "owned")
        assert (entry.data["owner"], entry.data["why"]) == (org.manager, "left")


def test_invariant_4_the_last_member_cannot_leave_open_recoveries_behind(org: Org) -> None:
    opened(org)
    with tenant(organization_id=org.id), connection.cursor() as cursor:
        member_deactivate(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)
        member_left(organization_id=org.id, entries=[left(org, org.employee)])
        cursor.execute(
            "SELECT count(*) FROM recoveries_recovery r JOIN organizations_member m ON m.id = r.owner_id"
            " WHERE r.organization_id = %s AND r.state = 'open' AND NOT m.active",
            [org.id],
        )
        assert cursor.fetchone() == (0,)
    with pytest.raises(UnableToFindOwner):
        everybody_leaves(org)


def everybody_leaves(org: Org) -> None:
    with tenant(organization_id=org.id):
        Member.objects.filter(organization_id=org.id).update(active=False)
        member_left(organization_id=org.id, entries=[left(org, org.manager)])


MISSING = {"fix": "fix", "floor": "owed", "make_goods": "make-good", "cause": "cause", "follow_up": "follow-up"}


def complete(org: Org, recovery: Recovery, *, but: str = "") -> None:
    """Do all that closing asks for, except one thing."""
    (failure_id,) = RecoveryFailure.objects.filter(recovery_id=recovery.id).values_list("failure_id", flat=True)
    if but != "fix":
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START)
    makegood(
        org, recovery, failure_id, at=START, part="floor", rule="law.1",
        state="accepted" if but == "floor" else "delivered",
    )  # fmt: skip
    makegood(org, recovery, failure_id, at=START, state="offered" if but == "make_goods" else "declined")
    makegood(org, recovery, failure_id, at=START, state="expired", reminded_at=None if but == "make_goods" else START)
    if but != "cause":
        step_skip(
            organization_id=org.id, recovery_id=recovery.id, step="improve", by=org.employee,
            reason="Not known: the carrier does not answer", now=START,
        )  # fmt: skip
    if but != "follow_up":
        Recovery.objects.filter(id=recovery.id).update(returned="unknown")


@pytest.mark.parametrize("lacking", sorted(MISSING))
def test_invariant_5_a_recovery_closes_only_when_nothing_is_missing(org: Org, lacking: str) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        complete(org, recovery, but=lacking)
        with pytest.raises(UnableToClose, match=MISSING[lacking]):
            close(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START)
        with pytest.raises(UnableToClose):
            close(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START, reason="I say so")
        with pytest.raises(UnableToClose):
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="  ")
        assert again(org, recovery).state == "open"
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="The customer moved")
        closed = again(org, recovery)
        assert (closed.state, closed.close_reason, closed.closed_by_id) == ("closed", "by_manager", org.manager)
        assert closed.close_note == "The customer moved"


def test_invariant_5_a_complete_recovery_closes_and_its_clocks_end(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        complete(org, recovery)
        close(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START + HOUR)
        assert again(org, recovery).close_reason == "complete"
        assert clock(org, recovery, "make_good").state == "ended"
        assert not FollowUp.objects.filter(recovery_id=recovery.id, state__in=["planned", "due"]).exists()
    step_to(org, START + 90 * DAY)
    with tenant(organization_id=org.id):
        assert clocks_due(organization_id=org.id) == 0


def told_since(org: Org) -> QuerySet[Effect]:
    """What staff were told of but that a recovery opened as theirs."""
    told = Effect.objects.filter(organization_id=org.id, kind="staff")
    return told.exclude(payload__notes__0__what="opened")


@pytest.mark.parametrize(("said", "given"), list(product([False, True], repeat=2)))
def test_invariant_5_withdrawn_only_if_nothing_was_said_or_given(org: Org, said: bool, given: bool) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        (failure_id,) = RecoveryFailure.objects.filter(recovery_id=recovery.id).values_list("failure_id", flat=True)
        if said:
            say(org, recovery, "acknowledgement", at=START)
        if given:
            makegood(org, recovery, failure_id, at=START, part="floor", rule="law.1")
        Failure.objects.filter(id=failure_id).update(withdrawn_at=START + HOUR)
        entry = Happened(at=START + HOUR, event="failures:failure:withdrawn", subject="failure", subject_id=failure_id)
        failures_withdrawn(organization_id=org.id, entries=[entry])
        told = told_since(org)
        if said or given:
            assert again(org, recovery).state == "open"
            assert told.get().payload["notes"][0]["what"] == "withdrawn"
            with pytest.raises(UnableToClose):
                close(organization_id=org.id, recovery_id=recovery.id, by=org.admin, now=START + HOUR)
            close(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START + HOUR)
            assert again(org, recovery).close_reason == "by_owner"
        else:
            assert again(org, recovery).state == "withdrawn"
            assert not told.exists()
            assert set(Message.objects.filter(organization_id=org.id).values_list("state", flat=True)) == {"stopped"}
            pending = Effect.objects.filter(organization_id=org.id, subject="message", state="pending")
            assert not pending.exists()


def test_one_withdrawn_failure_of_two_withdraws_nothing(org: Org) -> None:
    with tenant(organization_id=org.id):
        first, second = failure(org, happening_key="o"), failure(org, happening_key="o")
        (recovery,) = open_for(org, first, second)
        Failure.objects.filter(id=first).update(withdrawn_at=START)
        entry = Happened(at=START, event="failures:failure:withdrawn", subject="failure", subject_id=first)
        failures_withdrawn(organization_id=org.id, entries=[entry])
        assert again(org, recovery).state == "open"


THANKS = ("Thanks!", "Thank you so much, all good now.", "ok thanks")
TROUBLE = ("It is still broken.", "No, the parcel is still not here!", "Where is my refund?")


@pytest.mark.parametrize("text", THANKS)
@pytest.mark.parametrize("closed", [False, True])
def test_invariant_9_a_thanks_neither_reopens_nor_cancels_a_follow_up(org: Org, text: str, closed: bool) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        if closed:
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="done")
        columns = ("state", "due_at", "outcome", "done_at")
        before = list(FollowUp.objects.filter(recovery_id=recovery.id).order_by("id").values_list(*columns))
        was = again(org, recovery)
        reply(org, recovery, text, at=START + HOUR)
        assert list(FollowUp.objects.filter(recovery_id=recovery.id).order_by("id").values_list(*columns)) == before
        now = again(org, recovery)
        assert (now.state, now.returned, now.version) == (was.state, "", was.version)
        assert not told_since(org).exists()
        assert journal(org, recovery, "replied")[0].data["kind"] == "thanks"


@pytest.mark.parametrize("text", TROUBLE)
@pytest.mark.parametrize("closed", [False, True])
def test_invariant_9_anything_else_reaches_the_owner_with_a_clock(org: Org, text: str, closed: bool) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        if closed:
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="done")
        reply(org, recovery, text, at=START + HOUR)
        assert again(org, recovery).state == "open"
        respond = clock(org, recovery, "respond")
        assert (respond.state, respond.due_at) == ("running", START + 5 * HOUR)
        (effect,) = told_since(org)
        assert effect.subject_id == again(org, recovery).owner_id
        assert effect.payload["notes"][0]["due_at"] == respond.due_at.isoformat()
        reply(org, recovery, text, at=START + 2 * HOUR)
        assert clock(org, recovery, "respond").due_at == START + 5 * HOUR
        say(org, recovery, "update", at=START + 3 * HOUR, by=org.employee)
        assert clock(org, recovery, "respond").state == "met"


def test_invariant_9_silence_is_unknown(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        (failure_id,) = RecoveryFailure.objects.filter(recovery_id=recovery.id).values_list("failure_id", flat=True)
        makegood(org, recovery, failure_id, at=START)
        assert rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START + DAY)
        assert not rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START + 2 * DAY)
    step_to(org, START + 60 * DAY)
    with tenant(organization_id=org.id):
        while follow_ups_due(organization_id=org.id):
            pass
        now = again(org, recovery)
        assert (now.returned, now.state) == ("unknown", "open")


def test_a_reply_goes_on_in_the_recovery_that_is_open_for_the_same_happening(org: Org) -> None:
    with tenant(organization_id=org.id):
        (first,) = open_for(org, failure(org, happening_key="o"))
        close(organization_id=org.id, recovery_id=first.id, by=org.manager, now=START, reason="done")
        _, second = open_for(org, failure(org, happening_key="o", at=START + HOUR), at=START + HOUR)
        reply(org, first, "Still broken!", at=START + 2 * HOUR)
        assert again(org, first).state == "closed"
        assert clock(org, second, "respond").state == "running"
        with pytest.raises(UnableToReopen):
            reopen(organization_id=org.id, recovery_id=first.id, by=org.manager, now=START + 3 * HOUR)


@pytest.mark.parametrize(
    ("score", "closed", "state", "severity", "tier"),
    [(3, True, "open", 3, 2), (1, False, "open", 3, 2), (5, False, "open", 2, 1), (7, True, "closed", 2, 1)],
)
def test_a_score_under_4_reopens_graver_and_one_tier_up(
    org: Org, score: int, closed: bool, state: str, severity: int, tier: int
) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START)
        if closed:
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="done")
        rating_answer(
            organization_id=org.id, recovery_id=recovery.id, score=score, cares={"empathy": 2}, now=START + HOUR
        )
        now = again(org, recovery)
        assert (now.state, now.severity, now.owner_tier) == (state, severity, tier)
        assert journal(org, recovery, "rated")[0].data["score"] == score


@pytest.mark.parametrize("closed", [False, True])
def test_a_score_under_4_asks_for_an_answer_by_a_clock(org: Org, closed: bool) -> None:
    """Open or closed, the case begins again: the step to answer, its clock, and the journal say so; words end it."""
    recovery = opened(org)
    with tenant(organization_id=org.id):
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START)
        say(org, recovery, "apology", at=START + timedelta(minutes=1), by=org.employee)
        for step in ("fix", "respond"):
            step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START)
        if closed:
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="done")
        rating_answer(organization_id=org.id, recovery_id=recovery.id, score=2, now=START + HOUR)
        respond, now = clock(org, recovery, "respond"), again(org, recovery)
        assert (respond.state, respond.due_at) == ("running", START + 5 * HOUR)
        assert steps(org, recovery)["respond"] == "todo"
        assert (now.state, now.next_step, now.next_due_at) == ("open", "respond", respond.due_at)
        (told,) = journal(org, recovery, "reopened")
        assert told.data == {"reason": "score", "due_at": respond.due_at.isoformat()}
        failed = failed_scores(organization_id=org.id, recovery_ids=[recovery.id])
        assert failed == {recovery.id: 2}
        say(org, recovery, "update", at=START + 2 * HOUR, by=org.employee)
        assert failed_scores(organization_id=org.id, recovery_ids=[recovery.id]) == {}
        assert steps(org, recovery)["respond"] == "done"


def test_a_score_under_4_of_a_closed_case_goes_on_in_the_open_one(org: Org) -> None:
    """Where another is open for the same happening, that one answers; the score is kept where it was asked."""
    with tenant(organization_id=org.id):
        (first,) = open_for(org, failure(org, happening_key="o"))
        rating_ask(organization_id=org.id, recovery_id=first.id, now=START)
        close(organization_id=org.id, recovery_id=first.id, by=org.manager, now=START, reason="done")
        _, second = open_for(org, failure(org, happening_key="o", at=START + HOUR), at=START + HOUR)
        rating_answer(organization_id=org.id, recovery_id=first.id, score=1, now=START + 2 * HOUR)
        assert again(org, first).state == "closed"
        assert again(org, second).severity == second.severity + 1
        assert len(journal(org, second, "reopened")) == 1


def test_under_6_it_stays_open_although_all_is_done(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        complete(org, recovery)
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START)
        rating_answer(organization_id=org.id, recovery_id=recovery.id, score=5, now=START + HOUR)
        with pytest.raises(UnableToClose, match="follow-up"):
            close(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START + HOUR)


def test_the_last_follow_up_ends_the_plan_and_closes_what_is_complete(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        complete(org, recovery, but="follow_up")
        due = FollowUp.objects.get(recovery_id=recovery.id, action="see_return")
        follow_up_done(
            organization_id=org.id, recovery_id=recovery.id, follow_up_id=due.id, by=org.employee,
            now=START + DAY, outcome="back",
        )  # fmt: skip
        now = again(org, recovery)
        assert (now.state, now.returned, now.close_reason) == ("closed", "back", "complete")


def test_a_stale_form_is_refused(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START, version=1)
        with pytest.raises(UnableToChangeRecovery, match="meanwhile"):
            step_skip(
                organization_id=org.id, recovery_id=recovery.id, step="stay", by=org.employee, reason="x", now=START,
                version=1,
            )  # fmt: skip
        assert Step.objects.get(recovery_id=recovery.id, step="stay").state == "todo"


def test_nothing_of_another_organization_can_be_changed(org: Org, make_org: object) -> None:
    recovery = opened(org)
    other = make_org()  # type: ignore[operator]
    with tenant(organization_id=other.id), pytest.raises(UnableToChangeRecovery):
        close(organization_id=other.id, recovery_id=recovery.id, by=other.manager, now=START, reason="mine")


def test_a_delivery_marks_the_step_and_dates_the_follow_ups(org: Org) -> None:
    from makegood.recoveries.operations import makegoods_moved

    recovery = opened(org)
    with tenant(organization_id=org.id):
        (failure_id,) = RecoveryFailure.objects.filter(recovery_id=recovery.id).values_list("failure_id", flat=True)
        fixed(org, recovery)
        at = START + 5 * HOUR
        given = makegood(org, recovery, failure_id, at=at)
        waiting = makegood(org, recovery, failure_id, at=at, state="offered", remedy="call")

        def moved(row: MakeGood, how: str) -> Happened:
            event = f"makegoods:makegood:{how}"
            return Happened(at=at, event=event, subject="makegood", subject_id=row.id, data={"failure": failure_id})

        makegoods_moved(organization_id=org.id, entries=[moved(given, "delivered")])
        assert Step.objects.get(recovery_id=recovery.id, step="make_good").state == "todo"
        MakeGood.objects.filter(id=waiting.id).update(state="declined")
        makegoods_moved(organization_id=org.id, entries=[moved(waiting, "declined")])
        assert Step.objects.get(recovery_id=recovery.id, step="make_good").state == "done"
        assert clock(org, recovery, "make_good").state == "met"
        due = dict(FollowUp.objects.filter(recovery_id=recovery.id).values_list("action", "due_at"))
        assert due == {"ask_score": at + DAY, "check_in": at + 7 * DAY, "see_return": at + 30 * DAY}
        assert customer(org) > 0
