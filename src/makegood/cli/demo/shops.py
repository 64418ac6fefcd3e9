"""Lumen & Co: an invented group of two shops and a hotel, and the five things that go wrong there today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from makegood.cli.demo.founding import Demo, Person, found
from makegood.cli.demo.names import people
from makegood.customers.bought import NewCharge, NewPurchase, charges_record, purchases_record
from makegood.customers.operations import Seen, customers_resolve
from makegood.failures.incidents import incident_open
from makegood.failures.operations import Report, failure_report
from makegood.listen.operations import events_accept
from makegood.store.secrets import keyed_hash

CODE = "lumen"
ZONE = "Europe/Amsterdam"
BEGINS_AT = datetime(2026, 3, 10, 9, 0, tzinfo=ZoneInfo(ZONE))
"""A Tuesday morning; invented, like all the rest."""

PEOPLE = (
    Person(name="Joris Vos", role="manager", limit_minor=50_000),
    Person(name="Nell Vogel", role="admin", limit_minor=100_000),
    Person(name="Ines Duarte", role="employee", place="utrecht", limit_minor=5_000),
    Person(name="Daan Smit", role="employee", place="utrecht", limit_minor=5_000),
    Person(name="Rosa Lima", role="employee", place="porto", limit_minor=5_000),
    Person(name="Sanne Blom", role="employee", place="zuid", limit_minor=8_000),
    Person(name="Tomas Reis", role="finance", limit_minor=0),
)
PLACES = (
    ("utrecht", "Utrecht shop", "store", ""),
    ("till-3", "Till 3, Utrecht", "till", "utrecht"),
    ("porto", "Porto shop", "store", ""),
    ("zuid", "Hotel Zuid", "hotel", ""),
)


@attrs.frozen(kw_only=True)
class Happening:
    """Something that happens `after` the day begins; `act` runs inside the organization's unit of work."""

    after: timedelta
    act: Callable[[Demo, datetime], Any]


def found_shops() -> Demo:
    """Found the group on a Tuesday morning."""
    return found(
        code=CODE,
        name="Lumen & Co",
        zone=ZONE,
        currency="EUR",
        begins_at=BEGINS_AT,
        people=PEOPLE,
        places=PLACES,
        source=("orders", "Orders and stays", None),
        playbook="default",
    )


def script() -> list[Happening]:
    """List the day's happenings in order."""
    return [
        Happening(after=timedelta(minutes=0), act=_orders),
        Happening(after=timedelta(minutes=12), act=_double_charge),
        Happening(after=timedelta(minutes=25), act=_rude_reply),
        Happening(after=timedelta(minutes=61), act=_parcels_delivered),
        Happening(after=timedelta(minutes=150), act=_till_down),
        Happening(after=timedelta(hours=6, minutes=20), act=_rooms_ready),
    ]


def _customer(demo: Demo, number: int, now: datetime) -> tuple[int, str, str]:
    crowd = people(seed=7)
    for _ in range(number):
        next(crowd)
    name, email = next(crowd)
    (customer_id,) = customers_resolve(
        organization_id=demo.organization_id,
        seen=[Seen(identities=(("email", email),), name=name, language="en")],
        now=now,
    )
    return customer_id, name, email


def _event(event_id: str, kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"specversion": "1.0", "id": event_id, "type": kind, "time": at.isoformat(), "data": data}


def _accept(demo: Demo, bodies: list[dict[str, Any]], now: datetime) -> None:
    events_accept(organization_id=demo.organization_id, source_id=demo.source_id, bodies=bodies, now=now)


def _orders(demo: Demo, now: datetime) -> None:
    """Parcels promised for ten, rooms promised for three; each customer bought before."""
    crowd = people(seed=7)
    bodies: list[dict[str, Any]] = []
    for number in range(16):
        name, email = next(crowd)
        customer = {"email": email, "name": name, "language": "en"}
        total = {"minor": 3_900 + 500 * number, "currency": "EUR"}
        hotel = number >= 12
        order = f"{'stay' if hotel else 'order'}-{88_200 + number}"
        for month in (1, 2, 4):
            placed = now - timedelta(days=30 * month)
            bodies.append(
                _event(
                    f"{order}-before-{month}",
                    "purchase.made",
                    placed,
                    {
                        "reference": f"{order}-before-{month}",
                        "customer": customer,
                        "placed_at": placed.isoformat(),
                        "total": total,
                    },
                )
            )
        bodies.append(
            _event(
                order,
                "purchase.made",
                now,
                {
                    "reference": order,
                    "customer": customer,
                    "placed_at": now.isoformat(),
                    "total": total,
                    "what": "a room for two nights" if hotel else "a parcel",
                    "place": "zuid" if hotel else ("utrecht" if number % 2 else "porto"),
                },
            )
        )
        due = now + (timedelta(hours=6) if hotel else timedelta(hours=1))
        bodies.append(
            _event(
                f"{order}-promise",
                "promise.made",
                now,
                {
                    "reference": order,
                    "purchase": order,
                    "customer": customer,
                    "due_at": due.isoformat(),
                    "kind": "room" if hotel else "delivery",
                    "what": "your room by three" if hotel else "your parcel by ten",
                    "place": "zuid" if hotel else ("utrecht" if number % 2 else "porto"),
                    "value": total,
                },
            )
        )
    _accept(demo, bodies, now)


