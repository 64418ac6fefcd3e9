"""API keys in the settings: made for the whole house or for one place, shown once, revoked."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import IntegrityError
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import signed_in

from makegood.organizations.models import KeyPlace
from makegood.organizations.operations import place_create
from makegood.organizations.queries import KeyFacts, key_reach, keys_all
from makegood.store.tenancy import tenant


def keys_of(org: Org) -> dict[str, KeyFacts]:
    with tenant(organization_id=org.id):
        return {one.name: one for one in keys_all(organization_id=org.id)}


def make(client: Client, name: str, *scopes: str, place: str = "") -> str:
    asked = {"key_name": name, "key_scopes": [*scopes], "key_place": place}
    return unescape(client.post("/settings/keys/add", asked, follow=True).content.decode())


def test_a_key_is_made_for_the_house_or_for_one_place_shown_once_and_revoked(org: Org) -> None:
    client = signed_in(org, org.admin)
    key = re.search(r"mg_[\w-]{40,}", make(client, "Web shop", "events"))
    assert key is not None
    assert "copy it now" in make(client, "Till", "read", "write", place=str(org.place))
    page = unescape(client.get("/settings/keys").content.decode())
    assert key[0] not in page
    assert "the whole house" in page
    made = keys_of(org)
    with tenant(organization_id=org.id):
        reach = {name: key_reach(organization_id=org.id, key_id=one.id) for name, one in made.items()}
    assert made["Till"].place == "The shop"
    assert "The shop" in page.split("<table")[1].split("</table>")[0]
    assert (reach["Till"].home, reach["Till"].places, reach["Till"].scopes) == (
        org.place,
        (org.place,),
        ("read", "write"),
    )
    assert (reach["Web shop"].home, reach["Web shop"].places, made["Web shop"].place) == (None, None, "")
    client.post("/settings/keys/revoke", {"key": made["Till"].id})
    assert keys_of(org)["Till"].revoked_at is not None


def test_a_key_that_cannot_be_is_refused_with_what_to_do(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "sends no events, which may be about any" in make(client, "Till", "events", "read", place=str(org.place))
    assert "Choose a place from the list." in make(client, "Till", "read", place=str(org.place + 10**6))
    assert "Choose what the key may do." in make(client, "Till", place=str(org.place))
    assert keys_of(org) == {}


def test_a_key_speaks_for_one_place_at_most(org: Org) -> None:
    """Two could not be told apart by whoever reads what it may do: the database refuses the second."""
    make(signed_in(org, org.admin), "Till", "read", place=str(org.place))
    with tenant(organization_id=org.id):
        (named,) = KeyPlace.objects.filter(organization_id=org.id)
        other = place_create(organization_id=org.id, code="other", name="Another shop")
        with pytest.raises(IntegrityError, match="key_place_once"):
            KeyPlace.objects.create(organization_id=org.id, api_key_id=named.api_key_id, place_id=other)
