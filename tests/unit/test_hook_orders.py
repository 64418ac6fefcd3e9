"""What a shop's deliveries tell: events, the promise by the rule, and when all of an order is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.listen.events import read as events_read
from makegood.listen.hooks.delivery_rule import DeliveryRule, UnusableRule, due_of, methods_read, rule_of
from makegood.listen.hooks.orders import Came, Version, all_there_at, joined
from makegood.listen.hooks.shopify import Told, UnusableOrder, pieces_left, read

FROM = datetime(2026, 11, 1, tzinfo=UTC)
PLACED = "2026-11-20T23:30:00+01:00"  # a Friday, late, in Amsterdam
RULE = DeliveryRule(days=2, from_at=FROM)
ZONE = "Europe/Amsterdam"


def order(**changes: Any) -> dict[str, Any]:
    return {
        "id": 9001, "name": "#1001", "created_at": PLACED, "updated_at": PLACED, "currency": "EUR",
        "total_price": "49.90", "financial_status": "paid", "email": "Ana@example.com", "customer_locale": "pt-PT",
        "payment_gateway_names": ["ideal"], "customer": {"id": 5, "first_name": "Ana", "last_name": "Ferreira"},
        "line_items": [
            {"id": 1, "quantity": 2, "requires_shipping": True}, {"id": 2, "quantity": 1, "requires_shipping": False},
        ],
        **changes,
    }  # fmt: skip


def fulfilment(number: int, pieces: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "order_id": 9001, "status": "success", "created_at": "2026-11-21T10:00:00Z",
        "updated_at": "2026-11-22T15:00:00Z", "shipment_status": "delivered", "tracking_number": None,
        "line_items": [{"id": 1, "quantity": pieces, "requires_shipping": True}], **changes,
    }  # fmt: skip


def refund(**changes: Any) -> dict[str, Any]:
    paid = {"id": 77, "kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR", "gateway": "ideal"}
    return {"id": 7, "order_id": 9001, "created_at": "2026-11-23T09:00:00Z", "refund_line_items": [],
            "transactions": [paid, paid | {"id": 78, "status": "failure"}], **changes}  # fmt: skip


def told(body: Any, rule: DeliveryRule = RULE) -> Told:
    found = read(body=body, rule=rule, zone=ZONE, currency="EUR")
    events_read(
        [*found.events, *([found.released] if found.released else [])]
    )  # whatever is told must be what events may tell
    return found


def types(found: Told) -> list[str]:
    return [event["type"] for event in found.events]


def test_an_order_tells_a_purchase_a_charge_and_a_promise() -> None:
    found = told(order())
    assert types(found) == ["purchase.made", "charge.made", "promise.made"]
    purchase, charge, promise = (event["data"] for event in found.events)
    assert purchase["total"] == charge["amount"] == promise["value"] == {"minor": 4990, "currency": "EUR"}
    assert purchase["what"] == "Order 1001"
    assert purchase["customer"] == {
        "email": "Ana@example.com", "order": "1001", "name": "Ana Ferreira", "language": "pt",
        "token": "shopify order 9001",
    }  # fmt: skip
    assert promise["due_at"] == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # as Sunday ends in Amsterdam
    assert found.pieces == 2
    assert "promise" not in charge, "a charge that is tied to a promise would be stopped whole when that breaks"


def test_what_is_not_paid_yet_or_promised_by_nothing_is_not_told() -> None:
    assert types(told(order(financial_status="pending"))) == ["purchase.made", "promise.made"]
    assert types(told(order(), DeliveryRule())) == ["purchase.made", "charge.made"]
    assert types(told(order(line_items=[{"id": 2, "quantity": 1, "requires_shipping": False}]))) == [
        "purchase.made", "charge.made"
    ]  # fmt: skip


def test_an_order_of_before_the_rule_promises_nothing() -> None:
    at = datetime.fromisoformat(PLACED)
    assert "promise.made" in types(told(order(), DeliveryRule(days=2, from_at=at)))
    assert "promise.made" not in types(told(order(), DeliveryRule(days=2, from_at=at + timedelta(seconds=1))))


@pytest.mark.parametrize(
    ("changes", "released"),
    [
        ({"cancelled_at": "2026-11-21T08:00:00Z", "cancel_reason": "customer"}, "2026-11-21T08:00:00+00:00"),
        ({"cancelled_at": "2026-11-21T08:00:00Z", "cancel_reason": None}, "2026-11-21T08:00:00+00:00"),
        ({"cancelled_at": "2026-11-21T08:00:00Z", "cancel_reason": "inventory"}, ""),  # our own doing: it breaks
        ({"cancelled_at": None}, ""),
        ({"refunds": [refund(refund_line_items=[{"line_item_id": 1, "quantity": 2, "restock_type": "cancel"}])]},
         "2026-11-20T22:30:00+00:00"),
        ({"refunds": [refund(refund_line_items=[{"line_item_id": 1, "quantity": 1, "restock_type": "cancel"}])]}, ""),
        ({"refunds": [refund(refund_line_items=[{"line_item_id": 1, "quantity": 2, "restock_type": "return"}])]}, ""),
        ({"refunds": [refund(refund_line_items=[{"line_item_id": 1, "quantity": 2, "restock_type": "no_restock"}])]},
         "2026-11-20T22:30:00+00:00"),
    ],
)  # fmt: skip
def test_what_was_called_off_is_promised_no_more_unless_we_lacked_it(changes: dict[str, Any], released: str) -> None:
    for rule in (RULE, DeliveryRule(days=3, from_at=FROM + timedelta(days=30))):  # a newer rule changes nothing
        found = told(order(**changes), rule).released
        assert (found["time"].astimezone(UTC).isoformat() if found else "") == released


def test_money_given_back_is_told_once_whichever_way_it_comes() -> None:
    alone, within = told(refund()), told(order(refunds=[refund()]))
    mine = [event for event in within.events if event["type"] == "charge.refunded"]
    assert [event["id"] for event in alone.events] == [event["id"] for event in mine] == ["refund:77"]
    assert alone.needs_order
    assert alone.events[0]["data"]["amount"] == {"minor": 1000, "currency": "EUR"}
    assert alone.events[0]["data"]["customer"] == {"token": "shopify order 9001"}


@pytest.mark.parametrize("body", [[], "x", None, {}, {"id": 1, "title": "A product"}, {"order_id": 1}])
def test_what_is_of_another_kind_tells_nothing(body: Any) -> None:
    assert told(body).said.startswith("Nothing of this kind")


def test_a_test_order_tells_nothing_nor_does_its_refund() -> None:
    assert told(order(test=True)).said.startswith("A test order")
    paid = refund()["transactions"][0]
    assert told(refund(transactions=[paid | {"test": True}])).said.startswith("A test order")
    for real in (paid | {"test": False}, paid | {"test": "true"}, paid):
        found = told(refund(transactions=[paid | {"test": True}, real | {"id": 79}]))
        assert (found.said, found.needs_order) == ("", True)


def test_a_refund_that_gave_no_money_back_waits_for_no_order() -> None:
    assert not told(refund(transactions=[])).needs_order


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "9001"}, {"id": True}, {"id": 2**63}, {"created_at": "2026-11-20"}, {"created_at": None},
        {"total_price": "-1.00"}, {"total_price": "1e9"}, {"total_price": None}, {"currency": "euro"},
        {"line_items": [{"id": 1, "quantity": -2, "requires_shipping": True}]},
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_read_says_why(changes: dict[str, Any]) -> None:
    with pytest.raises(UnusableOrder):
        told(order(**changes))


def test_a_fulfilment_tells_when_it_was_shipped_and_when_delivered() -> None:
    shipped_at, delivered_at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC), datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    (parcel,) = told(fulfilment(1, 2)).parcels
    assert (parcel.pieces, parcel.shipped_at, parcel.delivered_at) == (2, shipped_at, delivered_at)
    (parcel,) = told(fulfilment(1, 2, shipment_status="in_transit")).parcels
    assert (parcel.shipped_at, parcel.delivered_at) == (shipped_at, None)
    (parcel,) = told(fulfilment(1, 2, status="open", shipment_status=None)).parcels
    assert (parcel.shipped_at, parcel.delivered_at) == (None, None)
    assert told(fulfilment(1, 2, status="cancelled")).parcels[0].off


@pytest.mark.parametrize(
    ("pieces", "parcels", "there"),
    [
        (3, [(1, "2026-11-21"), (2, "2026-11-23")], 23),
        (3, [(2, "2026-11-23"), (1, "2026-11-21")], 23),
        (3, [(3, "2026-11-22"), (1, "2026-11-25")], 22),
        (3, [(1, "2026-11-21"), (2, None)], None),
        (3, [(None, "2026-11-21")], 21),
        (None, [(3, "2026-11-21")], None),
        (0, [(3, "2026-11-21")], None),
        (1, [], None),
    ],
)
def test_an_order_is_there_when_its_last_piece_is(
    pieces: int | None, parcels: list[tuple[int | None, str | None]], there: int | None
) -> None:
    at = all_there_at(pieces=pieces, parcels=[Came(pieces=count, at=day) for count, day in parcels])
    assert (at.day if at else None) == there


@pytest.mark.parametrize(
    ("refunded", "sent", "left"),
    [
        ((2, "no_restock"), [], 0),  # all of it, before any was shipped
        ((1, "no_restock"), [], 1),
        ((1, "no_restock"), [fulfilment(1, 1)], 1),  # the other one was shipped
        ((1, "no_restock"), [fulfilment(1, 2)], 2),  # shipped already: a price taken down, or one that was broken
        ((2, "no_restock"), [fulfilment(1, 2, status="cancelled")], 0),
        ((2, "return"), [fulfilment(1, 2)], 2),
        ((3, "cancel"), [], 0),
    ],
)
def test_what_was_given_back_before_it_was_shipped_is_not_to_come(
    refunded: tuple[int, str], sent: list[dict[str, Any]], left: int
) -> None:
    line = {"line_item_id": 1, "quantity": refunded[0], "restock_type": refunded[1]}
    assert told(order(refunds=[refund(refund_line_items=[line])], fulfillments=sent)).pieces == left


@given(*[st.integers(0, 9)] * 4)
def test_what_was_shipped_is_never_taken_out_by_what_was_given_back(
    ordered: int, cancelled: int, given_back: int, shipped: int
) -> None:
    left = pieces_left(ordered=ordered, cancelled=cancelled, given_back=given_back, shipped=shipped)
    assert 0 <= left <= max(0, ordered - cancelled)
    assert left >= min(shipped, max(0, ordered - cancelled))
    assert left == max(0, ordered - cancelled) or left + given_back >= ordered - cancelled


@given(
    told=st.lists(st.tuples(st.integers(1, 3), st.none() | st.integers(0, 9)), min_size=1, max_size=5),
    off=st.booleans(),
    data=st.data(),
)
def test_a_fulfilment_ends_alike_in_whatever_order_its_versions_come_and_however_often(
    told: list[tuple[int, int | None]], off: bool, data: st.DataObject
) -> None:
    """One that is off stays off, so only the newest version may be."""
    versions = [
        Version(
            pieces=pieces,
            done_at=None if done is None else FROM + timedelta(hours=done),
            off=off and number == len(told) - 1,
            told_at=FROM + timedelta(days=number),
        )
        for number, (pieces, done) in enumerate(told)
    ]
    came = data.draw(st.permutations(versions)) + data.draw(st.lists(st.sampled_from(versions), max_size=3))
    found = reduce(joined, came, came[0])
    assert found == reduce(joined, versions, versions[0])
    assert (found.pieces, found.off) == (versions[-1].pieces, off)
    assert found.done_at == (None if off else min((one.done_at for one in versions if one.done_at), default=None))


@pytest.mark.parametrize(
    ("rule", "changes", "last"),
    [
        (DeliveryRule(days=0), {}, date(2026, 11, 20)),
        (DeliveryRule(days=1, weekdays=True), {}, date(2026, 11, 23)),
        (DeliveryRule(days=0, weekdays=True), {"created_at": "2026-11-21T10:00:00Z"}, date(2026, 11, 23)),
        (DeliveryRule(days=5, methods={"express": 1}), {"shipping_lines": [{"title": "Express "}]}, date(2026, 11, 21)),
        (DeliveryRule(days=5, methods={"exp": 1}), {"shipping_lines": [{"title": "X", "code": "EXP"}]},
         date(2026, 11, 21)),
        (DeliveryRule(days=5, methods={"express": 1}), {"shipping_lines": [{"title": "Post"}]}, date(2026, 11, 25)),
        (DeliveryRule(methods={"express": 1}), {"shipping_lines": [{"title": "Post"}]}, None),
        (DeliveryRule(days=5, attribute="Delivery date"),
         {"note_attributes": [{"name": "delivery date", "value": "2026-12-01"}]}, date(2026, 12, 1)),
        (DeliveryRule(days=5, attribute="Delivery date"),
         {"note_attributes": [{"name": "Delivery date", "value": "soon"}]}, date(2026, 11, 25)),
        (DeliveryRule(days=5, attribute="Delivery date"),
         {"note_attributes": [{"name": "Delivery date", "value": "2026-11-01"}]}, date(2026, 11, 25)),
        (DeliveryRule(attribute="Delivery date"), {"note_attributes": "x"}, None),
    ],
)  # fmt: skip
def test_by_when_an_order_is_there(rule: DeliveryRule, changes: dict[str, Any], last: date | None) -> None:
    """The promise ends as its last day does in Amsterdam, an hour before midnight in UTC (winter time)."""
    body = order(**changes)
    rule = rule_of(rule.kept() | {"from_at": FROM.isoformat()})
    due_at = due_of(rule=rule, order=body, placed_at=datetime.fromisoformat(body["created_at"]), zone=ZONE)
    wanted = None if last is None else datetime(last.year, last.month, last.day, 23, tzinfo=UTC)
    assert due_at == wanted


@given(days=st.integers(0, 365), weekdays=st.booleans(), minutes=st.integers(0, 60 * 24 * 400))
def test_a_promise_is_never_due_before_the_order_and_more_days_never_bring_it_forward(
    days: int, weekdays: bool, minutes: int
) -> None:
    placed_at = FROM + timedelta(minutes=minutes)
    dues = [
        due_of(rule=DeliveryRule(days=n, weekdays=weekdays, from_at=FROM), order={}, placed_at=placed_at, zone=ZONE)
        for n in (days, days + 1)
    ]
    assert dues[0] is not None
    assert dues[1] is not None
    assert placed_at < dues[0] < dues[1]


def test_ways_of_shipping_are_read_line_by_line() -> None:
    assert methods_read(" Express: 1\n\nTo the door: by van : 3 ") == {"express": 1, "to the door: by van": 3}
    for wrong in ("Express", "Express: soon", ": 3", "Express: 366", "\n".join(f"m{n}: 1" for n in range(51))):
        with pytest.raises(UnusableRule):
            methods_read(wrong)
