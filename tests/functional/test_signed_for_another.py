"""What a colleague of the owner signs says whose case it is, and the check list of an apology knows our own words."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import opened, say, step_to

from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import step_done
from makegood.rules.phrases import by_moment
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def test_who_signs_for_the_owner_says_that_an_answer_goes_to_the_owner(org: Org) -> None:
    """Daan, for Ines: the answer comes to Ines, and the letter says so."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        for step in ("apologise", "fix", "make_good"):
            step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START)
        recovery = Recovery.objects.select_related("owner").get(id=recovery.id)
    other = org.manager if recovery.owner_id != org.manager else org.admin
    client, url = signed_in(org, other), f"/recoveries/R-{recovery.number}"
    client.post(f"{url}/say", {"begin": "outcome"})
    page = html.unescape(client.get(url).content.decode())
    assert f"write back and it comes straight to {recovery.owner.name}, or" in page
    assert "straight to me" not in page
    with tenant(organization_id=org.id):
        assert "straight to me" not in Message.objects.get(kind="outcome", author_id=other).body


@pytest.mark.parametrize("kind", ["wrong_charge", "outage", "rework", "not_as_described", "interaction", "complaint"])
def test_the_programs_own_draft_lacks_nothing(org: Org, kind: str) -> None:
    """An apology as it was drafted fails no point of the list beside it."""
    with tenant(organization_id=org.id):
        recovery = opened(org, kind=kind, loss="money", price_minor=21_200, currency="EUR")
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "says what happened" in page
    assert "Missing: </span>says" not in page


@pytest.mark.parametrize("left", ["sent", "shadowed"])
def test_the_apology_names_our_own_word_that_never_came(org: Org, left: str) -> None:
    """We wrote that they would hear from us within hours: an apology that passes over that breaks a second promise."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "acknowledgement", at=START + timedelta(minutes=1))
        by = by_moment(START + timedelta(hours=4), zone="UTC", language="en")
        Message.objects.filter(organization_id=org.id, kind="acknowledgement").update(
            state=left, next_by_at=START + timedelta(hours=4), body=f"You will hear from me by {by}."
        )
        Organization.objects.update(zone="UTC")
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    step_to(org, START + timedelta(hours=3))
    assert "You were also to hear from us" not in client.get(url).content.decode()
    step_to(org, START + timedelta(hours=5))
    page = client.get(url).content.decode()
    assert f"You were also to hear from us by {by}, and you did not: that was our mistake, too." in page
    assert "Change this" not in page
    with tenant(organization_id=org.id):
        say(org, recovery, "update", at=START + timedelta(hours=4.5))
    assert "You were also to hear from us" not in client.get(url).content.decode()
