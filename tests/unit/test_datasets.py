"""What the readers of recorded data give, counted from their events alone; and how a replay cuts them into batches."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.cli.demo import airline
from makegood.listen.datasets import Recorded, UnusableData, boston311, local_moment, nycflights, olist
from makegood.listen.events import MOST_EVENTS, read
from makegood.listen.replaying import LONGEST_STEP, batch_ends

NOTICED = timedelta(minutes=15)


@attrs.frozen(kw_only=True)
class Counted:
    """What an independent walk through the events finds; `broken` holds the promises by reference."""

    events: int
    due: dict[str, datetime]
    kept: dict[str, datetime]
    broken: frozenset[str]
    complaints: list[tuple[str, datetime]]
    last_at: datetime

    @property
    def late(self) -> int:
        return sum(1 for reference in self.broken if reference in self.kept)

    @property
    def leads(self) -> list[float]:
        """Hours from the promise's end to each complaint about a broken one."""
        said = ((at - self.due[about]).total_seconds() / 3600 for about, at in self.complaints if about in self.broken)
        return sorted(said)


def counted(recorded: Recorded) -> Counted:
    """Count, checking on the way that time never runs back and that no id comes twice."""
    due: dict[str, datetime] = {}
    kept: dict[str, datetime] = {}
    complaints = []
    ids = set()
    last_at = datetime.min.replace(tzinfo=UTC)
    for event in recorded.events():
        assert event["time"] >= last_at
        last_at = event["time"]
        ids.add(event["id"])
        said = event["data"]
        if event["type"] == "promise.made":
            due[said["reference"]] = said["due_at"]
        elif event["type"] == "promise.kept":
            kept.setdefault(said["reference"], event["time"])
        elif event["type"] == "signal.review":
            complaints.append((said["promise"], event["time"]))
    assert len(ids) == len(recorded.moments)
    broken = frozenset(one for one, at in due.items() if (kept[one] > at if one in kept else at < last_at))
    return Counted(events=len(ids), due=due, kept=kept, broken=broken, complaints=complaints, last_at=last_at)


@pytest.fixture(scope="module")
def flights() -> Recorded:
    return nycflights.read()


@pytest.mark.data
def test_the_marketplace_breaks_2167_promises_and_1690_reviews_complain_of_them(data_dir: Path) -> None:
    found = counted(olist.read(data_dir / "olist"))
    assert (len(found.due), len(found.broken), found.late, len(found.broken) - found.late) == (4882, 2167, 155, 2012)
    assert (len(found.complaints), len(found.leads)) == (1965, 1690)
    assert round(sum(lead > 0 for lead in found.leads) / 1690, 3) == 0.989
    assert round(median(found.leads), 1) == 63.8


@pytest.mark.data
def test_boston_breaks_14516_promises_and_closes_17_before_they_are_opened(data_dir: Path) -> None:
    recorded = boston311.read(data_dir / "boston311")
    found = counted(recorded)
    assert (len(found.due), len(found.broken), found.late, len(found.broken) - found.late) == (38844, 14516, 8376, 6140)
    assert found.last_at == datetime(2016, 1, 12, 20, 44, 59, tzinfo=UTC)
    opened = {event["data"]["reference"]: event["time"] for event in recorded.events() if "due_at" in event["data"]}
    assert sum(found.kept[one] < at for one, at in opened.items() if one in found.kept) <= 17


def test_the_flights_break_142434_promises_of_which_89530_are_noticed(flights: Recorded) -> None:
    found = counted(flights)
    never = len(found.broken) - found.late
    assert (found.late, never, len(found.broken), len(found.due) - len(found.broken)) == (133004, 9430, 142434, 194342)
    noticed = sum(one not in found.kept or found.kept[one] - found.due[one] >= NOTICED for one in found.broken)
    assert (noticed, len(found.broken) - noticed) == (89530, 52904)
    waiting = [at for one, at in found.due.items() if one not in found.kept and at + NOTICED > found.last_at]
    assert not waiting, "at the end nothing is left to be decided"


def test_the_demo_shows_the_carrier_with_the_most_failed_flights_on_the_day_with_the_most() -> None:
    days: Counter[date] = Counter()
    carriers: Counter[tuple[date, str]] = Counter()
    for row, column in nycflights._rows(nycflights._folder()):
        late = row[column["arr_delay"]]
        if late in ("", "NA") or float(late) >= 15:
            on_date = date(*map(int, row[:3]))
            days[on_date] += 1
            carriers[on_date, row[column["carrier"]]] += 1
    assert days.most_common(1) == [(airline.WORST, 813)]
    ((_, carrier), count), *_ = [one for one in carriers.most_common() if one[0][0] == airline.WORST]
    assert carrier == airline.CARRIER
    assert sum(one.late is None or one.late >= 15 for one in airline.worst_day().flights) == count


