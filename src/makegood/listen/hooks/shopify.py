"""What a Shopify delivery tells: orders, with what was paid, given back and shipped of them, as events of ours. Pure.

What it is, is read off the body: its topic stands in a header that nobody signed. An order carries its refunds and its
fulfilments too, so whichever comes first, each is known by its own id and taken once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from makegood.core.money import Money, is_currency
from makegood.listen.datasets.recorded import Body
from makegood.listen.hooks.delivery_rule import DeliveryRule, due_of

AMOUNT = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
PAID = ("paid", "partially_refunded", "refunded")
NEVER_LEFT = ("cancelled", "error", "failure")
OURS = "inventory"
"""The reason of a cancelling that is our own doing: what was promised stays promised, and breaks when it is due."""
CALLED_OFF, GIVEN_BACK = "cancel", "no_restock"
"""How Shopify marks what was taken out of an order before it was shipped, and what goes back on no shelf: either."""


class UnusableOrder(ValueError):
    """This order, refund or fulfilment cannot be taken: the message says what is wrong with it."""


@attrs.frozen(kw_only=True)
class Parcel:
    """One fulfilment: how many pieces went (None: all), when they did and when they came, or that it is off.

    `told_at` is when it became so: what tells of an earlier moment is older.
    """

    key: str
    pieces: int | None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    off: bool = False
    told_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Told:
    """What one delivery tells of one order: events to take, and what is to be added up before the promise is kept.

    `pieces` is how many are to be shipped as of `told_at`, None where it does not say; `released` counts where
    something was promised of it, under whatever rule; `needs_order` that its order must be known first, since nothing
    here says whose it is. Without an `order` it tells nothing that we take, and `said` is why.
    """

    order: str = ""
    events: tuple[Body, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    pieces: int | None = None
    told_at: datetime | None = None
    promises: bool = False
    released: Body | None = None
    needs_order: bool = False
    said: str = ""


NOTHING = Told(said="Nothing of this kind is taken: orders, fulfilments and refunds are.")
TEST = Told(said="A test order: it came through, and nothing of it is taken.")


def read(*, body: Any, rule: DeliveryRule, zone: str, currency: str, place: str = "") -> Told:
    """This function will turn one delivery into events of ours; `place` is the code of the place it was sold at.

    Raises UnusableOrder for an order, refund or fulfilment of which something is missing or cannot be read.
    """
    if not isinstance(body, Mapping):
        return NOTHING
    if "line_items" in body and "total_price" in body and "order_id" not in body:
        return TEST if body.get("test") is True else _order(body, rule, zone, currency, place)
    if "order_id" in body and ("refund_line_items" in body or "transactions" in body):
        payments = _listed(body, "transactions")
        if payments and all(one.get("test") is True for one in payments):
            return TEST
        order = _number(body, "order_id")
        events = tuple(_refund(body, order, currency, {}))
        return Told(order=order, events=events, needs_order=bool(events))
    if "order_id" in body and "status" in body and ("tracking_number" in body or "shipment_status" in body):
        return Told(order=_number(body, "order_id"), parcels=(_parcel(body),))
    return NOTHING


def place_told(body: Any) -> str:
    """This function will return the number of the location that an order was sold at, where it names one."""
    found = body.get("location_id") if isinstance(body, Mapping) else None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def kept(*, order: str, at: datetime) -> Body:
    """This function will say that what was promised of an order came."""
    return {"id": f"kept:{order}", "type": "promise.kept", "time": at, "data": {"reference": order}}


def customer_of(order: str) -> dict[str, str]:
    """This function will name whoever placed an order where nothing else does."""
    return {"token": f"shopify order {order}"}


def _order(body: Mapping[str, Any], rule: DeliveryRule, zone: str, currency: str, place: str) -> Told:
    order = _number(body, "id")
    placed_at = _moment(body, "created_at")
    name = str(body.get("name") or body.get("order_number") or order).strip().lstrip("#")[:60]
    who = _who(body, order, name)
    money = _money(body, "total_price", body.get("currency") or currency)
    what = {"what": f"Order {name}"} | ({"place": place} if place else {})
    events: list[Body] = [
        _event("purchase", order, "purchase.made", placed_at,
               {**what, "customer": who, "placed_at": placed_at, "total": money})
    ]  # fmt: skip
    if str(body.get("financial_status")) in PAID:
        paid_at = _moment(body, "processed_at") if body.get("processed_at") else placed_at
        data = {"customer": who, "amount": money, "purchase": order, "tender": _gateway(body)}
        events.append(_event("charge", order, "charge.made", paid_at, data))
    for refund in _listed(body, "refunds"):
        events += _refund(refund, order, str(money["currency"]), who)
    pieces = _pieces(body)
    ships = _ships(body)
    due_at = due_of(rule=rule, order=body, placed_at=placed_at, zone=zone) if ships else None
    if due_at is not None:
        data = {**what, "kind": "delivery", "customer": who, "purchase": order, "value": money}
        events.append(
            _event("promise", order, "promise.made", placed_at, {**data, "made_at": placed_at, "due_at": due_at})
        )
    released_at = _released_at(body, pieces) if ships else None
    return Told(
        order=order,
        events=tuple(events),
        parcels=tuple(_parcel(one) for one in _listed(body, "fulfillments")),
        pieces=pieces,
        told_at=_told_at(body),
        promises=due_at is not None,
        released=_event("released", order, "promise.released", released_at, {}) if released_at is not None else None,
    )


def _event(kind: str, order: str, type_: str, at: datetime, data: Mapping[str, Any]) -> Body:
    return {"id": f"{kind}:{order}", "type": type_, "time": at, "data": {"reference": order, **data}}


def _who(body: Mapping[str, Any], order: str, name: str) -> dict[str, str]:
    person = _inside(body, "customer")
    address = _inside(body, "shipping_address")
    said = (person.get("first_name"), person.get("last_name"))
    known = {
        "email": body.get("email") or body.get("contact_email") or person.get("email"),
        "phone": body.get("phone") or person.get("phone"),
        "order": name,
        "name": " ".join(str(one) for one in said if one) or address.get("name"),
        "language": str(body.get("customer_locale") or "").replace("_", "-").partition("-")[0][:10],
    }
    return {key: str(value).strip()[:200] for key, value in known.items() if value} | customer_of(order)


def _refund(refund: Mapping[str, Any], order: str, currency: str, who: Mapping[str, str]) -> Iterator[Body]:
    """Money that was given back there: a payment of each of its transactions that went through."""
    at = _moment(refund, "processed_at" if refund.get("processed_at") else "created_at")
    for one in _listed(refund, "transactions"):
        if one.get("kind") == "refund" and one.get("status") == "success":
            number = _number(one, "id")
            money = _money(one, "amount", one.get("currency") or currency)
            data = {"customer": who or customer_of(order), "amount": money, "purchase": order, "tender": _gateway(one)}
            yield _event("refund", number, "charge.refunded", at, data)


def _parcel(body: Mapping[str, Any]) -> Parcel:
    status = str(body.get("status"))
    lines = [one for one in _listed(body, "line_items") if one.get("requires_shipping") is not False]
    pieces = sum(_count(one, "quantity") for one in lines) if "line_items" in body else None
    return Parcel(
        key=_number(body, "id"),
        pieces=pieces,
        shipped_at=_moment(body, "created_at") if status == "success" else None,
        delivered_at=_moment(body, "updated_at") if body.get("shipment_status") == "delivered" else None,
        off=status in NEVER_LEFT,
        told_at=_told_at(body),
    )


def _told_at(body: Mapping[str, Any]) -> datetime | None:
    return _moment(body, "updated_at") if body.get("updated_at") else None


def _ships(body: Mapping[str, Any]) -> bool:
    return any(one.get("requires_shipping") is True for one in _listed(body, "line_items"))


def _pieces(body: Mapping[str, Any]) -> int:
    """How many pieces are to be shipped still or were: all that were ordered but those called off before."""
    ordered = Counter[str]()
    for one in _listed(body, "line_items"):
        if one.get("requires_shipping") is True:
            ordered[str(one.get("id"))] += _count(one, "quantity")
    left = [one for one in _listed(body, "fulfillments") if str(one.get("status")) not in NEVER_LEFT]
    shipped = _by_line(one for parcel in left for one in _listed(parcel, "line_items"))
    taken_out = [one for refund in _listed(body, "refunds") for one in _listed(refund, "refund_line_items")]
    cancelled = _by_line((one for one in taken_out if one.get("restock_type") == CALLED_OFF), "line_item_id")
    given_back = _by_line((one for one in taken_out if one.get("restock_type") == GIVEN_BACK), "line_item_id")
    return sum(
        pieces_left(ordered=count, cancelled=cancelled[line], given_back=given_back[line], shipped=shipped[line])
        for line, count in ordered.items()
    )


def pieces_left(*, ordered: int, cancelled: int, given_back: int, shipped: int) -> int:
    """This function will return how many pieces of a line are to be shipped still or were.

    What was given back without a word of a shelf was taken out too, as far as that many were not shipped.
    """
    left = max(0, ordered - cancelled)
    return left - min(given_back, max(0, left - shipped))


def _by_line(lines: Iterable[Mapping[str, Any]], name: str = "id") -> Counter[str]:
    found = Counter[str]()
    for one in lines:
        found[str(one.get(name))] += _count(one, "quantity")
    return found


def _released_at(body: Mapping[str, Any], pieces: int) -> datetime | None:
    """When nothing was promised any more: it was called off, by anybody but us for want of goods."""
    if body.get("cancel_reason") == OURS:
        return None
    if body.get("cancelled_at"):
        return _moment(body, "cancelled_at")
    return _moment(body, "updated_at") if pieces == 0 else None


def _gateway(body: Mapping[str, Any]) -> str:
    names = body.get("payment_gateway_names")
    named = names[0] if isinstance(names, list) and names else body.get("gateway")
    return str(named or "").strip()[:30]


def _listed(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = body.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _inside(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63:
        return str(found)
    raise UnusableOrder(f"Its {name} is not a number that Shopify gives.")


def _count(body: Mapping[str, Any], name: str) -> int:
    found = body.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**9:
        return found
    raise UnusableOrder(f"A line of it has no {name} that can be counted.")


def _moment(body: Mapping[str, Any], name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(body.get(name)))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UnusableOrder(f"Its {name} is no time with an offset.")
    return at


def _money(body: Mapping[str, Any], name: str, currency: Any) -> dict[str, int | str]:
    amount, currency = str(body.get(name)), str(currency)
    if not AMOUNT.fullmatch(amount) or not is_currency(currency):
        raise UnusableOrder(f"Its {name} is no amount of a currency.")
    return Money.of(Decimal(amount), currency).as_dict()
