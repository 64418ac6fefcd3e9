"""The public form keeps all that the customer wrote, and finds the order that they name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in

from makegood.customers.models import Customer, Identity, Purchase
from makegood.customers.operations import Seen, customers_resolve
from makegood.failures.models import Failure
from makegood.journal.operations import Happened
from makegood.listen.forms import reports_taken
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

LONG = "My parcel " + "came very late and " * 60 + "my child is ALLERGIC to the filling, please call before Friday"


def bought(org: Org, address: str) -> int:
    """A purchase of order ORDER-4711 by who has this address."""
    with tenant(organization_id=org.id):
        (who,) = customers_resolve(organization_id=org.id, seen=[Seen(identities=(("email", address),))], now=START)
        return Purchase.objects.create(
            organization_id=org.id,
            customer_id=who,
            key_hash=b"4711",
            reference="ORDER-4711",
            placed_at=START - timedelta(days=1),
            total_minor=4200,
            currency="EUR",
        ).id


def report(org: Org) -> None:
    sent = {"what": LONG, "cost": "service", "contact": "zoe@example.org", "key": "k1", "order": "order-4711"}
    visitor = Client(headers={"host": "127.0.0.1"})
    for _ in range(2):
        assert visitor.post(f"/r/{org.code}", sent).status_code == 302


def test_all_of_it_is_their_first_message(org: Org) -> None:
    report(org)
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get()
        (said,) = Message.objects.filter(direction="in")
        assert said.thread_id == recovery.thread_id
        assert said.body == f"{LONG}\n\nOrder, booking or receipt number: order-4711"
    page = signed_in(org, org.admin).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "ALLERGIC" in page
    assert "order-4711" in page


@pytest.mark.parametrize(("owner", "found"), [("zoe@example.org", True), ("bob@example.org", False)])
def test_the_order_is_found_where_it_is_theirs(org: Org, owner: str, found: bool) -> None:
    purchase_id = bought(org, owner)
    report(org)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().purchase_id == (purchase_id if found else None)


def test_what_was_held_back_at_first_reaches_the_recovery_that_opens_later(org: Org) -> None:
    report(org)
    with tenant(organization_id=org.id):
        failure, recovery = Failure.objects.get(), Recovery.objects.get()
        Message.objects.filter(direction="in").update(thread=None)
        taken = Happened(at=START, event="failures:failure:taken", subject="failure", subject_id=failure.id)
        reports_taken(organization_id=org.id, entries=[taken])
        assert Message.objects.get(direction="in").thread_id == recovery.thread_id


def test_what_they_wrote_is_not_said_back_to_them(org: Org) -> None:
    """Neither on their page nor in a letter, whoever wrote it; colleagues read it."""
    report(org)
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.select_related("thread").get()
        letters = list(Message.objects.filter(direction="out").values_list("body", flat=True))
        link = status_path(organization_id=org.id, token=recovery.thread.token)
    assert len(letters) == 2
    assert "You told us on" in letters[0]
    assert all(body.startswith("Hello,\n") and "parcel" not in body for body in letters)
    page = Client(headers={"host": "127.0.0.1"}).get(link).content.decode()
    (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert "You told us that something went wrong." in title
    assert "parcel" not in title


def test_a_colleagues_note_stays_with_colleagues(org: Org) -> None:
    note = "Customer waited 40 minutes because nobody could find her click & collect parcel"
    sent = {"who": "ana@example.org", "what": note, "cost": "time"}
    answer = signed_in(org, org.employee).post("/report", sent)
    assert answer.status_code == 302
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.select_related("thread").get()
        letters = list(Message.objects.filter(direction="out").values_list("body", flat=True))
        link = status_path(organization_id=org.id, token=recovery.thread.token)
    assert letters
    assert all("40 minutes" not in body for body in letters)
    assert "40 minutes" not in Client(headers={"host": "127.0.0.1"}).get(link).content.decode()


def test_a_number_is_no_part_of_a_name(org: Org) -> None:
    """At the counter and in the form alike."""
    sent = {"who": "Anna de Vries anna@example.com 06 12345678", "what": "It came late", "cost": "time"}
    assert signed_in(org, org.employee).post("/report", sent).status_code == 302
    form = {"what": "Late", "cost": "time", "contact": "Bo Li bo@example.com +44 (0)20 7946 0958", "key": "k2"}
    assert Client(headers={"host": "127.0.0.1"}).post(f"/r/{org.code}", form).status_code == 302
    with tenant(organization_id=org.id):
        who = {
            one.name: dict(Identity.objects.filter(customer_id=one.id).values_list("kind", "value"))
            for one in Customer.objects.filter(name__in=["Anna de Vries", "Bo Li"])
        }
        letters = Message.objects.filter(kind="acknowledgement").values_list("body", flat=True)
        assert sorted(body.splitlines()[0] for body in letters) == ["Hello Anna de Vries,", "Hello Bo Li,"]
    assert who == {
        "Anna de Vries": {"email": "anna@example.com", "phone": "0612345678"},
        "Bo Li": {"email": "bo@example.com", "phone": "+442079460958"},
    }


def test_nobody_adds_an_address_to_another_by_typing_their_number(org: Org) -> None:
    with tenant(organization_id=org.id):
        (ana,) = customers_resolve(
            organization_id=org.id, seen=[Seen(identities=(("phone", "0612345678"),))], now=START
        )
    form = {"what": "Late", "cost": "time", "contact": "eve@example.com 06 12345678", "key": "k3"}
    assert Client(headers={"host": "127.0.0.1"}).post(f"/r/{org.code}", form).status_code == 302
    with tenant(organization_id=org.id):
        assert list(Identity.objects.filter(customer_id=ana).values_list("value", flat=True)) == ["0612345678"]
        eve = Identity.objects.get(value="eve@example.com").customer_id
        assert Identity.objects.filter(customer_id=eve).count() == 1