def test_a_flight_is_due_at_its_scheduled_arrival_where_it_lands(flights: Recorded) -> None:
    """UA 1545 to Houston leaves 5:15 New York time on New Year's Day and is due 8:19 in Houston."""
    first = next(flights.events())
    assert first["time"] == datetime(2013, 1, 1, 10, 15, tzinfo=UTC)
    assert first["data"]["what"] == "UA1545 EWR-IAH"
    assert first["data"]["due_at"] == datetime(2013, 1, 1, 14, 19, tzinfo=UTC)


def test_flights_last_between_half_an_hour_and_half_a_day(flights: Recorded) -> None:
    """So no arrival was put on the wrong day or in the wrong zone."""
    lasts = Counter(
        (event["data"]["due_at"] - event["time"]) // timedelta(minutes=30)
        for event in flights.events()
        if event["type"] == "promise.made"
    )
    assert min(lasts) >= 1
    assert max(lasts) < 24


def test_the_events_of_every_reader_are_events(flights: Recorded) -> None:
    events = flights.events()
    assert len(read([next(events) for _ in range(MOST_EVENTS)])) == MOST_EVENTS


def test_events_go_on_from_any_position(flights: Recorded) -> None:
    whole = flights.events()
    for _ in range(5000):
        next(whole)
    assert next(flights.events(5000)) == next(whole)


@pytest.mark.parametrize(
    ("date", "minutes", "zone", "utc"),
    [
        ((2013, 1, 1), 315, "America/New_York", "2013-01-01T10:15"),
        ((2013, 7, 1), 315, "America/New_York", "2013-07-01T09:15"),  # daylight saving time
        ((2013, 12, 31), 1440, "America/New_York", "2014-01-01T05:00"),  # the midnight that ends a day
        ((2013, 3, 10), 150, "America/New_York", "2013-03-10T07:30"),  # an hour that was skipped
        ((2013, 11, 3), 90, "America/New_York", "2013-11-03T05:30"),  # an hour that came twice: the first
        ((2017, 10, 14), 1440, "America/Sao_Paulo", "2017-10-15T03:00"),  # a midnight that was skipped
    ],
)
def test_local_moments(date: tuple[int, int, int], minutes: int, zone: str, utc: str) -> None:
    assert local_moment(*date, minutes, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "there is no customers.csv.gz in"),
        ({"customers.csv.gz": "customer_id\n"}, "customers.csv.gz lacks the column customer_unique_id"),
    ],
)
def test_another_folder_is_refused_in_one_sentence(tmp_path: Path, tables: dict[str, str], said: str) -> None:
    for name, text in tables.items():
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    with pytest.raises(UnusableData, match=said):
        olist.read(tmp_path)


AT = datetime(2026, 3, 2, tzinfo=UTC)
moments = st.lists(st.integers(0, 5000), min_size=1, max_size=60).map(
    lambda minutes: [(AT + timedelta(minutes=minute), 0, row) for row, minute in enumerate(sorted(minutes))]
)


@given(moments=moments, start=st.integers(0, 59), stop=st.none() | st.integers(0, 5000))
def test_batches_follow_each_other_to_the_end_and_none_is_too_long(
    moments: list[tuple[datetime, int, int]], start: int, stop: int | None
) -> None:
    until = None if stop is None else AT + timedelta(minutes=stop)
    position = start
    for end in batch_ends(moments=moments, start=start, until=until):
        assert position < end <= position + MOST_EVENTS
        assert moments[end - 1][0] - moments[position][0] <= LONGEST_STEP
        position = end
    left = moments[position:]
    assert not left if until is None else all(at > until for at, _, _ in left)


def test_a_batch_holds_at_most_as_many_as_a_request() -> None:
    at_once = [(AT, 0, row) for row in range(2 * MOST_EVENTS + 1)]
    assert list(_ends(at_once)) == [MOST_EVENTS, 2 * MOST_EVENTS, 2 * MOST_EVENTS + 1]


def _ends(at_once: list[tuple[datetime, int, int]]) -> Iterator[int]:
    return batch_ends(moments=at_once, start=0, until=None)
