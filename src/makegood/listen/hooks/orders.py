"""Taking a shop's deliveries in: events of ours, and how much of each order is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.customers.bought import purchases_find
from makegood.customers.models import Identity
from makegood.customers.operations import identity_hash
from makegood.listen.datasets.recorded import Body
from makegood.listen.hooks.shopify import Told, kept
from makegood.listen.models import Hook, HookOrder
from makegood.listen.operations import events_accept
from makegood.promises.naming import reference_key
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
    late = is_late(told.told_at, row.told_at)
    versions = row.versions or {}
    for parcel in told.parcels:
        key = keyed_hash(parcel.key, purpose="hook parcel").hex()
        done_at = parcel.shipped_at if (row.keeps or keeps) == "shipped" else parcel.delivered_at
        version = Version(pieces=parcel.pieces, done_at=done_at, off=parcel.off, told_at=parcel.told_at)
        known = _version(row.parcels[key], versions.get(key, {})) if key in row.parcels else version
        version = joined(known, version)
        row.parcels[key] = {"pieces": version.pieces, "at": _text(version.done_at)}
        versions[key] = {"told_at": _text(version.told_at), "off": version.off}
    row.versions = versions
    if told.pieces is not None and not late:
        row.pieces, row.told_at = told.pieces, told.told_at
    row.save(update_fields=["parcels", "versions", "pieces", "told_at", "promised", "keeps"])
    all_at = all_there_at(pieces=row.pieces, parcels=[Came(**one) for one in row.parcels.values()])
    if not row.promised:
        return ()
    released = () if told.released is None or late else (told.released,)
    return (*released, kept(order=told.order, at=all_at)) if all_at is not None else released


def is_late(told_at: datetime | None, known_at: datetime | None) -> bool:
    """This function will return whether what tells of one moment comes after what told of a later one."""
    return told_at is not None and known_at is not None and told_at < known_at


@attrs.frozen(kw_only=True)
class Version:
    """One fulfilment as of `told_at`: how many pieces (None: all), when they did what keeps a promise, whether off."""

    pieces: int | None
    done_at: datetime | None = None
    off: bool = False
    told_at: datetime | None = None


def joined(known: Version, told: Version) -> Version:
    """This function will return what is known of a fulfilment from now on: as its newest version says, however late.

    It was done when the first of them says that it was, unless it is off by the newest.
    """
    newest = known if is_late(told.told_at, known.told_at) else told
    done_at = min((one.done_at for one in (known, told) if one.done_at is not None), default=None)
    return attrs.evolve(newest, done_at=None if newest.off else done_at)


def _version(parcel: Mapping[str, Any], version: Mapping[str, Any]) -> Version:
    return Version(
        pieces=parcel["pieces"],
        done_at=_at(parcel["at"]),
        off=version.get("off", False),
        told_at=_at(version.get("told_at")),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


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
