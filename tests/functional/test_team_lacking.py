"""A playbook that names a team which is not here says so wherever it is chosen, compared or published."""

from __future__ import annotations

from html import unescape

from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in

from makegood.organizations.operations import team_create
from makegood.rules.playbooks import text_of
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

SAID = "It names a team, “Customer care”, that you do not have: make it under Settings, Places"
RETAIL = text_of("retail").replace("minor: 1500", "minor: 1600", 1)


def pages(client: Client, org: Org, name: str) -> list[str]:
    """Every page on which retail's playbook is chosen, compared or published."""
    sent = (
        ("/settings/sources/add", {"source": name, "source_playbook": "retail"}),
        ("/settings/places/playbook", {"done_place": str(org.place), "done_playbook": "retail"}),
        ("/settings/playbook/retail/compare", {"playbook": RETAIL}),
        ("/settings/playbook/publish", {"playbook": RETAIL}),
    )
    found = [client.post(url, values, follow=True) for url, values in sent]
    assert {one.status_code for one in found} == {200}
    return [unescape(one.content.decode()) for one in (*found, client.get("/settings/playbook"))]


def test_it_is_said_with_what_to_do_until_the_team_is_made(org: Org) -> None:
    client = signed_in(org, org.admin)
    said = pages(client, org, "Web shop")
    assert [SAID in page for page in said] == [True] * 5
    assert '<a href="/settings/places#teams">Make the team</a>' in said[2]
    with tenant(organization_id=org.id):
        team_create(organization_id=org.id, name="Customer care")
    assert [SAID in page for page in pages(client, org, "Till")] == [False] * 5
