"""Messages at night, by the channel the customer chose, and one kind of news in one window."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.support.given import email, outgoing, thread

from makegood.customers.models import Customer
from makegood.journal.models import Effect
from makegood.messages.models import Message
from makegood.messages.operations import Queued, UnableToSend, message_received, message_send, messages_queue
from makegood.store.tenancy import tenant

HOUR = timedelta(hours=1)
AUCKLAND_MORNING = START + 10 * HOUR
"""START is 22:00 in Auckland; eight o'clock there is ten hours later."""
SAYS = "Dear Ana,\n\nThe new parcel left today at 11:40 and I will write again by 17:00.\n\nBo\n"


def awake_elsewhere(org: Org, channel: str = "mail") -> int:
    """A conversation with a customer in Auckland who has an e-mail address; call inside a unit of work."""
    Customer.objects.filter(id=org.customer).update(zone="Pacific/Auckland", channel=channel)
    email(org)
    return thread(org)


def queued(org: Org, thread_id: int, **facts: object) -> Queued:
    facts = {"kind": "offer", "body": SAYS, **facts}
    return messages_queue(organization_id=org.id, queued=[outgoing(thread_id, org, **facts)], now=START)[0]


def leaves(said: Queued) -> object:
    return Effect.objects.get(subject="message", subject_id=said.message_id).run_at


def test_a_mail_that_keeps_leaves_in_the_customers_morning(org: Org) -> None:
    with tenant(organization_id=org.id):
        thread_id = awake_elsewhere(org)
        assert leaves(queued(org, thread_id)) == AUCKLAND_MORNING
        assert leaves(queued(org, thread_id, kind="acknowledgement")) == START
        assert leaves(queued(org, thread_id, kind="acknowledgement", due_at=AUCKLAND_MORNING)) == AUCKLAND_MORNING
        just = {"kind": "acknowledgement", "due_at": AUCKLAND_MORNING, "heard_at": START}
        assert leaves(queued(org, thread_id, **just)) == START


def test_a_click_at_their_night_waits_and_says_until_when(org: Org) -> None:
    with tenant(organization_id=org.id):
        draft = queued(org, awake_elsewhere(org), send="person")
        sent = message_send(organization_id=org.id, message_id=draft.message_id or 0, by=org.employee, now=START)
        assert (sent.state, sent.waits_until) == ("queued", AUCKLAND_MORNING)
        assert leaves(sent) == AUCKLAND_MORNING


def test_the_page_wakes_nobody_and_is_the_channel_of_those_who_chose_it(org: Org) -> None:
    with tenant(organization_id=org.id):
        said = queued(org, awake_elsewhere(org, channel="status"))
        row = Message.objects.get(id=said.message_id)
        assert (row.channel, row.address, leaves(said)) == ("status", "", START)


def test_an_update_after_an_explanation_needs_a_reason_unless_they_wrote(org: Org) -> None:
    with tenant(organization_id=org.id):
        thread_id = thread(org)
        queued(org, thread_id, kind="outcome", at=START - HOUR)
        second = queued(org, thread_id, kind="update")
        assert second.state == "draft", "what would go by itself waits for a person"
        sending = {"organization_id": org.id, "message_id": second.message_id or 0, "by": org.employee, "now": START}
        with pytest.raises(UnableToSend) as refused:
            message_send(**sending)
        assert [one["rule"] for one in refused.value.findings] == ["message.one_kind"]
        assert refused.value.findings[0]["evidence"] == "T1"
        message_received(organization_id=org.id, key="w", at=START, body="And now?", token=tokens(thread_id))
        assert message_send(**sending).state == "queued"


def sent(org: Org, thread_id: int, *, kind: str, at: datetime) -> None:
    """A message that was begun an hour before it was sent."""
    said = queued(org, thread_id, kind=kind, at=at - HOUR)
    Message.objects.filter(id=said.message_id).update(state="sent", sent_at=at)


def test_what_answered_their_question_is_no_news(org: Org) -> None:
    with tenant(organization_id=org.id):
        thread_id = thread(org)
        message_received(
            organization_id=org.id, key="q", at=START - 2 * HOUR, body="Where is it?", token=tokens(thread_id)
        )
        sent(org, thread_id, kind="update", at=START - HOUR)
        assert queued(org, thread_id, kind="outcome").state == "queued"


def test_the_window_counts_from_sending(org: Org) -> None:
    """Begun at ten and sent at eleven: it counts from eleven."""
    with tenant(organization_id=org.id):
        thread_id = thread(org)
        sent(org, thread_id, kind="update", at=START)
        assert queued(org, thread_id, kind="outcome", at=START + 12 * HOUR - HOUR / 2).state == "draft"
        assert queued(org, thread_id, kind="outcome", at=START + 12 * HOUR).state == "queued"


def tokens(thread_id: int) -> str:
    """A thread's token."""
    from makegood.messages.models import Thread

    return Thread.objects.get(id=thread_id).token
