"""Nobody is paid twice: what was given back elsewhere since is seen before a payment system is asked (EVIDENCE 17, O6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _finance, signed_in
from tests.support.given import failed
from tests.support.outside import payment_system

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.customers.bought import NewCharge, NewPurchase, charges_record, purchases_record
from makegood.customers.models import Purchase
from makegood.journal.models import Effect
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import FloorOwed, floors_owe
from makegood.organizations.operations import integration_set
from makegood.store.tenancy import tenant

MINUTE = timedelta(minutes=1)


@pytest.fixture
def live(make_org: Callable[..., Org]) -> Org:
    return make_org(delivery="live")


def bought(org: Org, reference: str = "1") -> int:
    purchase = NewPurchase(
        customer_id=org.customer, key_hash=reference.encode(), placed_at=START, total_minor=10_000, currency="EUR"
    )
    with tenant(organization_id=org.id):
        purchases_record(organization_id=org.id, purchases=[purchase])
        return Purchase.objects.get(key_hash=reference.encode()).id


def back(
    org: Org, purchase_id: int, *, at: datetime, minor: int = 2_500, kind: str = "refund", currency: str = "EUR"
) -> None:
    charge = NewCharge(
        customer_id=org.customer, key_hash=f"{at}{minor}{kind}".encode(), kind=kind, amount_minor=minor,
        currency=currency, charged_at=at, purchase_id=purchase_id,
    )  # fmt: skip
    with tenant(organization_id=org.id):
        charges_record(organization_id=org.id, charges=[charge])


def owe(org: Org, failure_id: int, rule: str = "contract@2026") -> int:
    with tenant(organization_id=org.id):
        (makegood_id,) = floors_owe(
            organization_id=org.id,
            owed=[
                FloorOwed(
                    failure_id=failure_id, customer_id=org.customer, rule=rule, title="Owed by contract", form="cash_or_bank",
                    amount=Money(minor=2_500, currency="EUR"), due_at=START, reasons=(), at=START,
                )
            ],
            now=START,
        )  # fmt: skip
    return makegood_id


def paid(org: Org) -> int:
    """Let all that may leave, leave; return how often the payment system was asked to pay."""
    with payment_system() as system:
        with tenant(organization_id=org.id):
            integration_set(organization_id=org.id, kind="payout", url=system.url, secret="s")
        work_dry(only=[org.id])
        return len([one for one in system.asked if b'"payout"' in one["body"]])


@pytest.mark.parametrize("kind", ["refund", "chargeback"])
def test_what_was_given_back_elsewhere_waits_for_a_person(live: Org, kind: str) -> None:
    purchase_id = bought(live)
    makegood_id = owe(live, failed(live, purchase_id=purchase_id))
    back(live, purchase_id, at=START + MINUTE, kind=kind)
    assert paid(live) == 0
    with tenant(organization_id=live.id):
        row = MakeGood.objects.get(id=makegood_id)
        assert row.state == "accepted"
        assert [(one["rule"], one["evidence"]) for one in row.reasons] == [("payout.given_back", "O6")]
        said = Effect.objects.get(kind="payout").outcome
    assert said.startswith("25.00 EUR was given back on this purchase elsewhere, last on 2026-03-02")
    client = signed_in(live, _finance(live))
    assert "given back on this purchase elsewhere" in client.get(f"/payments/{makegood_id}").content.decode()
    assert client.post(f"/payments/{makegood_id}", {"reference": "Shop 77"}).status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"at": START - MINUTE},  # before it failed: for something else
        {"at": START + MINUTE, "currency": "USD"},
        {"at": START + MINUTE, "other": True},
    ],
)
def test_what_was_given_back_for_something_else_holds_nothing_up(live: Org, elsewhere: dict[str, object]) -> None:
    purchase_id = bought(live)
    owe(live, failed(live, purchase_id=purchase_id))
    other = bought(live, "2") if elsewhere.pop("other", False) else purchase_id
    back(live, other, **elsewhere)  # type: ignore[arg-type]
    assert paid(live) == 1


def test_what_we_paid_ourselves_and_comes_back_as_a_refund_is_no_reason(live: Org) -> None:
    """A payment system that pays through the shop: its refund is told of by the shop's webhook."""
    purchase_id = bought(live)
    owe(live, failed(live, purchase_id=purchase_id))
    assert paid(live) == 1
    back(live, purchase_id, at=START + MINUTE)
    owe(live, failed(live, purchase_id=purchase_id), "another@2026")
    assert paid(live) == 1
    back(live, purchase_id, at=START + 2 * MINUTE, minor=2_501)
    owe(live, failed(live, purchase_id=purchase_id), "third@2026")
    assert paid(live) == 0, "a cent more than we paid"


@pytest.mark.parametrize(("came_back", "minor"), [(False, 2_500), (True, 2_500), (False, 1_000)])
def test_what_we_paid_for_an_earlier_failure_explains_nothing_that_was_given_back_for_this(
    live: Org, came_back: bool, minor: int
) -> None:
    purchase_id = bought(live)
    owe(live, failed(live, purchase_id=purchase_id))
    assert paid(live) == 1
    if came_back:
        back(live, purchase_id, at=START + MINUTE)
    second_at = START + timedelta(days=1)
    second = failed(live, purchase_id=purchase_id, happened_at=second_at)
    back(live, purchase_id, at=second_at + MINUTE, minor=minor)
    owe(live, second, "second@2026")
    assert paid(live) == 0


def test_what_we_paid_by_bank_explains_no_other_amount_that_a_shop_gave_back(live: Org) -> None:
    purchase_id = bought(live)
    owe(live, failed(live, purchase_id=purchase_id))
    assert paid(live) == 1
    back(live, purchase_id, at=START + MINUTE, minor=1_000)
    owe(live, failed(live, purchase_id=purchase_id), "another@2026")
    assert paid(live) == 0
