"""A mail that did not arrive, or only in part: the recovery says so, and what can be done."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_nobody_can_reach import send_apology
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.given import email

from makegood.journal.models import Effect
from makegood.listen.mail_in import mail_take
from makegood.messages.apologies import apologies_release
from makegood.messages.links import status_url
from makegood.messages.models import Message, Thread
from makegood.messages.smtp import NOT_SET
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
SAID = "The mail server refused it (550): no such user."


def troubled(org: Org, client: Client, *, state: str = "failed") -> tuple[Recovery, int]:
    """A recovery whose apology was sent, and did not arrive or may not have."""
    with tenant(organization_id=org.id):
        email(org)
    recovery = recovery_of(org)
    send_apology(org, client, recovery)
    with tenant(organization_id=org.id):
        row = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
        Message.objects.filter(id=row.id).update(state=state)
        sent = Effect.objects.filter(organization_id=org.id, subject="message", subject_id=row.id)
        sent.update(state=state, outcome=SAID if state == "failed" else "")
        if state == "failed":
            apologies_release(organization_id=org.id, message_ids=[row.id])
    return recovery, row.id


def parts(client: Client, recovery: Recovery) -> tuple[str, str]:
    """What comes next, and what happened."""
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    return page.split('id="next"')[1].split("</article>")[0], page.split('id="happened"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("state", "title", "why"),
    [("failed", "did not arrive", SAID), ("unknown", "may not have arrived", "The line dropped while it was handed")],
)
def test_the_recovery_says_why_and_sends_it_again(org: Org, state: str, title: str, why: str) -> None:
    client = signed_in(org, org.manager)
    recovery, message_id = troubled(org, client, state=state)
    said, happened = parts(client, recovery)
    assert f"Next: send the apology to Ana again: it {title}" in said
    for part in (said, happened):
        assert why in part
        assert f'action="/mails/{message_id}/again"' in part
    assert "Write another" in said
    answer = client.post(f"/mails/{message_id}/again", {"back": f"R-{recovery.number}"})
    assert answer.headers["Location"] == f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=message_id).state == "queued"
    said, happened = parts(client, recovery)
    assert "wait, the apology to Ana" in said
    assert why not in happened


def test_without_a_mail_server_nobody_is_asked_to_send_again_in_vain(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(org, org.manager)
    _, message_id = troubled(org, client)
    with tenant(organization_id=org.id):
        Effect.objects.filter(subject="message", subject_id=message_id).update(outcome=NOT_SET)
    monkeypatch.setattr(settings, "EMAIL_URL", "")
    page = client.get("/").content.decode()
    assert "No mail server is set yet" in page
    assert f"/mails/{message_id}/again" not in page
    monkeypatch.setattr(settings, "EMAIL_URL", "smtp://mail.example")
    page = client.get("/").content.decode()
    assert "One is now." in page
    assert f"/mails/{message_id}/again" in page


def test_once_it_was_done_another_way_next_goes_on(org: Org) -> None:
    client = signed_in(org, org.manager)
    recovery, message_id = troubled(org, client)
    assert "Mails that need a look" in client.get("/").content.decode()
    client.post(f"/recoveries/R-{recovery.number}/steps/apologise/done", {"done_apologise": "By phone."})
    said, happened = parts(client, recovery)
    assert "Mails that need a look" not in client.get("/").content.decode()
    assert "did not arrive" not in said
    assert SAID in happened
    assert f'action="/mails/{message_id}/again"' in happened


def test_another_letter_takes_its_place(org: Org) -> None:
    client = signed_in(org, org.manager)
    recovery, _ = troubled(org, client)
    client.post(f"/recoveries/R-{recovery.number}/say", {"begin": "apology"})
    said, _ = parts(client, recovery)
    assert "Next: say sorry to Ana" in said
    assert "<textarea" in said


def test_today_leads_back_to_today(org: Org) -> None:
    client = signed_in(org, org.manager)
    _, message_id = troubled(org, client)
    assert client.post(f"/mails/{message_id}/again").headers["Location"] == "/"


def test_of_a_mail_that_was_read_in_part_staff_are_told_and_its_writer_reads_their_own_words(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        token = Thread.objects.get(id=recovery.thread_id).token
        raw = (
            f"From: Ana <ana@example.com>\r\nTo: care+{token}@shop.example\r\nSubject: Photos\r\n"
            "Message-ID: <photos@example.com>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nHere are the photos.\r\n"
        ).encode()
        taken = mail_take(organization_id=org.id, raw=raw, at=START, size=31_500_000)
        assert taken.received.thread_id == recovery.thread_id
        assert Message.objects.get(id=taken.received.message_id).body == "Here are the photos."
        page = Client().get(urlsplit(status_url(organization_id=org.id, token=token)).path).content.decode()
    shown = signed_in(org, org.admin).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "This mail is of 30 MB: only its beginning was read, and all of it lies in the mailbox." in shown
    assert "Here are the photos." in page
    assert "beginning" not in page
    assert "30 MB" not in page
