"""A mail that did not arrive: the recovery says why, offers to send it again, and Next names it."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.conftest import Org
from tests.functional.test_nobody_can_reach import send_apology
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.given import email

from makegood.journal.models import Effect
from makegood.messages.apologies import apologies_release
from makegood.messages.models import Message
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


def test_once_it_was_done_another_way_next_goes_on(org: Org) -> None:
    client = signed_in(org, org.manager)
    recovery, message_id = troubled(org, client)
    client.post(f"/recoveries/R-{recovery.number}/steps/apologise/done", {"done_apologise": "By phone."})
    said, happened = parts(client, recovery)
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
