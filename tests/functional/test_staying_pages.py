"""The pages of CARES, of the customer's return and of stories: what they show, refuse and take out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import again, step_to

from makegood.core.cares import DEFINITIONS
from makegood.recoveries.models import Recovery, Story
from makegood.recoveries.operations import close
from makegood.recoveries.tasks import follow_ups_due
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def closed(org: Org) -> Recovery:
    recovery = recovery_of(org)
    step_to(org, START + DAY)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + DAY, reason="All is well.")
    return recovery


def test_cares_stands_beside_the_customers_ratings_with_its_definitions(org: Org) -> None:
    recovery = recovery_of(org)
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "How well we did" in page
    assert "not said" in page
    for one in DEFINITIONS.values():
        assert one.title in page
        assert f"grade {one.grade}" in page
        for check in one.checks:
            assert check in page


def test_unknown_is_said_as_unknown(org: Org) -> None:
    """Nobody has looked; then it was looked for and nobody knows; then a colleague writes down what they know."""
    recovery = closed(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    page = client.get(url).content.decode()
    assert "Nobody has looked yet, and nobody has said." in page
    step_to(org, START + 40 * DAY)
    with tenant(organization_id=org.id):
        while follow_ups_due(organization_id=org.id):
            pass
    page = client.get(url).content.decode()
    assert "Looked for once: nobody knows." in page
    assert "It is looked for on" in page
    told = client.post(f"{url}/returned", {"returned": "back"}, follow=True).content.decode()
    assert "A colleague wrote it down." in told
    with tenant(organization_id=org.id):
        assert again(org, recovery).returned == "back"
    assert client.post(f"{url}/returned", {"returned": ""}).status_code == 422


def test_a_story_is_allowed_told_found_and_withdrawn(org: Org) -> None:
    recovery = closed(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    assert "They allow it" in client.get(url).content.decode()
    assert client.post(f"{url}/story", {"consent_how": ""}).status_code == 422
    page = client.post(f"{url}/story", {"consent_how": "phone"}, follow=True).content.decode()
    assert "They allowed it by phone" in page
    assert "A customer was let down" in page
    words = {"story_title": "The lamp", "story": "Ana paid 12.50.\n\nWe drove over."}
    page = client.post(f"{url}/story", words, follow=True).content.decode()
    assert "[name] paid [number]." in page
    found = client.get("/stories?q=drove").content.decode()
    assert "The lamp" in found
    assert "[name] paid [number]." in found
    assert "None here" in client.get("/stories?q=parcel").content.decode()
    assert "Everybody is told." in client.post("/stories/tell", follow=True).content.decode()
    page = client.post(f"{url}/story", {"withdraw": "1"}, follow=True).content.decode()
    assert "It is gone" in page
    assert "drove over" not in page
    assert "The lamp" not in client.get("/stories").content.decode()
    with tenant(organization_id=org.id):
        assert not Story.objects.exists()


def test_without_consent_the_story_is_refused_with_what_was_typed(org: Org) -> None:
    recovery = closed(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    answer = client.post(f"{url}/story", {"story_title": "The lamp", "story": "We drove over."})
    assert answer.status_code == 422
    assert "ask them first" in answer.content.decode()


@pytest.mark.parametrize("path", ["/insights", "/insights?window=all"])
def test_insights_says_of_whom_nobody_knows(org: Org, path: str) -> None:
    page = signed_in(org, org.manager).get(path).content.decode()
    assert "What the record shows" in page
    assert "Are they back?" in page
    assert "nobody knows how many would" in page
    assert "Needs 10 customers looked for; there are 0 so far." in page
