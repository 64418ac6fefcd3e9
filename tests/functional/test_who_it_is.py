"""Saying who a customer is: nobody joins two known customers with one typed address, and no place sees another's."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import failure, open_for

from makegood.customers.models import Customer, Identity
from makegood.customers.operations import Seen, customers_resolve
from makegood.organizations.models import MemberPlace
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def two(org: Org, kind: str = "phone") -> tuple[int, int, Recovery]:
    """Ana, known by `kind`, whose recovery is open, and Bob, known by his address."""
    with tenant(organization_id=org.id):
        ana, bob = customers_resolve(
            organization_id=org.id,
            seen=[
                Seen(identities=((kind, "+4930111222"),), name="Ana Known"),
                Seen(identities=(("email", "bob@example.org"),), name="Bob Else"),
            ],
            now=START,
        )
        (recovery,) = open_for(org, failure(org, customer_id=ana, place_id=org.place, what="a thing at the shop"))
    return ana, bob, recovery


def merged(org: Org, who: int) -> int | None:
    with tenant(organization_id=org.id):
        return Customer.objects.get(id=who).merged_into_id


def test_an_employee_joins_no_two_known_customers(org: Org) -> None:
    ana, _, recovery = two(org)
    url = f"/recoveries/R-{recovery.number}/customer"
    for more in ({}, {"sure": "on"}):
        answer = signed_in(org, org.employee).post(url, {"identity": "bob@example.org", **more})
        assert answer.status_code == 422
        assert "ask a manager" in answer.content.decode()
        assert merged(org, ana) is None


def test_a_manager_joins_them_after_reading_what_follows(org: Org) -> None:
    ana, bob, recovery = two(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}/customer"
    asked = client.post(url, {"identity": "bob@example.org"})
    assert asked.status_code == 200
    assert "Are Ana Known and Bob Else one person?" in asked.content.decode()
    assert merged(org, ana) is None
    assert client.post(url, {"identity": "bob@example.org", "sure": "on"}).status_code == 302
    assert merged(org, ana) == bob


def test_whom_nobody_knew_is_found_by_an_address_at_once(org: Org) -> None:
    ana, bob, recovery = two(org, "token")
    url = f"/recoveries/R-{recovery.number}/customer"
    assert signed_in(org, org.employee).post(url, {"identity": "bob@example.org"}).status_code == 302
    assert merged(org, ana) == bob


def test_a_customers_page_shows_what_failed_at_the_places_of_its_reader(org: Org) -> None:
    ana, _, recovery = two(org)
    with tenant(organization_id=org.id):
        owner_change(organization_id=org.id, recovery_id=recovery.id, to=org.manager, by=None, reason="x", now=START)
        far = place_create(organization_id=org.id, code="far", name="Far away")
        failure(org, customer_id=ana, place_id=far, what="a matter far away")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=far)
    page = signed_in(org, org.employee).get(f"/customers/{ana}").content.decode().lower()
    assert "a matter far away" in page
    assert "a thing at the shop" not in page
    assert "a thing at the shop" in signed_in(org, org.manager).get(f"/customers/{ana}").content.decode().lower()


@pytest.mark.parametrize(("contact", "said"), [("ana@example.org", "We write to you"), ("+49 30 111222", "We have it")])
def test_who_types_an_address_of_somebody_known_is_shown_nothing_of_them(org: Org, contact: str, said: str) -> None:
    """An address typed into a public form proves nothing: the page goes to whom it belongs, not to who typed it."""
    with tenant(organization_id=org.id):
        identities = (("email", "ana@example.org"), ("phone", "+4930111222"))
        customers_resolve(organization_id=org.id, seen=[Seen(identities=identities, name="Ana Known")], now=START)
    visitor = Client(headers={"host": "127.0.0.1"})
    sent = {"what": "I paid twice", "cost": "money", "contact": contact, "name": "piet", "key": "k1"}
    page = visitor.post(f"/r/{org.code}", sent, follow=True).content.decode()
    assert said in page
    assert "/s/" not in page
    assert "Ana" not in page
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get()
        assert recovery.customer.name == "Ana Known"
        assert recovery.thread.link_at is None


def test_who_is_not_known_yet_follows_at_once(org: Org) -> None:
    visitor = Client(headers={"host": "127.0.0.1"})
    sent = {"what": "I paid twice", "cost": "money", "contact": "new@example.org", "key": "k1"}
    assert "/s/" in visitor.post(f"/r/{org.code}", sent, follow=True).content.decode()


def test_the_counter_adds_no_address_to_whoever_has_the_number(org: Org) -> None:
    """A number that a household shares does not make one's mail another's."""
    ana, _, _ = two(org)
    sent = {"who": "Eva eva@example.org +49 30 111222", "what": "The lamp was broken", "cost": "goods"}
    signed_in(org, org.employee).post("/report", sent)
    with tenant(organization_id=org.id):
        assert not Identity.objects.filter(customer_id=ana, kind="email").exists()
        assert Identity.objects.filter(kind="email", value="eva@example.org").count() == 1