def _parcels_delivered(demo: Demo, now: datetime) -> None:
    """Nine of twelve parcels came in time; three are still on the wrong van."""
    at = now - timedelta(minutes=20)
    _accept(
        demo,
        [
            _event(f"order-{88_200 + n}-kept", "promise.kept", at, {"reference": f"order-{88_200 + n}"})
            for n in range(12)
            if n not in (3, 5, 8)
        ],
        now,
    )


def _rooms_ready(demo: Demo, now: datetime) -> None:
    """Three of four rooms were ready at three."""
    at = now - timedelta(minutes=40)
    _accept(
        demo,
        [
            _event(f"stay-{88_200 + n}-kept", "promise.kept", at, {"reference": f"stay-{88_200 + n}"})
            for n in (12, 13, 15)
        ],
        now,
    )


def _double_charge(demo: Demo, now: datetime) -> None:
    """A card was charged twice: the second charge is the evidence, nobody had to complain."""
    customer_id, _, _ = _customer(demo, 20, now)
    purchases = purchases_record(
        organization_id=demo.organization_id,
        purchases=[
            NewPurchase(
                customer_id=customer_id,
                key_hash=keyed_hash("lumen-212"),
                placed_at=now,
                total_minor=21_200,
                currency="EUR",
                reference="order-88212",
                what="a lamp",
                place_id=demo.places["utrecht"],
            )
        ],
    )
    (purchase_id,) = purchases.values()
    charges_record(
        organization_id=demo.organization_id,
        charges=[
            NewCharge(
                customer_id=customer_id,
                key_hash=keyed_hash(f"lumen-212-{number}"),
                kind="charge",
                amount_minor=21_200,
                currency="EUR",
                charged_at=now,
                tender="card",
                purchase_id=purchase_id,
            )
            for number in (1, 2)
        ],
    )
    failure_report(
        organization_id=demo.organization_id,
        report=Report(
            customer_id=customer_id,
            kind="wrong_charge",
            loss="money",
            what="your card was charged twice for one lamp",
            happened_at=now,
            fault="ours",
            severity=3,
            place_id=demo.places["utrecht"],
            purchase_id=purchase_id,
            price_minor=21_200,
            currency="EUR",
            found_by_us=True,
        ),
        now=now,
    )


def _rude_reply(demo: Demo, now: datetime) -> None:
    """A customer writes that she was told off at the counter."""
    _, name, email = _customer(demo, 21, now)
    _accept(
        demo,
        [
            _event(
                "rude-1",
                "signal.complaint",
                now,
                {
                    "customer": {"email": email, "name": name},
                    "place": "porto",
                    "what": "you were told off at our counter for asking about a return",
                },
            )
        ],
        now,
    )


def _till_down(demo: Demo, now: datetime) -> None:
    """Till 3 goes down: a colleague opens the incident, and nine customers who stood there are found by their card."""
    incident_id = incident_open(
        organization_id=demo.organization_id,
        title="Till 3 in Utrecht is down",
        by=demo.members["Joris Vos"],
        now=now,
        place_id=demo.places["till-3"],
    )
    for number in range(9):
        customer_id, _, _ = _customer(demo, 30 + number, now)
        failure_report(
            organization_id=demo.organization_id,
            report=Report(
                customer_id=customer_id,
                kind="outage",
                loss="time",
                what="your purchase was lost when our till went down",
                happened_at=now,
                fault="ours",
                place_id=demo.places["till-3"],
                incident_id=incident_id,
                price_minor=2_900 + 300 * number,
                currency="EUR",
                found_by_us=True,
                reported_by_id=demo.members["Joris Vos"],
            ),
            now=now,
        )
