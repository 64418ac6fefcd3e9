"""Webhooks in: what is signed is kept once and answered at once; what is not learns nothing; none is lost or taken twice.

The payloads here were written for these tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.conftest import START, Org
from tests.support.hooks import SECRET, Outside, outside
from tests.unit.test_hook_orders import fulfilment, order, refund

from makegood.api import hooks as face
from makegood.customers.models import Charge, Customer, Identity, Purchase
from makegood.customers.operations import customer_erase
from makegood.listen.hooks import operations, working
from makegood.listen.hooks.delivery_rule import DeliveryRule, rule_of
from makegood.listen.hooks.operations import (
    UnableToConnect,
    UnableToSee,
    delivery_again,
    delivery_seen,
    hook_before_end,
    hook_forget,
    hook_let,
    hook_make,
    hook_rule_set,
    hook_secret_change,
)
from makegood.listen.models import Hook, HookDelivery
from makegood.messages.models import Message
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery
from makegood.store.clocks import clock_step, wall_now
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

NEW = "another secret, made since"
LATER = START + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_throttle(database: str) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle")


@pytest.fixture
def shop(org: Org) -> Outside:
    """A shop whose orders are there in two days, posting to an organization whose clock stands at START."""
    return outside(org, rule=DeliveryRule(days=2))


def ordered(number: int = 9001, **changes: Any) -> dict[str, Any]:
    """An order placed a minute after START."""
    at = LATER.isoformat()
    mine = {"id": number, "name": f"#{number}", "created_at": at, "updated_at": at}
    return order(**(mine | {"email": f"ana{number}@example.com"} | changes))


def shipped(pieces: int, *, number: int = 1, after: timedelta = timedelta(days=1), **changes: Any) -> dict[str, Any]:
    return fulfilment(number, pieces, updated_at=(START + after).isoformat(), **changes)


def given_back(**changes: Any) -> dict[str, Any]:
    return refund(created_at=(START + timedelta(hours=1)).isoformat(), **changes)


def promise(org: Org) -> Promise:
    with tenant(organization_id=org.id):
        return Promise.objects.get(organization_id=org.id)


def ruled(shop: Outside, rule: DeliveryRule, after: timedelta = timedelta(hours=1)) -> None:
    """Write another rule, for orders from then on."""
    with tenant(organization_id=shop.org.id):
        hook_rule_set(
            organization_id=shop.org.id, hook_id=shop.hook_id, rule=rule, by=shop.org.admin, now=START + after
        )


def step(org: Org, after: timedelta) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)
    tick_dry(only=[org.id])


def test_an_order_becomes_a_purchase_a_charge_and_a_promise_that_is_kept(shop: Outside) -> None:
    assert shop.post(ordered()).status_code == 200
    with tenant(organization_id=shop.org.id):
        assert not Purchase.objects.exists(), "it is answered before it is worked on"
    assert shop.work() == 1
    made = promise(shop.org)
    assert (made.state, made.kind, made.value_minor) == ("open", "delivery", 4990)
    with tenant(organization_id=shop.org.id):
        assert Purchase.objects.get().what == "Order 9001"
        assert Charge.objects.get().kind == "charge"
        assert Identity.objects.filter(kind="email", value="ana9001@example.com").exists()
    step(shop.org, timedelta(days=1, hours=1))
    shop.post(shipped(1))
    shop.work()
    assert promise(shop.org).state == "open", "one piece of two is there"
    shop.post(shipped(1, number=2))
    shop.work()
    assert promise(shop.org).state == "kept"


def test_one_that_does_not_come_is_broken_and_opens_one_recovery(shop: Outside) -> None:
    shop.post(ordered())
    shop.work()
    step(shop.org, timedelta(days=9))
    assert promise(shop.org).state == "broken"
    with tenant(organization_id=shop.org.id):
        assert Recovery.objects.count() == 1


def test_what_was_promised_under_another_rule_is_promised_no_more_once_called_off(shop: Outside) -> None:
    shop.post(ordered())
    shop.work()
    ruled(shop, DeliveryRule(days=3))
    at = (START + timedelta(hours=2)).isoformat()
    off = {"updated_at": at, "cancelled_at": at, "cancel_reason": "customer"}
    shop.post(ordered(**off))
    shop.post(ordered(2, **off))  # under that newer rule it promised nothing: there is nothing to release
    shop.work()
    assert {row.state for row in shop.deliveries()} == {"done"}
    step(shop.org, timedelta(days=9))
    assert promise(shop.org).state == "released"


@pytest.mark.parametrize(
    ("keeps", "rule", "state"),
    [
        ("shipped", DeliveryRule(), "kept"),
        ("shipped", DeliveryRule(days=3, keeps="delivered"), "kept"),
        ("delivered", DeliveryRule(keeps="shipped"), "broken"),
    ],
)
def test_what_keeps_a_promise_is_what_kept_it_when_it_was_made(
    org: Org, keeps: str, rule: DeliveryRule, state: str
) -> None:
    shop = outside(org, rule=DeliveryRule(days=2, keeps=keeps))
    shop.post(ordered())
    shop.work()
    ruled(shop, rule)
    shop.post(shipped(2, shipment_status=None, created_at=(START + timedelta(hours=5)).isoformat()))
    shop.work()
    assert rule_of(shop.row().rule).keeps == rule.keeps
    step(org, timedelta(days=9))
    assert promise(org).state == state


def test_whatever_comes_first_all_of_it_is_joined(shop: Outside) -> None:
    """The refund waits for its order; what was delivered before its order was heard of keeps the promise."""
    shop.post(given_back())
    assert shop.work() == 0
    shop.post(shipped(2, after=timedelta(hours=2)))
    shop.work()
    shop.post(ordered())
    shop.work()
    step(shop.org, timedelta(days=1))
    with tenant(organization_id=shop.org.id):
        HookDelivery.objects.update(again_at=wall_now())
    shop.work()
    with tenant(organization_id=shop.org.id):
        back = Charge.objects.get(kind="refund")
        assert back.purchase_id == Purchase.objects.get().id
        assert back.customer_id == Purchase.objects.get().customer_id
    assert promise(shop.org).state == "kept"
    assert {row.state for row in shop.deliveries()} == {"done"}
    assert {row.body for row in shop.deliveries()} == {None}, "what was worked on is kept as events only"


def test_two_shops_that_count_alike_mix_up_nobody(shop: Outside) -> None:
    """Each shop's first order is #1001: whoever placed the second one is somebody else."""
    other = outside(shop.org, name="The other shop")
    shop.post(ordered(1) | {"name": "#1001"})
    shop.work()
    for _ in range(2):
        other.post(ordered(2, note=str(other.sent)) | {"name": "#1001"})
        other.work()
    with tenant(organization_id=shop.org.id):
        placed = Purchase.objects.order_by("id").values_list("what", "customer_id")
        assert [what for what, _ in placed] == ["Order 1001", "Order 1001"]
        assert len({customer for _, customer in placed}) == 2
        assert Identity.objects.filter(kind="order").count() == 1


