"""Taking events in: each is kept raw once and acted on once, all of a batch or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs
from django.db.models import Q
from orjson import Fragment

from makegood.customers.bought import (
    NewCharge,
    NewPurchase,
    NewVisit,
    charges_record,
    purchases_find,
    purchases_record,
    visits_find,
    visits_record,
)
from makegood.customers.operations import Seen, customers_resolve
from makegood.failures.gating import failures_hear_source
from makegood.failures.signals import NewSignal, signals_record
from makegood.journal.operations import Happened
from makegood.listen.events import CHARGES, MOST_EVENTS, SIGNALS, WORDS, Event, UnusableEvents, read
from makegood.listen.models import Raw
from makegood.makegoods.charges import ChargeFor, charges_tie
from makegood.organizations.models import Place
from makegood.promises.models import Promise, Source
from makegood.promises.naming import reference_key
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make, source_heard, sources_lock
from makegood.store.bulk import insert, written
from makegood.store.clocks import moment as store_moment
from makegood.store.reading import read as read_rows
from makegood.store.secrets import keyed_hash

RAW_COLUMNS = (
    "organization_id",
    "source_id",
    "key_hash",
    "about_hash",
    "type",
    "body",
    "customer_id",
    "happened_at",
    "received_at",
)


@attrs.frozen(kw_only=True)
class Accepted:
    """How many events of a batch were new, and how many had been taken before."""

    new: int
    known: int


@attrs.frozen(kw_only=True)
class _Batch:
    """A batch being taken: whose, from where, and what its references stand for."""

    organization_id: int
    source_id: int
    customers: Mapping[int, int]
    places: Mapping[str, int]
    purchases: Mapping[bytes, int]
    visits: Mapping[bytes, int]
    received_at: Mapping[int, datetime]

    def key(self, kind: str, reference: str) -> bytes:
        return reference_key(source_id=self.source_id, kind=kind, reference=reference)


def events_accept(
    *, organization_id: int, source_id: int, bodies: Sequence[Any], now: datetime, heard: bool = True
) -> Accepted:
    """Take a batch of CloudEvents from one source: keep each raw once, and act on the new ones, in bulk.

    In a stepped organization a word is received when it happened; elsewhere now. Without `heard` the source does not
    count as heard by them: something is lacking between. Raises UnusableEvents, with nothing written, if there are more
    than MOST_EVENTS, or any event is malformed, lies in the future or names a place that does not exist.
    """
    return events_accept_all(organization_id=organization_id, batches={source_id: bodies}, now=now, heard=heard)


def events_accept_all(
    *, organization_id: int, batches: Mapping[int, Sequence[Any]], now: datetime, heard: bool = True
) -> Accepted:
    """Take a batch of each of these sources, as `events_accept` takes one.

    Whose they are and that they came is written first, beside others; a source is acted for by one transaction at a
    time. All take customers, then events, then sources, each in one order, so that none waits for another crosswise.
    """
    by = None if store_moment(organization_id=organization_id).stepped else now
    read_batches = {source_id: read(bodies, by=by) for source_id, bodies in batches.items()}
    arrived = [one for source_id, events in read_batches.items() for one in _arrived(source_id, events)]
    all_events = [event for events in read_batches.values() for event in events]
    places = _places(organization_id, all_events)
    customers = _customers(organization_id, all_events, now)
    fresh = _keep_raw(organization_id, arrived, customers, now)
    sources_lock(source_ids=set(fresh))
    for source_id, events in fresh.items():
        _act(organization_id, source_id, events, customers, places, now)
        if heard:
            _heard(organization_id, source_id, events, now)
    new = sum(map(len, fresh.values()))
    return Accepted(new=new, known=len(all_events) - new)


def event_key(*, source_id: int, event_id: str) -> bytes:
    """Return the keyed hash by which an event of a source is known again."""
    return keyed_hash(f"{source_id}:{event_id}", purpose="event")


def events_known(
    *, organization_id: int, source_id: int, bodies: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any] | None]:
    """Return, for each of these events, None if it is new, or what the one of its id told, nothing if erased since."""
    keys = [event_key(source_id=source_id, event_id=body["id"]) for body in bodies]
    there = Raw.objects.filter(organization_id=organization_id, source_id=source_id)
    found: dict[bytes, Mapping[str, Any]] = {}
    for start in range(0, len(keys), MOST_EVENTS):
        rows = there.filter(key_hash__in=keys[start : start + MOST_EVENTS]).values_list("key_hash", "body")
        found |= {bytes(key): (body or {}).get("data", {}) for key, body in rows}
    return [found.get(key) for key in keys]


@attrs.frozen(kw_only=True, slots=True)
class _Arrived:
    """An event with what is kept of it: its source, its key, what it is about, and its body."""

    event: Event
    source_id: int
    key_hash: bytes
    about_hash: bytes | None
    body: Fragment


def _arrived(source_id: int, events: Sequence[Event]) -> list[_Arrived]:
    """Prepare what is kept of each event, in the order in which they came."""
    return [
        _Arrived(
            event=event,
            source_id=source_id,
            key_hash=event_key(source_id=source_id, event_id=event.id),
            about_hash=_about(source_id, event),
            body=written(body_plain(event.body)),
        )
        for event in _once(events)
    ]


def _once(events: Sequence[Event]) -> list[Event]:
    """Leave out what was sent twice.

    Raises UnusableEvents where two of one id tell different things.
    """
    first: dict[str, tuple[int, Event]] = {}
    problems = []
    for position, event in enumerate(events):
        before, same = first.setdefault(event.id, (position, event))
        if same is not event and (same.type, same.data) != (event.type, event.data):
            problems.append((position, f"event {before} has the same id {event.id!r} and tells something else"))
    if problems:
        raise UnusableEvents(problems, len(events))
    return [event for _, event in first.values()]


def _keep_raw(
    organization_id: int, arrived: Sequence[_Arrived], customers: Mapping[int, int], now: datetime
) -> dict[int, list[Event]]:
    """Keep what was not known yet, and return it by source, in the order in which it came."""
    kept = insert(
        Raw,
        RAW_COLUMNS,
        [
            (
                organization_id,
                one.source_id,
                one.key_hash,
                one.about_hash,
                one.event.type,
                one.body,
                customers.get(id(one.event)),
                one.event.at,
                now,
            )
            for one in sorted(arrived, key=attrgetter("key_hash"))
        ],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash) DO NOTHING",
        returning=("key_hash",),
    )
    new = {bytes(row[0]) for row in kept}
    fresh: dict[int, list[Event]] = {}
    for one in arrived:
        if one.key_hash in new:
            fresh.setdefault(one.source_id, []).append(one.event)
    return fresh


def _about(source_id: int, event: Event) -> bytes | None:
    if event.type not in WORDS:
        return None
    return reference_key(source_id=source_id, kind="promise", reference=event.data["reference"])


def body_plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's body as it is kept: its times, and those of its data, as texts."""
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else body_plain(value)
        if name == "data" and isinstance(value, Mapping)
        else value
        for name, value in body.items()
    }


