"""Who is served: found by any way they are known, made once however many look, merged by a pointer, and forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.conftest import START, Org

from makegood.customers.bought import NewPurchase, purchases_record
from makegood.customers.models import Customer, Identity
from makegood.customers.operations import (
    Seen,
    UnableToErase,
    UnableToKnowCustomer,
    UnableToMerge,
    customer_erase,
    customer_merge,
    customers_resolve,
)
from makegood.store.tenancy import tenant

ANA, CARD, PHONE = ("email", "ana@example.com"), ("token", "card 7"), ("phone", "+351 555 0101")


def resolve(org: Org, *seen: Seen) -> list[int]:
    with tenant(organization_id=org.id):
        return customers_resolve(organization_id=org.id, seen=seen, now=START)


def who(*identities: tuple[str, str], name: str = "") -> Seen:
    return Seen(identities=identities, name=name)


def test_an_address_is_the_same_in_any_case_and_a_token_is_not(org: Org) -> None:
    lower, upper = resolve(org, who(ANA), who(("email", " ANA@Example.com ")))
    assert lower == upper
    one, other = resolve(org, who(("token", "a")), who(("token", "A")))
    assert one != other


def test_what_is_new_of_a_known_customer_is_added_and_what_was_known_stays(org: Org) -> None:
    (first,) = resolve(org, who(CARD))
    with tenant(organization_id=org.id):
        assert Customer.objects.get(id=first).token
    assert resolve(org, who(CARD, ANA, name="Ana"), who(ANA, PHONE, name="Another name")) == [first, first]
    assert resolve(org, who(PHONE)) == [first]
    with tenant(organization_id=org.id):
        customer = Customer.objects.get(id=first)
        assert (customer.name, customer.token) == ("Ana", False)
        assert Identity.objects.filter(customer_id=first).count() == 3


def test_a_customer_nobody_can_know_is_refused(org: Org) -> None:
    with pytest.raises(UnableToKnowCustomer):
        resolve(org, who())


def test_many_who_look_at_once_make_each_customer_once(org: Org) -> None:
    gate, found = threading.Barrier(4), []

    def look(shift: int) -> None:
        gate.wait()
        seen = [who(("token", f"card {(number * 7 + shift) % 100}")) for number in range(100)]
        found.append(dict(zip((one.identities for one in seen), resolve(org, *seen), strict=True)))
        connection.close()

    threads = [threading.Thread(target=look, args=(shift,)) for shift in (0, 13, 50, 77)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    with tenant(organization_id=org.id):
        assert Identity.objects.filter(kind="token").count() == 100
        assert Customer.objects.filter(token=True).count() == 100


def test_merged_customers_are_followed_to_the_last(org: Org) -> None:
    ana, card, phone = resolve(org, who(ANA), who(CARD), who(PHONE))
    with tenant(organization_id=org.id):
        customer_merge(organization_id=org.id, customer_id=card, into_id=phone, now=START, by=org.manager)
        customer_merge(organization_id=org.id, customer_id=phone, into_id=ana, now=START, by=org.manager)
    assert resolve(org, who(CARD), who(PHONE), who(ANA)) == [ana, ana, ana]


@pytest.mark.parametrize("case", ["itself", "unknown", "merged already"])
def test_what_cannot_be_merged_is_refused(org: Org, case: str) -> None:
    ana, card, phone = resolve(org, who(ANA), who(CARD), who(PHONE))
    with tenant(organization_id=org.id):
        customer_merge(organization_id=org.id, customer_id=card, into_id=ana, now=START, by=None)
        target = {"itself": (phone, phone), "unknown": (phone, 10**12), "merged already": (card, phone)}[case]
        with pytest.raises(UnableToMerge):
            customer_merge(organization_id=org.id, customer_id=target[0], into_id=target[1], now=START, by=None)


def test_of_an_erased_customer_nothing_is_written_down_again(org: Org) -> None:
    (ana,) = resolve(org, who(ANA, name="Ana"))
    with tenant(organization_id=org.id):
        customer_erase(organization_id=org.id, customer_id=ana, now=START, by=org.admin)
    assert resolve(org, who(ANA, PHONE, name="Ana")) == [ana]
    with tenant(organization_id=org.id):
        assert set(Identity.objects.filter(customer_id=ana).values_list("value", flat=True)) == {""}
        assert Customer.objects.get(id=ana).name == ""


def test_who_was_merged_into_a_customer_is_forgotten_with_them(org: Org) -> None:
    ana, card = resolve(org, who(ANA, name="Ana"), who(CARD, name="A. F."))
    with tenant(organization_id=org.id):
        customer_merge(organization_id=org.id, customer_id=card, into_id=ana, now=START, by=None)
        customer_erase(organization_id=org.id, customer_id=ana, now=START, by=None)
        assert Customer.objects.get(id=card).name == ""
        assert Customer.objects.get(id=card).erased_at == START
        with pytest.raises(UnableToErase):
            customer_erase(organization_id=org.id, customer_id=10**12, now=START, by=None)


def test_the_first_purchase_is_the_earliest_in_whatever_order_they_come(org: Org) -> None:
    (ana,) = resolve(org, who(ANA))
    for key, days in ((b"2", 0), (b"1", -5), (b"3", 3), (b"1", 9)):
        at = START + timedelta(days=days)
        new = NewPurchase(customer_id=ana, key_hash=key, placed_at=at, total_minor=100, currency="EUR")
        with tenant(organization_id=org.id):
            purchases_record(organization_id=org.id, purchases=[new])
    with tenant(organization_id=org.id):
        assert Customer.objects.get(id=ana).first_purchase_at == START - timedelta(days=5)
