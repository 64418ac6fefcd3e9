"""Whoever takes a recovery over signs what its plan wrote; where somebody wrote in it, its page says whose name stands."""

from __future__ import annotations

import html

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.given import email
from tests.support.recoveries import opened

from makegood.messages.models import Message
from makegood.messages.operations import message_save
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.owning import owner_change
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def drafted(org: Org, recovery: Recovery) -> Message:
    """The apology that waits; call inside a unit of work."""
    return Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology", state="draft")


def handed(org: Org, recovery: Recovery, to: int) -> None:
    """They take it over; call inside a unit of work."""
    owner_change(
        organization_id=org.id, recovery_id=recovery.id, to=to, by=to, reason="", now=START, version=recovery.version
    )


@pytest.mark.parametrize("edited", [False, True])
def test_the_new_owner_signs_what_nobody_wrote_in(org: Org, edited: bool) -> None:
    with tenant(organization_id=org.id):
        email(org)
    recovery = opened(org)
    with tenant(organization_id=org.id):
        owner = Recovery.objects.select_related("owner").get(id=recovery.id).owner
        before = drafted(org, recovery)
        assert before.body.rstrip().splitlines()[-2:].count(owner.name) == 1
        if edited:
            message_save(
                organization_id=org.id, message_id=before.id, by=owner.id, now=START, subject=before.subject,
                body=before.body.replace("\n\n", "\n\nMy own words. ", 1),
            )  # fmt: skip
        new = org.manager if owner.id != org.manager else org.admin
        handed(org, recovery, new)
        after = drafted(org, recovery)
        assert (owner.name in after.body.split()) is edited
        assert ("My own words" in after.body) is edited
    page = html.unescape(signed_in(org, new).get(f"/recoveries/R-{recovery.number}").content.decode())
    assert (f"It was written for {owner.name}, and" in page) is edited
    assert (f", for {owner.name}" in page) is edited
