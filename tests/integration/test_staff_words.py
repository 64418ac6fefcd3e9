"""What staff say that they will do: proposed, put on the ledger by a click, kept by the act, and told of when broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, again, journal, makegood, opened, step_to

from makegood.config.working import work_dry
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.messages.models import Message
from makegood.messages.operations import Outgoing, message_draft, message_send
from makegood.promises.models import Promise, StaffWord
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import UnableToChangeRecovery, called
from makegood.recoveries.operations.staff_words import (
    word_acknowledge,
    word_dismiss,
    word_give,
    word_promise,
    word_promise_typed,
    words_in,
)
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

MINUTE = timedelta(minutes=1)
TEXT = "Hello Ana,\n\nI am looking into it. I'll call you within two hours.\n\nEmployee"


@pytest.fixture
def recovery(org: Org) -> Recovery:
    return opened(org, severity=1)


def draft(org: Org, recovery: Recovery, text: str = TEXT) -> int:
    return message_draft(
        organization_id=org.id,
        draft=Outgoing(
            thread_id=recovery.thread_id,
            customer_id=recovery.customer_id,
            kind="update",
            step="respond",
            subject="News",
            body=text,
            send="person",
            key=f"test:{text}",
            at=START,
        ),
        now=START,
    )


def send(org: Org, recovery: Recovery, text: str = TEXT, *, at: datetime = START) -> int:
    message_id = draft(org, recovery, text)
    message_send(organization_id=org.id, message_id=message_id, by=org.employee, now=at, override_reason="a test")
    return message_id


def word(org: Org) -> StaffWord:
    return StaffWord.objects.select_related("promise").get(organization_id=org.id)


def promised(org: Org, recovery: Recovery, what: str = "I call you", *, due: datetime = START + HOUR) -> int:
    """A promise by the employee, in its own unit of work."""
    with tenant(organization_id=org.id):
        return word_give(
            organization_id=org.id, recovery_id=recovery.id, what=what, due_at=due, by=org.employee, now=START
        ).id


def wait(org: Org, at: datetime) -> None:
    """Let time pass, and do all that falls due, what leaves included."""
    step_to(org, at)
    while tick_dry(only={org.id}) + work_dry(only={org.id}):
        pass


def told(org: Org, member_id: int) -> int:
    """How many notices of a broken word a member had."""
    return Message.objects.filter(
        organization_id=org.id, kind="staff", member_id=member_id, body__contains="not kept"
    ).count()


def test_what_was_sent_is_proposed_once_and_promises_nothing_by_itself(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        message_id = send(org, recovery)
        row = word(org)
        assert (row.state, row.what, row.due_at) == ("proposed", "I'll call you", START + 2 * HOUR)
        assert (row.member_id, row.message_id, row.act) == (org.employee, message_id, "call")
        assert not Promise.objects.filter(organization_id=org.id).exists()
        again_sent = Happened(
            at=START, event="messages:message:queued", subject="message", subject_id=message_id,
            data={"thread": recovery.thread_id}, actor_id=org.employee,
        )  # fmt: skip
        record(organization_id=org.id, entries=[again_sent])
        assert StaffWord.objects.filter(organization_id=org.id).count() == 1


def test_what_goes_by_itself_proposes_nothing(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        assert Message.objects.filter(organization_id=org.id, kind="acknowledgement").exists()
        assert not StaffWord.objects.filter(organization_id=org.id).exists()


def test_one_click_puts_it_on_the_ledger_with_the_member_as_promiser(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        send(org, recovery)
        for _ in range(2):
            word_promise(
                organization_id=org.id, recovery_id=recovery.id, word_id=word(org).id, by=org.manager, now=START
            )
        promise = Promise.objects.get(organization_id=org.id)
        assert (promise.kind, promise.recovery_id, promise.member_id) == ("staff_word", recovery.id, org.employee)
        assert (promise.what, promise.due_at, promise.state) == ("I'll call you", START + 2 * HOUR, "open")
        assert [entry.data["word"] for entry in journal(org, recovery, "word_given")] == [word(org).id]


def test_it_can_be_promised_while_it_is_typed_and_is_not_proposed_again_when_sent(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        message_id = draft(org, recovery)
        (found,) = words_in(organization_id=org.id, recovery_id=recovery.id, text=TEXT, now=START)
        for _ in range(2):
            word_promise_typed(
                organization_id=org.id, recovery_id=recovery.id, message_id=message_id, text=TEXT, start=found.start,
                by=org.employee, now=START,
            )  # fmt: skip
        message_send(
            organization_id=org.id, message_id=message_id, by=org.employee, now=START + 5 * MINUTE, override_reason="x"
        )
        assert word(org).state == "promised"
        assert Promise.objects.get(organization_id=org.id).due_at == START + 2 * HOUR


def test_a_sentence_that_has_changed_or_a_time_that_is_past_is_not_promised(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        message_id = send(org, recovery)
        with pytest.raises(UnableToChangeRecovery, match="has changed"):
            word_promise_typed(
                organization_id=org.id, recovery_id=recovery.id, message_id=message_id, text="Soon.", start=0,
                by=org.employee, now=START,
            )  # fmt: skip
        with pytest.raises(UnableToChangeRecovery, match="past"):
            word_promise(
                organization_id=org.id,
                recovery_id=recovery.id,
                word_id=word(org).id,
                by=org.employee,
                now=START + 3 * HOUR,
            )


def test_one_that_is_dismissed_is_gone(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        send(org, recovery)
        word_dismiss(organization_id=org.id, recovery_id=recovery.id, word_id=word(org).id, by=org.employee, now=START)
        assert word(org).state == "dismissed"
    wait(org, START + 3 * HOUR)
    with tenant(organization_id=org.id):
        assert told(org, org.employee) == 0


def _call(org: Org, recovery: Recovery, at: datetime) -> None:
    called(organization_id=org.id, recovery_id=recovery.id, note="We spoke.", by=org.employee, now=at)


def _write(org: Org, recovery: Recovery, at: datetime) -> None:
    message_id = send(org, recovery, "Hello Ana,\n\nThe parcel is in Porto.\n\nEmployee", at=at)
    sent = Happened(
        at=at, event="messages:message:sent", subject="message", subject_id=message_id,
        data={"thread": recovery.thread_id, "kind": "update"}, actor_id=org.employee,
    )  # fmt: skip
    record(organization_id=org.id, entries=[sent])


def _pay(org: Org, recovery: Recovery, at: datetime) -> None:
    failure_id = RecoveryFailure.objects.get(organization_id=org.id, recovery_id=recovery.id).failure_id
    made = makegood(org, recovery, failure_id, at=at, form="money", remedy="money-10")
    paid = Happened(
        at=at, event="makegoods:makegood:delivered", subject="makegood", subject_id=made.id,
        data={"part": "extra", "failure": failure_id, "minor": 900, "currency": "EUR"},
    )  # fmt: skip
    record(organization_id=org.id, entries=[paid])


@pytest.mark.parametrize(
    ("what", "act", "keeps"),
    [
        ("I call you", _call, True),
        ("I will write to you", _call, True),
        ("I will write to you", _write, True),
        ("I call you", _write, False),
        ("I refund the fare", _pay, True),
        ("I refund the fare", _call, False),
        ("I bring you the keys", _write, False),
    ],
)
def test_the_act_that_was_promised_keeps_it(
    org: Org, recovery: Recovery, what: str, act: Callable[[Org, Recovery, datetime], None], keeps: bool
) -> None:
    promised(org, recovery, what)
    with tenant(organization_id=org.id):
        act(org, recovery, START + 30 * MINUTE)
        assert word(org).promise.state == ("kept" if keeps else "open")


def test_the_message_that_gives_it_does_not_keep_it(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        message_id = send(org, recovery, "Hello Ana,\n\nI'll write to you within two hours.\n\nEmployee")
        word_promise(organization_id=org.id, recovery_id=recovery.id, word_id=word(org).id, by=org.employee, now=START)
        sent = Happened(
            at=START + MINUTE, event="messages:message:sent", subject="message", subject_id=message_id,
            data={"thread": recovery.thread_id, "kind": "update"}, actor_id=org.employee,
        )  # fmt: skip
        record(organization_id=org.id, entries=[sent])
        assert word(org).promise.state == "open"


def test_an_overdue_one_raises_severity_and_tier_once_and_is_told_until_somebody_knows(
    org: Org, recovery: Recovery
) -> None:
    promised(org, recovery)
    with tenant(organization_id=org.id):
        before = again(org, recovery)
    wait(org, START + HOUR)
    with tenant(organization_id=org.id):
        assert again(org, recovery).severity == before.severity, "due now is not overdue"
        assert told(org, org.employee) == 0
    for turn in range(1, 12):
        wait(org, START + HOUR + MINUTE + (turn - 1) * 2 * HOUR)
        with tenant(organization_id=org.id):
            row, now = word(org), again(org, recovery)
            assert (now.severity, now.owner_tier) == (before.severity + 1, before.owner_tier + 1)
            assert row.told == turn
            assert told(org, org.employee) == turn
            assert told(org, org.manager) + told(org, org.admin) == turn, "somebody higher up each time"
    with tenant(organization_id=org.id):
        failure = Failure.objects.get(organization_id=org.id, promise__kind="staff_word")
        assert RecoveryFailure.objects.get(failure_id=failure.id).recovery_id == recovery.id
        assert Recovery.objects.filter(organization_id=org.id).count() == 1
        word_acknowledge(
            organization_id=org.id, recovery_id=recovery.id, word_id=word(org).id, by=org.manager, now=START
        )
    wait(org, START + 72 * HOUR)
    with tenant(organization_id=org.id):
        assert (word(org).told, word(org).acknowledged_by_id) == (11, org.manager)
        with pytest.raises(UnableToChangeRecovery, match="nothing to acknowledge"):
            word_acknowledge(
                organization_id=org.id, recovery_id=recovery.id, word_id=word(org).id, by=org.manager, now=START
            )


def test_a_late_call_ends_the_telling_and_unbreaks_nothing(org: Org, recovery: Recovery) -> None:
    promised(org, recovery)
    wait(org, START + HOUR + MINUTE)
    with tenant(organization_id=org.id):
        _call(org, recovery, START + 2 * HOUR)
        assert (word(org).promise.state, word(org).promise.fulfilled_at) == ("broken", START + 2 * HOUR)
    wait(org, START + 30 * HOUR)
    with tenant(organization_id=org.id):
        assert (word(org).told, word(org).next_at) == (1, None)


def test_one_that_was_kept_in_time_is_never_told(org: Org, recovery: Recovery) -> None:
    promised(org, recovery)
    with tenant(organization_id=org.id):
        _call(org, recovery, START + HOUR)
    wait(org, START + 30 * HOUR)
    with tenant(organization_id=org.id):
        assert (word(org).promise.state, word(org).told) == ("kept", 0)
        assert not Failure.objects.filter(organization_id=org.id, promise__kind="staff_word").exists()


def test_many_broken_at_once_are_no_incident(org: Org) -> None:
    for _ in range(15):
        promised(org, opened(org, severity=1))
    wait(org, START + HOUR + MINUTE)
    with tenant(organization_id=org.id):
        assert not Entry.objects.filter(organization_id=org.id, event="failures:incident:proposed").exists()
        joined = RecoveryFailure.objects.filter(organization_id=org.id, failure__promise__kind="staff_word")
        assert joined.count() == 15


def test_the_same_word_given_twice_in_one_moment_is_one(org: Org, recovery: Recovery) -> None:
    assert promised(org, recovery) == promised(org, recovery)