def test_a_refund_of_no_order_is_put_aside_after_an_hour_with_what_to_do(
    shop: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "TRIES", 2)
    shop.post(given_back())
    for _ in range(2):
        with tenant(organization_id=shop.org.id):
            HookDelivery.objects.update(again_at=wall_now())
        shop.work()
    (row,) = shop.deliveries()
    assert row.state == "aside"
    assert "of an order that was not told of" in row.said
    shop.post(ordered())
    with tenant(organization_id=shop.org.id):
        delivery_again(organization_id=shop.org.id, delivery_id=row.id)
    shop.work()
    shop.work()
    with tenant(organization_id=shop.org.id):
        HookDelivery.objects.update(again_at=wall_now())
    shop.work()
    assert {one.state for one in shop.deliveries()} == {"done"}


def test_invariant_1_a_repeat_changes_nothing_by_its_id_by_its_signature_or_by_what_it_tells(shop: Outside) -> None:
    assert shop.post(ordered(), delivery="one").status_code == 200
    shop.work()
    same_id, same_words = shop.post(ordered(note="x"), delivery="one"), shop.post(ordered(), delivery="two")
    assert (same_id.status_code, same_words.status_code) == (200, 200)
    assert len(shop.deliveries()) == 1
    shop.post(ordered(updated_at=START.isoformat()), delivery="three")
    assert shop.work() == 1
    with tenant(organization_id=shop.org.id):
        assert (Purchase.objects.count(), Charge.objects.count(), Promise.objects.count()) == (1, 1, 1)


