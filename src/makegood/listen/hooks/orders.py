"""Taking a shop's deliveries in: events of ours, and how much of each order is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from makegood.customers.models import Identity
from makegood.customers.operations import identity_hash, purchases_find
from makegood.listen.datasets.recorded import Body
from makegood.listen.hooks.shopify import Told, kept
from makegood.listen.models import Hook, HookOrder
from makegood.listen.operations import events_accept, reference_key
from makegood.store.secrets import keyed_hash


class OrderUnknown(LookupError):
    """It is of an order that was not told of yet: it waits for that."""


def order_take(*, hook: Hook, told: Told, keeps: str, now: datetime) -> None:
    """This function will take what one delivery tells of one order, promised by a rule of today that this `keeps`.

    Raises OrderUnknown, and UnusableEvents.
    """
    here = hook.organization_id
    if told.needs_order:
        key = reference_key(source_id=hook.source_id, kind="purchase", reference=told.order)
        if not purchases_find(organization_id=here, keys=[key]):
            raise OrderUnknown(OrderUnknown.__doc__)
    events = [*_known_apart(hook, told.events), *_there(hook, told, keeps)]
    if events:
        events_accept(organization_id=here, source_id=hook.source_id, bodies=events, now=now)


def _known_apart(hook: Hook, events: Sequence[Body]) -> Sequence[Body]:
    """Know nobody by an order's number that somebody is known by already: every shop begins at #1001."""
    numbers = {event["data"]["customer"].get("order", "") for event in events if "customer" in event["data"]} - {""}
    taken = Identity.objects.filter(
        organization_id=hook.organization_id,
        kind="order",
        value_hash__in=[identity_hash("order", number) for number in numbers],
    )
    if not numbers or not taken.exists():
        return events
    return [
        event | {"data": event["data"] | {"customer": _without_number(event["data"]["customer"])}}
        if "customer" in event["data"]
        else event
        for event in events
    ]


def _without_number(customer: Mapping[str, str]) -> dict[str, str]:
    return {kind: value for kind, value in customer.items() if kind != "order"}


def _there(hook: Hook, told: Told, keeps: str) -> Sequence[Body]:
    """Add up what came of an order; what was promised of it is kept once all of it did, and released if called off."""
    if told.needs_order or not (told.parcels or told.pieces or told.released):
        return ()
    row, _ = HookOrder.objects.select_for_update().get_or_create(
        organization_id=hook.organization_id,
        hook_id=hook.id,
        order_hash=keyed_hash(told.order, purpose="hook order"),
    )
    if told.promises and not row.promised:
        row.promised, row.keeps = True, keeps
    for parcel in told.parcels:
        key = keyed_hash(parcel.key, purpose="hook parcel").hex()
        before = row.parcels.get(key, {})
        done_at = parcel.shipped_at if (row.keeps or keeps) == "shipped" else parcel.delivered_at
        at = before.get("at") or (done_at.isoformat() if done_at else None)
        row.parcels[key] = {"pieces": parcel.pieces, "at": None if parcel.off else at}
    row.pieces = row.pieces if told.pieces is None else told.pieces
    row.save(update_fields=["parcels", "pieces", "promised", "keeps"])
    all_at = all_there_at(pieces=row.pieces, parcels=[Came(**one) for one in row.parcels.values()])
    if not row.promised:
        return ()
    released = () if told.released is None else (told.released,)
    return (*released, kept(order=told.order, at=all_at)) if all_at is not None else released


@attrs.frozen
class Came:
    """One fulfilment as it is kept: how many pieces (None: all), and when they came, as ISO 8601 text."""

    pieces: int | None
    at: str | None


def all_there_at(*, pieces: int | None, parcels: Sequence[Came]) -> datetime | None:
    """This function will return when the last of an order's pieces came, None while any is still to come."""
    came = sorted((datetime.fromisoformat(one.at), one.pieces) for one in parcels if one.at is not None)
    if not pieces:
        return None
    there = 0
    for at, count in came:
        there = pieces if count is None else there + count
        if there >= pieces:
            return at
    return None
