"""A mail that names an order of its own sender: what opens of it is that order's, at its place, under its playbook."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.given import email
from tests.support.recoveries import customer, failure, open_for

from makegood.customers.bought import NewPurchase, purchases_record
from makegood.customers.operations import customer_erase, customer_merge
from makegood.failures.models import Failure, Signal
from makegood.listen.mail_in import mail_take
from makegood.listen.operations import events_accept
from makegood.organizations.models import Place
from makegood.organizations.operations import mail_playbook_choose, place_create
from makegood.promises.models import Promise, Source
from makegood.promises.naming import Letter, orders_named, reference_key
from makegood.promises.operations import source_create, source_watch
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

HOUR = timedelta(hours=1)


def raw(text: str, *, sender: str = "Ana <ana@example.com>", number: int = 1, subject: str = "Late") -> bytes:
    head = f"From: {sender}\r\nTo: care@store.example\r\nSubject: {subject}\r\nMessage-ID: <m{number}@web.example>\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def ordered(org: Org, reference: str, *, source: str = "shop-web", mail: str = "ana@example.com") -> Promise:
    """An order of a web shop that follows the playbook for retail, promised for the day after; in a unit of work."""
    place_id = place_create(organization_id=org.id, code=f"p{reference.lower()}", name=f"Store {reference}")
    source_id = source_create(
        organization_id=org.id, code=source, name="Web shop", now=START - 2 * HOUR, playbook="retail"
    )
    who, at = {"email": mail}, START.isoformat()
    bodies: list[dict[str, Any]] = [
        {"id": f"b:{reference}", "type": "purchase.made", "time": at,
         "data": {"reference": reference, "customer": who, "placed_at": at, "what": "a desk",
                  "place": f"p{reference.lower()}", "total": {"minor": 25000, "currency": "EUR"}}},
        {"id": f"p:{reference}", "type": "promise.made", "time": at,
         "data": {"reference": reference, "customer": who, "purchase": reference, "kind": "delivery",
                  "what": "a desk", "place": f"p{reference.lower()}", "due_at": (START + 24 * HOUR).isoformat()}},
    ]  # fmt: skip
    events_accept(organization_id=org.id, source_id=source_id, bodies=bodies, now=START)
    return Promise.objects.get(
        place_id=place_id, key_hash=reference_key(source_id=source_id, kind="promise", reference=reference)
    )


def opened(org: Org) -> Recovery:
    """Say yes to the one mail that waits."""
    with tenant(organization_id=org.id):
        signal = Signal.objects.get(state="open")
    assert signed_in(org, org.manager).post(f"/signals/{signal.id}/open").status_code == 302
    with tenant(organization_id=org.id):
        return Recovery.objects.select_related("playbook", "place").get(state="open")


def test_what_opens_of_it_is_of_that_order_at_its_store_and_under_its_playbook(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        promise = ordered(org, "LG-506675")
        ordered(org, "LG-506676")
        text = "My order lg-506675 has not come."
        mail_take(organization_id=org.id, raw=raw(text, subject="Where is it?"), at=START + HOUR)
        assert Signal.objects.get().place_id == promise.place_id
    page = signed_in(org, org.manager).get("/").content.decode()
    assert f'Names <a href="/promises/{promise.id}">LG-506675</a>: a desk, bought ' in page
    assert (
        "What you open is about this order, at Store LG-506675. It is done as for whatever Web shop tells of." in page
    )
    recovery = opened(org)
    with tenant(organization_id=org.id):
        found = Failure.objects.get()
        assert (found.purchase_id, found.place_id, found.source_id) == (promise.purchase_id, promise.place_id, None)
        assert (found.price_minor, found.currency) == (25_000, "EUR")
        assert (recovery.playbook.code, recovery.place_id) == ("retail", promise.place_id)
        assert recovery.happening_key == f"purchase:{promise.purchase_id}"
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert f'Order <a href="/promises/{promise.id}">LG-506675</a>: a desk' in page
    assert "Somebody told us: Where is it?" in page
    assert "Where is it?." not in page


def test_several_are_shown_and_none_is_chosen(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        ordered(org, "LG-1111")
        ordered(org, "LG-2222")
        mail_take(organization_id=org.id, raw=raw("LG-2222 and LG-1111 are late"), at=START + HOUR)
        assert Signal.objects.get().place_id is None
    page = signed_in(org, org.manager).get("/").content.decode()
    assert page.index(">LG-2222</a>") < page.index(">LG-1111</a>")
    assert "It names more than one order" in page
    recovery = opened(org)
    with tenant(organization_id=org.id):
        assert (Failure.objects.get().purchase_id, recovery.place_id, recovery.playbook.code) == (None, None, "default")
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert page.count("They name <a") == 2


def test_somebody_elses_order_is_nobodys_to_name(org: Org, make_org: Any) -> None:
    other = make_org()
    with tenant(organization_id=other.id):
        email(other)
        ordered(other, "LG-506675")
    with tenant(organization_id=org.id):
        email(org)
        ordered(org, "LG-506675", mail="bo@example.com")
        mail_take(organization_id=org.id, raw=raw("My order LG-506675 has not come."), at=START + HOUR)
        mail_take(organization_id=org.id, raw=raw("LG-506675", sender="x@web.example", number=2), at=START + HOUR)
        mail_take(organization_id=org.id, raw=raw("BO-12345", sender="bo@example.com", number=3), at=START + HOUR)
    assert "LG-506675</a>" not in signed_in(org, org.manager).get("/").content.decode()
    with tenant(organization_id=org.id):
        assert set(Signal.objects.values_list("place_id", flat=True)) == {None}


def test_it_counts_for_whom_they_turned_out_to_be_and_no_more_once_erased(org: Org) -> None:
    with tenant(organization_id=org.id):
        known = customer(org)
        email(org, customer_id=known)
        promise = ordered(org, "LG-506675")
        letter = Letter(customer_id=org.customer, text="LG-506675")
        assert orders_named(organization_id=org.id, letters={1: letter}) == {}
        customer_merge(organization_id=org.id, customer_id=known, into_id=org.customer, now=START, by=None)
        ((one,),) = orders_named(organization_id=org.id, letters={1: letter}).values()
        assert (one.promise_id, one.purchase_id, one.playbook) == (promise.id, promise.purchase_id, "retail")
        customer_erase(organization_id=org.id, customer_id=org.customer, now=START, by=None)
        assert orders_named(organization_id=org.id, letters={1: letter}) == {}


def test_a_promise_without_a_purchase_and_a_purchase_without_a_promise_are_orders_too(org: Org) -> None:
    with tenant(organization_id=org.id):
        source = Source.objects.get(id=org.source)
        alone = Promise.objects.create(
            organization_id=org.id, source_id=org.source, customer_id=org.customer, kind="repair", made_at=START,
            key_hash=reference_key(source_id=org.source, kind="promise", reference="REP-77"), due_at=START + HOUR,
            first_due_at=START + HOUR, value_minor=900, currency="EUR", what="a repair",
        )  # fmt: skip
        key = reference_key(source_id=org.source, kind="purchase", reference="91234567")
        bought = purchases_record(
            organization_id=org.id,
            purchases=[NewPurchase(customer_id=org.customer, key_hash=key, placed_at=START, total_minor=500,
                                   currency="EUR", reference="91234567", what="Order 1001")],
        )[key]  # fmt: skip
        letters = {
            number: Letter(customer_id=org.customer, text=text)
            for number, text in enumerate(["rep-77", "order #1001", "91234567", "1001 and Rep-7"])
        }
        found = orders_named(organization_id=org.id, letters=letters)
    assert {one: [it.happening_key for it in orders] for one, orders in found.items()} == {
        0: [f"promise:{alone.id}"], 1: [f"purchase:{bought}"], 2: [f"purchase:{bought}"],
    }  # fmt: skip
    assert {it.source for orders in found.values() for it in orders} == {source.name}


def test_it_answers_the_recovery_of_that_order_and_no_shadow(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        promise = ordered(org, "LG-506675")
        first, last = failure(org, happening_key=f"purchase:{promise.purchase_id}"), failure(org)
        open_for(org, first)
        open_for(org, last)
        taken = mail_take(organization_id=org.id, raw=raw("LG-506675 again"), at=START + HOUR)
        about = Recovery.objects.get(happening_key=f"purchase:{promise.purchase_id}")
        assert taken.received.thread_id == about.thread_id


def test_what_a_source_only_watches_keeps_no_mail_from_a_person(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)
        (watched,) = open_for(org, failure(org))
        assert watched.shadow
        taken = mail_take(organization_id=org.id, raw=raw("It is late"), at=START + HOUR)
        assert taken.received.thread_id is None
        assert Signal.objects.get(state="open").customer_id == org.customer


@pytest.mark.parametrize("place_says", [False, True])
def test_mails_follow_the_playbook_that_was_chosen_for_them_unless_their_place_says_one(
    org: Org, place_says: bool
) -> None:
    with tenant(organization_id=org.id):
        mail_playbook_choose(organization_id=org.id, playbook="retail", by=org.admin, now=START)
        if place_says:
            Place.objects.filter(id=org.place).update(playbook="telecom")
        mail_take(organization_id=org.id, raw=raw("A chair is broken"), at=START + HOUR)
        if place_says:
            Signal.objects.update(place_id=org.place)
    assert opened(org).playbook.code == ("telecom" if place_says else "retail")


def test_an_admin_chooses_it_beside_the_mailbox_and_hears_what_it_lacks(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "What is done about complaints by mail" in client.get("/settings/mail").content.decode()
    page = client.post("/settings/mail/act/playbook", {"mail_playbook": "retail"}, follow=True).content.decode()
    assert "from now on." in page
    assert "It names a team, “Customer care”, that you do not have" in page
    assert client.post("/settings/mail/act/playbook", {"mail_playbook": "no such"}).status_code == 422
    assert (
        "Only an admin"
        in signed_in(org, org.manager)
        .post("/settings/mail/act/playbook", {"mail_playbook": "default"}, follow=True)
        .content.decode()
    )
    with tenant(organization_id=org.id):
        mail_take(organization_id=org.id, raw=raw("A chair is broken"), at=START + HOUR)
    assert opened(org).playbook.code == "retail"


def test_who_wrote_is_said_by_the_name_and_the_address_that_the_mail_gives(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
        for number, sender in enumerate(
            ["Rolf Unbekannt <someone.else@web.example>", "bare@web.example", '"x@y.example" <odd@web.example>',
             "Not Ana <ana@example.com>"], start=1,
        ):  # fmt: skip
            mail_take(organization_id=org.id, raw=raw("Help", sender=sender, number=number), at=START + number * HOUR)
    page = signed_in(org, org.manager).get("/").content.decode()
    assert "cannot name" not in page
    assert "<b>Rolf Unbekannt</b>" in page
    assert "By mail from someone.else@web.example" in page
    assert "<b>bare@web.example</b>" in page
    assert "<b>odd@web.example</b>" in page
    assert "Not Ana" not in page, "a name that is known stays"
    assert page.count("Rolf Unbekannt") == 3, "beside the mail, and on its yes and its no"
