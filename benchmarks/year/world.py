"""What happens to customers in the year: what is bought and promised, what fails, and when we hear of it.

Failures fall on days and hours by a fixed pattern of 548 a day (200,000 a year), scaled to the number asked for. Each
is numbered, and everything about it is drawn from that number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import attrs

from benchmarks.year.draws import Draws
from benchmarks.year.house import BEGINS_AT, PLACES

WEEK = (1.1, 1.0, 1.0, 1.05, 1.2, 1.25, 0.6)
HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 9, 9, 8, 7, 8, 9, 9, 8, 6, 4, 3, 2, 1, 0)
"""How the failures of a day fall on its hours (UTC)."""
BURST = 14
"""How many customers one incident hits."""
SHARES = {"broken": 0.60, "complaint": 0.16, "reported": 0.13}
IN_BURSTS = 0.11
"""The share of failures that one cause brings upon many at once."""
LINE_SHARES = {"orders": 0.38, "counter": 0.2, "lines": 0.16, "stays": 0.1, "homes": 0.1, "flights": 0.06}
OPEN_ONE = 0.91
"""How many failures of a hundred come to a recovery; the others are marginal, or turn out to be none."""
REPORTED = (("wrong_charge", "money"), ("rework", "service"), ("not_as_described", "goods"), ("interaction", "trust"))
LANGUAGES = ("en", "en", "en", "en", "en", "en", "de", "fr", "es", "pt")


@attrs.frozen(kw_only=True)
class Failed:
    """One failure of the year: its number, when it shows, how, in which line of business and to whom."""

    number: int
    at: datetime
    how: str
    line: str
    place: str
    person: int

    @property
    def bought(self) -> str:
        """The reference of what was bought, by which its recovery is known."""
        return f"B{self.number}"


@attrs.frozen(kw_only=True)
class Event:
    """An event that a source tells of: `told_at` when it reaches us, which may be after it happened."""

    told_at: datetime
    line: str
    body: dict[str, Any]


class World:
    """The year's failures, drawn once; the same for the same arguments."""

    def __init__(self, *, recoveries: int, days: int, draws: Draws) -> None:
        self._draws = draws
        self._days = days
        weights = [WEEK[(BEGINS_AT + timedelta(days=day)).weekday()] * _season(day) for day in range(days)]
        self._by_day = list(accumulate(weights))
        self._by_hour = list(accumulate(HOURS))
        failures = (self._failed(number) for number in range(round(recoveries / OPEN_ONE)))
        self.failures = sorted(failures, key=lambda one: one.at)

    def _failed(self, number: int) -> Failed:
        rnd = self._draws.of("failed", number)
        how = rnd.choices(list(SHARES), weights=list(SHARES.values()))[0]
        if self._draws.chance(IN_BURSTS, "burst", number // BURST):
            how = "burst"
        key = number // BURST if how == "burst" else number
        at = self._moment(self._draws.of("when", how == "burst", key))
        where = self._draws.of("where", how == "burst", key)
        line = where.choices(list(LINE_SHARES), weights=list(LINE_SHARES.values()))[0]
        if how == "burst":
            at += timedelta(seconds=rnd.randrange(600))
        person = number
        if number > 20 and rnd.random() < 0.25:
            person = rnd.randrange(max(0, number - 400), number)
        return Failed(number=number, at=at, how=how, line=line, place=where.choice(PLACES), person=person)

    def _moment(self, rnd: Any) -> datetime:
        day = bisect_right(self._by_day, rnd.random() * self._by_day[-1])
        hour = bisect_right(self._by_hour, rnd.random() * self._by_hour[-1])
        midnight = BEGINS_AT.replace(hour=0)
        at = midnight + timedelta(days=min(day, self._days - 1) + 1, hours=hour, seconds=rnd.randrange(3600))
        return at + timedelta(microseconds=rnd.randrange(1_000_000))

    def customer(self, person: int) -> dict[str, str]:
        """Return how a source names this customer: most have an address, some are only a card."""
        rnd = self._draws.of("person", person)
        if rnd.random() < 0.35:
            return {"token": f"card {person}"}
        name = f"{rnd.choice(('Ana', 'Ben', 'Chloe', 'Dev', 'Eva', 'Finn'))} {rnd.choice(('Marsh', 'Osei', 'Rao'))}"
        return {"email": f"c{person}@example.org", "name": name, "language": rnd.choice(LANGUAGES)}

    def events(self, one: Failed) -> Iterator[Event]:
        """Yield what the sources tell of one failure, or, for what colleagues report, of its purchase alone."""
        rnd = self._draws.of("events", one.number)
        customer = self.customer(one.person)
        made_at = one.at - timedelta(hours=rnd.randrange(4, 40))
        if one.person == one.number:
            for month in range(rnd.randrange(5)):
                yield self._bought(one, f"earlier {month}", customer, made_at - timedelta(days=28 * (month + 1)), rnd)
        yield self._bought(one, "", customer, made_at, rnd)
        if one.how in ("broken", "burst"):
            yield from self._promised(one, customer, made_at, rnd)
        elif one.how == "complaint":
            data = {"customer": customer, "purchase": one.bought, "place": one.place, "what": "it does not work"}
            yield self._event(one, "signal.complaint", one.at, data)

    def _promised(self, one: Failed, customer: dict[str, str], made_at: datetime, rnd: Any) -> Iterator[Event]:
        data: dict[str, Any] = {
            "reference": f"P{one.number}",
            "customer": customer,
            "purchase": one.bought,
            "kind": "delivery",
            "what": "your order",
            "place": one.place,
            "due_at": one.at.isoformat(),
            "value": {"minor": rnd.randrange(900, 90_000), "currency": "EUR"},
        }
        if one.line == "flights":
            data["facts"] = {
                "event_at": one.at.isoformat(),
                "distance_km": rnd.choice((700, 2200, 6100)),
                "intra_eu": True,
            }
        yield self._event(one, "promise.made", made_at, data)
        fate = rnd.choices(("never", "late", "a little late", "told late"), weights=(35, 50, 11, 4))[0]
        after = {
            "late": timedelta(hours=rnd.randrange(5, 90)),
            "a little late": timedelta(minutes=rnd.randrange(2, 25)),
            "told late": -timedelta(minutes=rnd.randrange(5, 60)),
        }
        if fate != "never":
            happened_at = one.at + after[fate]
            told_at = one.at + timedelta(hours=rnd.randrange(6, 60)) if fate == "told late" else happened_at
            yield self._event(one, "promise.kept", happened_at, {"reference": f"P{one.number}"}, told_at=told_at)

    def returns(self, one: Failed, opened_at: datetime) -> Iterator[Event]:
        """Yield what the customer buys after it was put right; those who vanish buy nothing."""
        rnd = self._draws.of("returns", one.number)
        if rnd.random() < 0.45:
            return
        at = opened_at + timedelta(days=rnd.randrange(4, 30))
        for time in range(rnd.randrange(1, 4)):
            yield self._bought(one, f"later {time}", self.customer(one.person), at, rnd)
            at += timedelta(days=rnd.randrange(20, 40))

    def _bought(self, one: Failed, which: str, customer: dict[str, str], at: datetime, rnd: Any) -> Event:
        data = {
            "reference": f"{one.bought} {which}".strip(),
            "customer": customer,
            "placed_at": at.isoformat(),
            "total": {"minor": rnd.randrange(1500, 60_000), "currency": "EUR"},
            "what": "an order",
            "place": one.place,
        }
        return self._event(one, "purchase.made", at, data)

    def _event(
        self, one: Failed, kind: str, at: datetime, data: dict[str, Any], *, told_at: datetime | None = None
    ) -> Event:
        reference = data.get("reference", one.number)
        body = {"specversion": "1.0", "id": f"{kind} {reference}", "type": kind, "time": at.isoformat(), "data": data}
        return Event(told_at=told_at or at, line=one.line, body=body)


def _season(day: int) -> float:
    """December is twice as busy, August quieter."""
    month = (BEGINS_AT + timedelta(days=day)).month
    return {12: 2.0, 11: 1.4, 8: 0.7}.get(month, 1.0)
