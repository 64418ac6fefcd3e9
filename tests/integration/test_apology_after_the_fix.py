"""An apology says what is so: what waited is written anew once the fix is done, unless a person wrote in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.support.given import email
from tests.support.recoveries import HOUR, Recovery, opened

from makegood.messages.models import Message
from makegood.messages.operations import message_save
from makegood.recoveries.operations import step_done, step_skip, step_undo
from makegood.recoveries.saying import words_begin
from makegood.store.tenancy import tenant

DONE = "has been put right"
COMING = "I am seeing to it"


def drafted(org: Org, recovery: Recovery) -> Message:
    """The apology that waits, of which there is one."""
    return Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology", state="draft")


def recovery_with_draft(org: Org) -> Recovery:
    """One recovery with an apology that waits for a click."""
    with tenant(organization_id=org.id):
        email(org)
    return opened(org)


def test_what_waits_is_written_anew_once_it_is_fixed_and_again_when_that_is_taken_back(org: Org) -> None:
    recovery = recovery_with_draft(org)
    given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee, "step": "fix"}
    with tenant(organization_id=org.id):
        before = drafted(org, recovery)
        assert DONE not in before.body
        step_done(**given, now=START + HOUR)
        after = drafted(org, recovery)
        assert DONE in after.body
        assert after.apology_key == before.apology_key
        step_undo(**given, now=START + 2 * HOUR)
        assert DONE not in drafted(org, recovery).body
        step_done(**given, now=START + 3 * HOUR)
        assert DONE in drafted(org, recovery).body


def test_what_a_person_wrote_stays(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        message_save(
            organization_id=org.id, message_id=drafted(org, recovery).id, by=org.employee, now=START,
            subject="Sorry", body="Dear Ana, my own words.",
        )  # fmt: skip
        step_done(
            organization_id=org.id, recovery_id=recovery.id, by=org.employee, step="fix", now=START + timedelta(hours=1)
        )
        assert drafted(org, recovery).body == "Dear Ana, my own words."


def test_what_is_begun_afterwards_says_so_too(org: Org) -> None:
    recovery = recovery_with_draft(org)
    given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        step_done(**given, step="fix", now=START)
        message_id = words_begin(**given, kind="apology", now=START)
        assert DONE in Message.objects.get(id=message_id).body


@pytest.mark.parametrize("kind", ["update", "outcome", "follow_up"])
def test_every_letter_after_the_fix_says_that_it_is_done_and_nothing_that_staff_wrote(org: Org, kind: str) -> None:
    recovery = recovery_with_draft(org)
    given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        before = Message.objects.get(id=words_begin(**given, kind=kind, now=START)).body
        assert COMING in before
        assert DONE not in before
        step_done(**given, step="fix", note="Rebooked on the 14:05 to IAD", now=START + HOUR)
        after = Message.objects.get(id=words_begin(**given, kind=kind, now=START + HOUR)).body
        assert "what kept you waiting has been put right" in after.lower()
        assert COMING not in after
        assert "14:05" not in after


def test_a_fix_that_was_left_out_is_not_said_to_be_done(org: Org) -> None:
    recovery = recovery_with_draft(org)
    given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        step_skip(**given, step="fix", reason="They want none.", now=START)
        assert DONE not in Message.objects.get(id=words_begin(**given, kind="update", now=START)).body
