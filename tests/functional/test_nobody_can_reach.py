"""A customer without e-mail and phone: nothing is said to be on its way to them; the link is there to hand over."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in
from tests.support.given import email
from tests.support.recoveries import HOUR, Recovery, reply

from makegood.customers.models import Customer
from makegood.messages.links import status_url
from makegood.messages.models import Message, Thread
from makegood.store.tenancy import tenant

NOBODY = "We know no e-mail and no phone number of theirs"


def send_apology(org: Org, client: Client, recovery: Recovery) -> str:
    """Send the drafted apology; return the page after it."""
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
    url = reverse("recovery-say", args=[f"R-{recovery.number}"])
    values = {"draft": draft.id, "text": draft.body, "keep": "as drafted"}
    answer = client.post(url, values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_so_with_the_link_to_hand_over(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        token = Thread.objects.get(id=recovery.thread_id).token
        link = status_url(organization_id=org.id, token=token)
    client = signed_in(org, org.manager)
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert NOBODY in page
    assert link in page
    sent = send_apology(org, client, recovery)
    assert "It stands on their page." in sent
    assert "On its way." not in sent


def test_who_can_be_reached_is_on_the_way(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    assert NOBODY not in client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "On its way." in send_apology(org, client, recovery)


@pytest.mark.parametrize(("language", "told"), [("nl", True), ("nl-BE", True), ("de-AT", False), ("", False)])
def test_a_language_that_is_not_spoken_is_told(org: Org, language: str, told: bool) -> None:
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language=language)
    recovery = recovery_of(org)
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert ("They speak nl; letters and their page begin in English" in page) == told


def test_who_wrote_on_their_page_has_it(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        reply(org, recovery, "Where is it?", at=START + HOUR)
    assert NOBODY not in signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
