"""When a customer hears from us next is one answer: in our letters, on the clock of the next word, and on their page."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.support.given import email
from tests.support.recoveries import HOUR, Recovery, again, clock, failure, open_for, step_to

from makegood.config.working import work_dry
from makegood.messages.models import Message
from makegood.messages.operations import UnableToSend, message_send
from makegood.public.building import next_word
from makegood.recoveries.models import Step
from makegood.recoveries.next_words import next_words
from makegood.recoveries.operations import step_skip
from makegood.recoveries.operations.staff_words import word_give
from makegood.recoveries.queries import clock_why, recovery_case
from makegood.rules.phrases import by_moment
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)


def told(org: Org, recovery: Recovery, kind: str) -> Message:
    """Our letter of this kind; call inside a unit of work."""
    return Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind=kind)


def says(message: Message, at: datetime) -> bool:
    """Whether a letter gives this moment."""
    return by_moment(at, zone="Europe/Amsterdam", language="en") in " ".join(message.body.split())


def page_says(org: Org, recovery: Recovery, now: datetime) -> datetime | None:
    """By when the customer's page promises the next word; call inside a unit of work."""
    case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=now)
    assert case is not None
    return next_word(case, None, now=now)[1]


def apology_sent(org: Org, recovery: Recovery, at: datetime, *, change: str = "") -> None:
    """The drafted apology is sent at `at`, with what it promises changed or not."""
    step_to(org, at)
    with tenant(organization_id=org.id):
        draft = told(org, recovery, "apology")
        said = by_moment(draft.next_by_at or START, zone="Europe/Amsterdam", language="en")
        body = draft.body.replace(said, change) if change else draft.body
        message_send(
            organization_id=org.id, message_id=draft.id, by=org.employee, now=at, body=body, override_reason="A test."
        )
    work_dry(only=[org.id])


def test_the_first_letters_promise_the_earliest_word(org: Org) -> None:
    """The acknowledgement promises the apology's own deadline, the apology the end of the longest silence."""
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        apology_by = Step.objects.get(recovery_id=recovery.id, step="apologise").due_at
        assert apology_by is not None
        assert apology_by < START + DAY
        assert says(told(org, recovery, "acknowledgement"), apology_by)
        assert page_says(org, recovery, START) <= apology_by  # type: ignore[operator]
        assert says(told(org, recovery, "apology"), START + DAY)


def test_what_a_letter_promised_is_when_the_next_word_is_due(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org, "ana@example.com")
        (recovery,) = open_for(org, failure(org))
    apology_sent(org, recovery, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "update").started_at == START + 2 * HOUR
        assert clock(org, recovery, "update").due_at == START + DAY
        assert page_says(org, recovery, START + 2 * HOUR) <= START + DAY  # type: ignore[operator]
        why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="update")
        assert why is not None
        assert why.due_at == START + DAY
        assert "clock.promised" in [one["rule"] for one in why.reasons]


def test_a_promise_that_was_taken_out_of_a_letter_binds_nobody(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org, "ana@example.com")
        (recovery,) = open_for(org, failure(org))
    apology_sent(org, recovery, START + 2 * HOUR, change="the end of the week")
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "update").due_at == START + 2 * HOUR + DAY


def test_what_a_member_promised_to_say_comes_first_where_it_is_sooner(org: Org) -> None:
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        by_at = START + timedelta(minutes=20)
        word_give(
            organization_id=org.id, recovery_id=recovery.id, what="I call you", due_at=by_at, by=org.employee,
            now=START,
        )  # fmt: skip
        assert page_says(org, again(org, recovery), START) == by_at


def test_a_letter_whose_promise_is_over_is_not_sent_as_it_stands(org: Org) -> None:
    """A draft that waited for longer than it promises says so before it leaves; with another time it goes."""
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
    late = START + 2 * DAY
    step_to(org, late)
    with tenant(organization_id=org.id):
        draft = told(org, recovery, "apology")
        assert draft.next_by_at is not None
        assert draft.next_by_at < late
        with pytest.raises(UnableToSend) as refused:
            message_send(organization_id=org.id, message_id=draft.id, by=org.employee, now=late)
        assert "message.past_promise" in {one["rule"] for one in refused.value.findings}
        old = by_moment(draft.next_by_at, zone="Europe/Amsterdam", language="en")
        anew = " ".join(draft.body.split()).replace(old, "Thursday, 12:00")
        with suppress(UnableToSend):
            message_send(organization_id=org.id, message_id=draft.id, by=org.employee, now=late, body=anew)
        assert "message.past_promise" not in {one["rule"] for one in told(org, recovery, "apology").findings}


def test_after_the_last_word_a_letter_promises_no_other_by_the_longest_silence(org: Org) -> None:
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        assert recovery.id in next_words(organization_id=org.id, at={recovery.id: START + HOUR})
        step_skip(
            organization_id=org.id,
            recovery_id=recovery.id,
            step="communicate",
            by=org.employee,
            reason="They were told at the desk.",
            now=START + HOUR,
        )
        assert recovery.id not in next_words(organization_id=org.id, at={recovery.id: START + 2 * HOUR})