def test_invariant_1_many_at_once_are_all_kept_once_and_worked_on_once(shop: Outside) -> None:
    bodies = [ordered(number) for number in range(1, 9)]
    answers: list[int] = []

    def post(which: int) -> None:
        try:
            answers.append(shop.post(bodies[which % 8], delivery=f"d{which % 8}").status_code)
        finally:
            connection.close()

    def work() -> None:
        try:
            shop.work()
        finally:
            connection.close()

    for act in ([lambda n=n: post(n) for n in range(16)], [work] * 3):
        threads = [threading.Thread(target=one) for one in act]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    shop.work()
    assert answers == [200] * 16
    with tenant(organization_id=shop.org.id):
        assert (Purchase.objects.count(), Promise.objects.count()) == (8, 8)


class Killed(BaseException):
    """The worker is killed."""


@pytest.mark.parametrize("how", [Killed, OperationalError])
def test_invariant_1_a_worker_that_dies_loses_nothing_and_takes_nothing_twice(
    shop: Outside, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    shop.post(ordered(1))
    shop.post(ordered(2))
    taken: list[int] = []

    def dies(**given: Any) -> None:
        order_take(**given)
        taken.append(1)
        if len(taken) == 2:
            raise how

    order_take = working.order_take
    monkeypatch.setattr(working, "order_take", dies)
    with pytest.raises(how):
        shop.work()
    assert [row.state for row in shop.deliveries()] == ["done", "waiting"]
    with tenant(organization_id=shop.org.id):
        assert Purchase.objects.count() == 1
    monkeypatch.setattr(working, "order_take", order_take)
    assert shop.work() == 1
    with tenant(organization_id=shop.org.id):
        assert (Purchase.objects.count(), Charge.objects.count(), Promise.objects.count()) == (2, 2, 2)


def test_what_is_not_signed_learns_nothing_not_even_whether_the_address_is_one(shop: Outside) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    nobody = client.post("/hooks/nobody-here", b"{}", content_type="application/json")
    wrong = shop.post(ordered(), secret="some other secret")
    bare = client.post(shop.address, b"{}", content_type="application/json")
    old = shop.post(ordered(), at=wall_now() - timedelta(hours=49))
    form = client.post(shop.address, {"id": "1"})
    for answer in (nobody, wrong, bare, old, form):
        assert answer.status_code == 401
        assert answer.content == nobody.content
        assert answer.headers.keys() == nobody.headers.keys()
    assert shop.deliveries() == []
    assert (shop.row().refused, shop.row().refused_why) == (4, "signature")
    assert client.get(shop.address).status_code == 405
    for address in ("%00", "a%0Ab", "é", "..%2F"):
        assert client.post(f"/hooks/{address}", b"{}", content_type="application/json").status_code == 404


def test_both_sides_of_the_largest_delivery(shop: Outside) -> None:
    """The last byte that goes in, and the next; by what is said beforehand, whoever posts it and wherever to."""
    raw = b'{"x": "' + b"a" * (face.LARGEST - 9) + b'"}'
    assert len(raw) == face.LARGEST
    assert shop.post(raw).status_code == 200
    for address in (shop.address, "/hooks/nobody-here"):
        shop.address = address
        assert shop.post(raw + b" ").status_code == 413
    client = Client(headers={"host": "127.0.0.1"})
    assert client.generic("POST", shop.address, b"").status_code in (401, 411)
    assert client.generic("POST", shop.address, b"{}", CONTENT_LENGTH="").status_code == 411
    assert len(shop.deliveries()) == 1


def test_both_sides_of_how_often_one_may_guess(shop: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is signed goes in all the same, and beyond it nothing is written on the webhook."""
    monkeypatch.setattr(face, "GUESSES", 2)
    answers = [shop.post(ordered(), secret="wrong").status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    assert shop.row().refused == 2
    assert shop.post(ordered()).status_code == 200


def test_while_a_secret_changes_both_count_for_a_day(shop: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    org = shop.org
    with tenant(organization_id=org.id):
        hook_secret_change(organization_id=org.id, hook_id=shop.hook_id, secret=NEW, by=org.admin, now=START)
    changed_at = wall_now()
    assert [shop.post({}, secret=one).status_code for one in (SECRET, NEW, "neither of these two")] == [200, 200, 401]
    for after, answers in ((operations.BOTH - timedelta(minutes=1), [200, 200]), (operations.BOTH, [401, 200])):
        monkeypatch.setattr(operations, "wall_now", lambda after=after: changed_at + after)
        at = changed_at + after
        assert [shop.post({"n": str(after)}, secret=one, at=at).status_code for one in (SECRET, NEW)] == answers
    monkeypatch.undo()
    assert shop.post({}, secret=SECRET).status_code == 200
    with tenant(organization_id=org.id):
        hook_before_end(organization_id=org.id, hook_id=shop.hook_id, by=org.admin, now=START)
    assert [shop.post({}, secret=one).status_code for one in (SECRET, NEW)] == [401, 200]


def test_secrets_are_kept_encrypted_and_too_short_a_one_not_at_all(shop: Outside) -> None:
    row = shop.row()
    assert SECRET.encode() not in bytes(row.secret)
    for secret in ("", " " * 40, "fifteen letters"):
        with tenant(organization_id=shop.org.id), pytest.raises(UnableToConnect):
            hook_make(organization_id=shop.org.id, kind="shopify", name="", secret=secret, by=None, now=START)
    with tenant(organization_id=shop.org.id):
        other = hook_make(organization_id=shop.org.id, kind="shopify", name="", secret="s" * 16, by=None, now=START)
        codes = sorted(Source.objects.filter(code__startswith="shopify").values_list("code", flat=True))
        assert codes == ["shopify", "shopify-2"]
        assert Hook.objects.get(id=other).address != row.address


def test_a_secret_of_another_installation_lets_nothing_in_until_it_is_entered_again(shop: Outside) -> None:
    with tenant(organization_id=shop.org.id):
        Hook.objects.filter(id=shop.hook_id).update(secret=b"kept under another MAKEGOOD_SECRET")
    assert shop.post({}).status_code == 401
    assert shop.row().refused_why == "signature"
    with tenant(organization_id=shop.org.id):
        hook_secret_change(organization_id=shop.org.id, hook_id=shop.hook_id, secret=SECRET, by=None, now=START)
    assert shop.post({}).status_code == 200


def test_what_is_stopped_or_forgotten_is_as_an_address_that_is_none(shop: Outside) -> None:
    org = shop.org
    for active, status in ((False, 401), (True, 200)):
        with tenant(organization_id=org.id):
            hook_let(organization_id=org.id, hook_id=shop.hook_id, active=active, by=org.admin, now=START)
        assert shop.post({}).status_code == status
    with tenant(organization_id=org.id):
        hook_forget(organization_id=org.id, hook_id=shop.hook_id, by=org.admin, now=START)
    assert shop.post({}).status_code == 401


def test_invariant_11_what_is_posted_stays_with_whose_address_it_is(make_org: Callable[..., Org]) -> None:
    ours, theirs = outside(make_org()), outside(make_org())
    ours.post(ordered())
    assert (ours.work(), theirs.work()) == (1, 0)
    assert theirs.deliveries() == []
    with tenant(organization_id=theirs.org.id):
        assert not Hook.objects.filter(id=ours.hook_id).exists()
        assert not Purchase.objects.exists()
        with pytest.raises(UnableToSee):
            delivery_seen(organization_id=theirs.org.id, delivery_id=ours.deliveries()[0].id)


BAD = [
    (b" ", "not JSON"), (b"{", "not JSON"), (b"[" * 100_000, "not JSON"), (b'{"id": NaN}', "not JSON"),
    (b"\xff\xfe{}", "not JSON"), (b"PK\x03\x04 a zip", "not JSON"), (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
    (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "not JSON"),
    (ordered() | {"total_price": "lots"}, "total_price is no amount"),
    (ordered() | {"email": "a\x00b@example.com"}, "NUL"),
    (ordered() | {"email": "\ud800@example.com"}, "half a character"),
]  # fmt: skip


def test_what_cannot_be_used_is_put_aside_for_a_person_and_holds_nothing_up(shop: Outside) -> None:
    for body, _ in BAD:
        assert shop.post(body).status_code == 200
    shop.post(ordered(2))
    assert shop.work() == len(BAD) + 1
    rows = shop.deliveries()
    for (_, says), row in zip(BAD, rows, strict=False):
        assert row.state == "aside"
        assert says in row.said
    assert rows[-1].state == "done"
    with tenant(organization_id=shop.org.id):
        told = Message.objects.filter(kind="staff", member_id=shop.org.manager)
        assert [one.subject for one in told] == ["A delivery could not be taken in"], "once, however many"
        delivery_seen(organization_id=shop.org.id, delivery_id=rows[0].id)
        with pytest.raises(UnableToSee):
            delivery_again(organization_id=shop.org.id, delivery_id=rows[0].id)
    assert shop.deliveries()[0].body is None


def test_what_nobody_foresaw_is_put_aside_and_goes_in_once_it_works(
    shop: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: list[Exception] = []

    def strange(**_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "order_take", strange)
    shop.post(ordered())
    working.hooks_work(only=[shop.org.id], on_error=lambda _kind, _org, error: wrong.append(error))
    (row,) = shop.deliveries()
    assert (row.state, row.said, len(wrong)) == ("aside", working.UNFORESEEN, 1)
    monkeypatch.undo()
    with tenant(organization_id=shop.org.id):
        delivery_again(organization_id=shop.org.id, delivery_id=row.id)
    assert shop.work() == 1
    assert promise(shop.org).state == "open"


def test_erasing_forgets_what_was_put_aside(shop: Outside) -> None:
    shop.post(ordered(1))
    shop.post(ordered(2) | {"total_price": "lots"})
    shop.work()
    with tenant(organization_id=shop.org.id):
        customer = Customer.objects.get(id=Purchase.objects.get().customer_id)
        customer_erase(organization_id=shop.org.id, customer_id=customer.id, now=LATER, by=shop.org.admin)
        aside = shop.deliveries()[1]
        assert aside.body is None
        with pytest.raises(UnableToSee, match="send it again"):
            delivery_again(organization_id=shop.org.id, delivery_id=aside.id)
    shop.post(ordered(1), delivery="later")
    shop.work()
    with tenant(organization_id=shop.org.id):
        assert not Identity.objects.filter(value__startswith="ana1@").exists()


@pytest.mark.data
def test_what_shopify_itself_gives_as_examples_is_understood(shop: Outside, data_dir: Any) -> None:
    import json

    for name in ("order", "refund"):
        body = json.loads((data_dir / "webhooks" / "shopify" / f"{name}.json").read_text())[name]
        shop.post(body)
        shop.work()
    for one in sorted((data_dir / "webhooks" / "shopify").glob("*.json")):
        shop.post(one.read_bytes())
    while shop.work():
        pass
    assert {row.state for row in shop.deliveries()} == {"done"}
    with tenant(organization_id=shop.org.id):
        assert (Purchase.objects.count(), Charge.objects.filter(kind="refund").count()) == (1, 1)
