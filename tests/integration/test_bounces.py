"""A mail that came back: its message has failed, with the reason, where its owner sees it; a late one has not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_nobody_can_reach import send_apology
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.bounces import postfix, postfix_delay, report
from tests.support.given import email, outgoing, thread

from makegood.config.working import work_dry
from makegood.customers.operations import customer_erase
from makegood.failures.models import Signal
from makegood.journal.models import Effect, Entry
from makegood.listen.mail_in import MailTaken, mail_take
from makegood.messages.links import reply_address, status_url
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_retry, messages_queue
from makegood.messages.queries import messages_in_trouble, thread_messages
from makegood.recoveries.queries.case import recovery_case
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
LATER = START + timedelta(minutes=5)
REASON = "It came back: there is no such address (5.1.1)"


def sent(org: Org, *, linked: bool = False) -> Message:
    """A mail of ours that left, with the link of their page in it if `linked`."""
    with tenant(organization_id=org.id):
        if not messages_in_trouble(organization_id=org.id):
            email(org)
        thread_id = thread(org)
        token = Thread.objects.get(id=thread_id).token
        body = f"Follow it here: {status_url(organization_id=org.id, token=token)}" if linked else "It is on its way."
        (said,) = messages_queue(
            organization_id=org.id, queued=[outgoing(thread_id, org, kind="update", body=body)], now=START
        )
        (queued,) = Message.objects.filter(id=said.message_id or 0)
        Message.objects.filter(id=queued.id, state="draft").update(state="queued")
    work_dry(only=[org.id])
    return message(org, queued.id)


def message(org: Org, message_id: int) -> Message:
    with tenant(organization_id=org.id):
        return Message.objects.get(id=message_id)


def take(org: Org, raw: bytes) -> MailTaken:
    with tenant(organization_id=org.id):
        return mail_take(organization_id=org.id, raw=raw, at=LATER)


def test_a_bounce_puts_its_message_in_failed_with_the_reason_once(org: Org) -> None:
    ours = sent(org)
    assert ours.state == "sent"
    for new in (True, False):
        assert take(org, postfix(about=ours.message_id)).new is new
    with tenant(organization_id=org.id):
        (row,) = messages_in_trouble(organization_id=org.id)
        assert (row.id, row.state, row.trouble) == (ours.id, "failed", REASON)
        failed = Entry.objects.filter(event="messages:message:failed", subject_id=ours.id)
        assert [entry.at for entry in failed] == [LATER]
        assert not Signal.objects.exists()


def test_a_delay_changes_nothing(org: Org) -> None:
    ours = sent(org)
    taken = take(org, postfix_delay(about=ours.message_id))
    assert (taken.kind, taken.received.thread_id) == ("bounce", ours.thread_id)
    assert message(org, ours.id).state == "sent"
    assert take(org, postfix(about=ours.message_id, key="<last@isp.test>")).new
    assert message(org, ours.id).state == "failed"


@pytest.mark.parametrize("about", ["<other@shop.test>", "<Thread-token-0.9999999999999999999@us.test>", ""])
def test_a_bounce_of_something_else_is_kept_and_ignored(org: Org, about: str) -> None:
    ours = sent(org)
    taken = take(org, postfix(about=about or "<>"))
    assert (taken.new, taken.received.thread_id) == (True, None)
    assert message(org, ours.id).state == "sent"
    with tenant(organization_id=org.id):
        assert Message.objects.filter(id=taken.received.message_id, address="ana@guest.test").exists()
        assert not Signal.objects.exists()


def test_no_organization_is_reached_by_anothers_bounce(org: Org, make_org: object) -> None:
    ours, other = sent(org), make_org()  # type: ignore[operator]
    assert take(other, postfix(about=ours.message_id)).received.thread_id is None
    assert message(org, ours.id).state == "sent"


def test_without_its_message_id_the_last_mail_to_that_address_counts(org: Org) -> None:
    ours = sent(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(id=ours.id).update(address="Ana@guest.test")
        token = Thread.objects.get(id=ours.thread_id).token
    to = reply_address(address="care@us.test", token=token)
    take(org, report("failed", "5.2.2", about="<rewritten@relay.test>", to=to))
    with tenant(organization_id=org.id):
        (row,) = messages_in_trouble(organization_id=org.id)
        assert (row.id, row.trouble) == (ours.id, "It came back: their mailbox is full (5.2.2)")


def test_a_bounce_that_is_quicker_than_the_worker_counts_all_the_same(org: Org) -> None:
    ours = sent(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(id=ours.id).update(state="queued")
        Effect.objects.filter(subject="message", subject_id=ours.id).update(state="claimed", claimed_until=LATER)
    take(org, postfix(about=ours.message_id))
    assert message(org, ours.id).state == "failed"


def test_what_waits_to_be_sent_again_is_not_failed_by_the_word_about_before(org: Org) -> None:
    ours = sent(org)
    take(org, postfix(about=ours.message_id))
    with tenant(organization_id=org.id):
        message_retry(organization_id=org.id, message_id=ours.id, by=org.employee, now=START)
    take(org, postfix(about=ours.message_id, key="<second@isp.test>"))
    assert message(org, ours.id).state == "queued"
    work_dry(only=[org.id])
    assert message(org, ours.id).state == "sent"


def test_the_link_that_stood_in_it_counts_as_not_had_until_another_mail_brings_it(org: Org) -> None:
    ours = sent(org, linked=True)
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=ours.thread_id).link_how == "mail"
    take(org, postfix(about=ours.message_id))
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=ours.thread_id).link_at is None
        message_retry(organization_id=org.id, message_id=ours.id, by=org.employee, now=START)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=ours.thread_id).link_at is not None


def test_a_link_that_they_opened_stays_had(org: Org) -> None:
    ours = sent(org, linked=True)
    with tenant(organization_id=org.id):
        Thread.objects.filter(id=ours.thread_id).update(link_how="opened")
    take(org, postfix(about=ours.message_id))
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=ours.thread_id).link_how == "opened"


def test_no_page_shows_it_as_the_customers_words_and_erasing_forgets_it(org: Org) -> None:
    ours = sent(org)
    taken, lone = take(org, postfix(about=ours.message_id)), take(org, postfix(about="<x@y>", key="<lone@isp.test>"))
    with tenant(organization_id=org.id):
        thread_id = ours.thread_id or 0
        assert [one.id for one in thread_messages(organization_id=org.id, thread_id=thread_id)] == [ours.id]
        assert thread_messages(organization_id=org.id, thread_id=thread_id, public=True) == []
        email(org, address="ana@guest.test")
        customer_erase(organization_id=org.id, customer_id=org.customer, now=LATER, by=org.admin)
        for one in Message.objects.filter(id__in=[taken.received.message_id, lone.received.message_id]):
            assert (one.body, one.address, one.message_id) == ("", "", "")


def test_our_own_mail_that_is_forwarded_back_is_nobodys_reply(org: Org) -> None:
    ours = sent(org)
    raw = f"From: care@us.test\r\nMessage-ID: {ours.message_id}\r\nSubject: x\r\n\r\nIt is on its way.\r\n"
    taken = take(org, raw.encode())
    with tenant(organization_id=org.id):
        assert not Signal.objects.exists()
        entry = Entry.objects.get(event="messages:message:received", subject_id=taken.received.message_id)
        assert entry.data["mail"] == "auto-reply"


def test_its_owner_sees_it_on_today_and_on_the_recovery(org: Org) -> None:
    client = signed_in(org, org.manager)
    with tenant(organization_id=org.id):
        email(org)
    recovery = recovery_of(org)
    send_apology(org, client, recovery)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        ours = Message.objects.get(thread_id=recovery.thread_id, kind="apology", state="sent")
    take(org, postfix(about=ours.message_id))
    with tenant(organization_id=org.id):
        case = recovery_case(organization_id=org.id, number=recovery.number, now=LATER)
        assert [one.trouble for one in case.messages if one.id == ours.id] == [REASON]
        assert {one.direction for one in case.messages} == {"out"}
    for url in ("/", f"/recoveries/R-{recovery.number}"):
        page = client.get(url).content.decode()
        assert f"{REASON}." in page
        assert f'action="/mails/{ours.id}/again"' in page
