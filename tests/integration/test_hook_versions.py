"""Webhooks that come late: an order and its fulfilments are as their newest version says, whichever comes last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.integration.test_hooks import ordered, promise, shipped, step
from tests.support.hooks import Outside, outside
from tests.unit.test_hook_orders import refund

from makegood.listen.hooks.delivery_rule import DeliveryRule

OFF_AT = (START + timedelta(hours=2)).isoformat()


@pytest.fixture
def shop(org: Org) -> Outside:
    return outside(org, rule=DeliveryRule(days=2))


def called_off(pieces: int, **changes: Any) -> dict[str, Any]:
    """The order two hours on, with so many of its two pieces given back for."""
    line = {"line_item_id": 1, "quantity": pieces, "restock_type": "cancel"} | changes
    return ordered(updated_at=OFF_AT, refunds=[refund(created_at=OFF_AT, transactions=[], refund_line_items=[line])])


def ends(shop: Outside, bodies: list[dict[str, Any]]) -> str:
    for body in bodies:
        shop.post(body)
        shop.work()
    assert {row.state for row in shop.deliveries()} == {"done"}
    step(shop.org, timedelta(days=9))
    return promise(shop.org).state


@pytest.mark.parametrize("late", [False, True])
def test_a_version_of_an_order_that_comes_late_brings_back_nothing(shop: Outside, late: bool) -> None:
    before, after = ordered(), called_off(1)
    assert ends(shop, [after, before, shipped(1)] if late else [before, after, shipped(1)]) == "kept"


def test_an_order_given_back_whole_before_it_was_shipped_breaks_nothing(shop: Outside) -> None:
    """The box to put it back on the shelf was not ticked."""
    assert ends(shop, [ordered(), called_off(2, restock_type="no_restock")]) == "released"


def test_trying_it_out_calls_nobody(shop: Outside) -> None:
    """A test order with all that follows it: its refund names no test, but its payments do."""
    tried = refund(created_at=OFF_AT)
    tried["transactions"] = [one | {"test": True} for one in tried["transactions"]]
    for body in (ordered(test=True), shipped(2), tried):
        shop.post(body)
    assert shop.work() == 3
    assert [(row.state, row.said[:12]) for row in shop.deliveries()] == [
        ("done", "A test order"), ("done", ""), ("done", "A test order")
    ]  # fmt: skip


@pytest.mark.parametrize("late", [False, True])
def test_a_fulfilment_that_was_cancelled_does_not_come_back(shop: Outside, late: bool) -> None:
    sent = shipped(1, after=timedelta(hours=3))
    off = shipped(1, after=timedelta(hours=4), status="cancelled", shipment_status=None)
    both = [off, sent] if late else [sent, off]
    assert ends(shop, [ordered(), *both, shipped(1, number=2, after=timedelta(hours=5))]) == "broken"