def _act(
    organization_id: int,
    source_id: int,
    events: Sequence[Event],
    customers: Mapping[int, int],
    places: Mapping[str, int],
    now: datetime,
) -> None:
    stepped = store_moment(organization_id=organization_id).stepped
    batch = _Batch(
        organization_id=organization_id,
        source_id=source_id,
        customers=customers,
        places=places,
        purchases={},
        visits={},
        received_at={id(event): event.at if stepped else now for event in events},
    )
    batch = attrs.evolve(batch, purchases=_purchases(batch, events), visits=_visits(batch, events))
    _charges(batch, events)
    _promises(batch, events)
    _words(batch, events)
    _changed_dates(batch, events)
    _signals(batch, events)


def _heard(organization_id: int, source_id: int, events: Sequence[Event], now: datetime) -> None:
    """Note up to when the source was heard, and let the gate judge what waited for that."""
    until = min(max(event.data["until"] if event.type == "source.heard" else event.at for event in events), now)
    if source_heard(organization_id=organization_id, source_id=source_id, until_at=until):
        failures_hear_source(organization_id=organization_id, source_id=source_id, until_at=until, now=now)


def _customers(organization_id: int, events: Sequence[Event], now: datetime) -> dict[int, int]:
    speaking = [event for event in events if "identities" in event.data]
    found = customers_resolve(
        organization_id=organization_id,
        seen=[
            Seen(
                identities=event.data["identities"],
                name=event.data["name"],
                language=event.data["language"],
                zone=event.data["zone"],
            )
            for event in speaking
        ],
        now=now,
    )
    return {id(event): customer_id for event, customer_id in zip(speaking, found, strict=True)}


