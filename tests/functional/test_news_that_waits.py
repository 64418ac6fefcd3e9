"""A word that may not leave yet says so before anybody tries to send it: on the recovery, and on Today."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import HOUR, Recovery, reply, say, step_to

from makegood.messages.models import Message
from makegood.recoveries.operations import step_done
from makegood.recoveries.saying import words_begin
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
FROM = "today 23:00"
"""Twelve hours after the update, where they are."""


def ended(org: Org) -> Recovery:
    """A recovery of which its customer heard how it stands an hour ago; only to say how it ended is left."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id).delete()
        given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee, "now": START}
        for step in ("apologise", "fix", "respond", "make_good", "improve"):
            step_done(**given, step=step)
        say(org, recovery, "update", at=START + HOUR)
        Message.objects.filter(organization_id=org.id, state="draft").delete()
    step_to(org, START + 2 * HOUR)
    return recovery


def next_part(org: Org, recovery: Recovery) -> str:
    """The part of the recovery's page that says what comes next."""
    page = signed_in(org, org.employee).get(f"/recoveries/R-{recovery.number}").content.decode()
    return page.split('id="next"')[1].split("</article>")[0]


def begun(org: Org, recovery: Recovery) -> int:
    """Begin how it ended."""
    with tenant(organization_id=org.id):
        return words_begin(
            organization_id=org.id, recovery_id=recovery.id, kind="outcome", by=org.employee, now=START + 2 * HOUR
        )


def test_next_says_from_when_it_may_leave(org: Org) -> None:
    said = next_part(org, ended(org))
    assert f"Next: nothing now; tell Ana how it ended from {FROM}" in said
    assert "If it cannot wait, it asks you why." in said
    assert "Write it now" in said
    assert "Begin a message" not in said


def test_the_letter_asks_for_the_reason_before_it_is_sent(org: Org) -> None:
    recovery = ended(org)
    draft = begun(org, recovery)
    said = next_part(org, recovery)
    assert f"Next: nothing now; tell Ana how it ended from {FROM}" in said
    assert 'name="keep"' in said
    assert f"Wait until {FROM}, or say why it goes now." in said
    client, values = signed_in(org, org.employee), {"draft": draft, "text": "It is mended, and that is how it ended."}
    url = f"/recoveries/R-{recovery.number}/say"
    assert client.post(url, values).status_code == 422
    assert client.post(url, values | {"keep": "They fly tonight."}).status_code == 302


def test_today_does_not_urge_it(org: Org) -> None:
    """Not even where a playbook wants it sooner than it may leave."""
    recovery = ended(org)
    with tenant(organization_id=org.id):
        Recovery.objects.filter(id=recovery.id).update(next_due_at=START + 3 * HOUR)
    page = signed_in(org, org.employee).get("/").content.decode()
    assert f"Tell them how it ended, from {FROM}" in page
    assert "until it may leave" in page
    assert "One customer needs us before" not in page


def test_it_is_urged_again_once_it_may_leave_or_they_wrote(org: Org) -> None:
    recovery = ended(org)
    with tenant(organization_id=org.id):
        reply(org, recovery, "And now?", at=START + 2 * HOUR)
    client = signed_in(org, org.employee)
    assert "until it may leave" not in client.get("/").content.decode()
    assert "nothing now" not in next_part(org, recovery)


def test_after_twelve_hours_it_may_leave(org: Org) -> None:
    recovery = ended(org)
    step_to(org, START + timedelta(hours=13))
    assert "Next: tell Ana how it ended" in next_part(org, recovery)
    page = signed_in(org, org.employee).get("/").content.decode()
    assert "Tell them how it ended" in page
    assert FROM not in page