def _places(organization_id: int, events: Sequence[Event]) -> dict[str, int]:
    named = {event.data["place"] for event in events if event.data.get("place")}
    if not named:
        return {}
    places: dict[str, int] = dict(read_rows(Place, "code", "id", organization_id=organization_id, code=named))
    missing = named - set(places)
    if missing:
        raise UnusableEvents(
            [
                (position, f"there is no place {event.data['place']!r}: add it first")
                for position, event in enumerate(events)
                if event.data.get("place") in missing
            ],
            len(events),
        )
    return places


def _purchases(batch: _Batch, events: Sequence[Event]) -> dict[bytes, int]:
    known = purchases_record(
        organization_id=batch.organization_id,
        purchases=[
            NewPurchase(
                customer_id=batch.customers[id(event)],
                key_hash=batch.key("purchase", event.data["reference"]),
                placed_at=event.data["placed_at"],
                total_minor=event.data["minor"],
                currency=event.data["currency"],
                reference=event.data["reference"],
                what=event.data["what"],
                place_id=batch.places.get(event.data["place"]),
            )
            for event in events
            if event.type == "purchase.made"
        ],
    )
    named = {batch.key("purchase", event.data["purchase"]) for event in events if event.data.get("purchase")}
    return known | purchases_find(organization_id=batch.organization_id, keys=list(named - set(known)))


def _visits(batch: _Batch, events: Sequence[Event]) -> dict[bytes, int]:
    known = visits_record(
        organization_id=batch.organization_id,
        visits=[
            NewVisit(
                customer_id=batch.customers[id(event)],
                key_hash=batch.key("visit", event.data["reference"]),
                active_from=event.data["active_from"],
                active_to=event.data["active_to"],
                place_id=batch.places.get(event.data["place"]),
            )
            for event in events
            if event.type == "visit.made"
        ],
    )
    named = {batch.key("visit", event.data["visit"]) for event in events if event.data.get("visit")}
    return known | visits_find(organization_id=batch.organization_id, keys=list(named - set(known)))


def _charges(batch: _Batch, events: Sequence[Event]) -> None:
    charges_record(
        organization_id=batch.organization_id,
        charges=[
            NewCharge(
                customer_id=batch.customers[id(event)],
                key_hash=batch.key("charge", event.data["reference"]),
                kind=CHARGES[event.type],
                amount_minor=event.data["minor"],
                currency=event.data["currency"],
                charged_at=event.at,
                tender=event.data["tender"],
                purchase_id=batch.purchases.get(batch.key("purchase", event.data["purchase"])),
            )
            for event in events
            if event.type in CHARGES
        ],
    )
    told = [event for event in events if event.type == "charge.made" and event.data["promise"]]
    if not told:
        return
    charges_tie(
        organization_id=batch.organization_id,
        charges=[
            ChargeFor(
                key_hash=batch.key("charge", event.data["reference"]),
                promise_hash=batch.key("promise", event.data["promise"]),
                source_id=batch.source_id,
                reference=event.data["reference"],
            )
            for event in told
        ],
        now=max(batch.received_at[id(event)] for event in told),
    )


def _promises(batch: _Batch, events: Sequence[Event]) -> None:
    made = [event for event in events if event.type == "promise.made"]
    if not made:
        return
    promises_make(
        organization_id=batch.organization_id,
        promises=[
            NewPromise(
                source_id=batch.source_id,
                customer_id=batch.customers[id(event)],
                key_hash=batch.key("promise", event.data["reference"]),
                kind=event.data["kind"],
                what=event.data["what"],
                made_at=event.data["made_at"] or min(event.at, event.data["due_at"]),
                due_at=event.data["due_at"],
                purchase_id=batch.purchases.get(batch.key("purchase", event.data["purchase"])),
                visit_id=batch.visits.get(batch.key("visit", event.data["visit"])),
                place_id=batch.places.get(event.data["place"]),
                product=event.data["product"],
                partner=event.data["partner"],
                value_minor=event.data["minor"],
                currency=event.data["currency"],
                facts=event.data["facts"],
            )
            for event in made
        ],
    )


def _words(batch: _Batch, events: Sequence[Event]) -> None:
    promises_hear(
        organization_id=batch.organization_id,
        words=[
            Word(
                source_id=batch.source_id,
                key_hash=batch.key("promise", event.data["reference"]),
                action=WORDS[event.type],
                happened_at=event.at,
                received_at=batch.received_at[id(event)],
                due_at=event.data["due_at"],
                agreed=event.data["agreed"],
            )
            for event in events
            if event.type in WORDS
        ],
    )


def _changed_dates(batch: _Batch, events: Sequence[Event]) -> None:
    """Signal each later date that the customer did not agree to: a person looks at it; it unbreaks nothing."""
    moved = [event for event in events if event.type == "promise.changed" and not event.data["agreed"]]
    if not moved:
        return
    promises = {
        bytes(promise.key_hash): promise
        for promise in Promise.objects.filter(
            organization_id=batch.organization_id,
            source_id=batch.source_id,
            state="open",
            key_hash__in={batch.key("promise", event.data["reference"]) for event in moved},
        )
    }
    told = [(event, promises.get(batch.key("promise", event.data["reference"]))) for event in moved]
    signals_record(
        organization_id=batch.organization_id,
        signals=[
            NewSignal(
                kind="changed_date",
                customer_id=promise.customer_id,
                happened_at=event.at,
                received_at=batch.received_at[id(event)],
                key_hash=batch.key("signal", event.id),
                source_id=batch.source_id,
                promise_id=promise.id,
                purchase_id=promise.purchase_id,
                place_id=promise.place_id,
            )
            for event, promise in told
            if promise is not None and event.data["due_at"] > promise.first_due_at
        ],
    )


def _signals(batch: _Batch, events: Sequence[Event]) -> None:
    said = [event for event in events if event.type in SIGNALS]
    if not said:
        return
    keys = {batch.key("promise", event.data["promise"]) for event in said if event.data["promise"]}
    live_from = Source.objects.values_list("live_from", flat=True).get(
        organization_id=batch.organization_id, id=batch.source_id
    )
    promises = {
        bytes(key_hash): promise_id
        for key_hash, promise_id in Promise.objects.filter(
            organization_id=batch.organization_id, source_id=batch.source_id, key_hash__in=keys
        ).values_list("key_hash", "id")
    }
    signals_record(
        organization_id=batch.organization_id,
        signals=[
            NewSignal(
                kind=SIGNALS[event.type][0],
                direct=SIGNALS[event.type][1] and event.at >= live_from,  # one of before go-live opens nothing
                customer_id=batch.customers[id(event)],
                happened_at=event.at,
                received_at=batch.received_at[id(event)],
                key_hash=batch.key("signal", event.id),
                source_id=batch.source_id,
                promise_id=promises.get(batch.key("promise", event.data["promise"])),
                about_hash=batch.key("promise", event.data["promise"]) if event.data["promise"] else None,
                purchase_id=batch.purchases.get(batch.key("purchase", event.data["purchase"])),
                place_id=batch.places.get(event.data["place"]),
                value=event.data["value"],
                what=event.data["what"],
            )
            for event in said
        ],
    )


def raw_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank what erased customers' deliveries held (handler of customers:customer:erased)."""
    raw_erase(organization_id=organization_id, customer_ids=[entry.subject_id for entry in entries])


def raw_erase(*, organization_id: int, customer_ids: Sequence[int]) -> None:
    """Blank what these customers' deliveries held; their keys stay, so that a redelivery is still known."""
    promises = Promise.objects.filter(organization_id=organization_id, customer_id__in=list(customer_ids))
    Raw.objects.filter(organization_id=organization_id).filter(
        Q(customer_id__in=list(customer_ids)) | Q(about_hash__in=promises.values("key_hash"))
    ).update(body=None)
