"""Decisions a second of the pure rules: gate, clock, floor and linter, in one process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.ground import Stopwatch, say
from makegood.core.calendars import Calendar
from makegood.core.clock import deadline
from makegood.core.floors import owed
from makegood.core.gate import GateFacts, decide
from makegood.core.wording import Case, lint
from makegood.rules import packs
from makegood.rules.wording_data import wording_rules

SECONDS = 1.0
AT = datetime(2026, 10, 23, 14, 30, tzinfo=UTC)
SPANS = [["09:00", "12:00"], ["13:00", "17:00"]]
CALENDAR = {
    "zone": "Europe/Berlin",
    "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), SPANS),
    "holidays": ["2026-12-25"],
}
FACTS = {"event_at": "2025-03-01T10:00:00+01:00", "distance_km": 5000, "intra_eu": False, "extraordinary": False}
APOLOGY = """Dear Ana,

I am sorry that parcel {number} did not come on Monday. That was our mistake: we packed it too late. A new one leaves
today with the express courier, and I will write again by 17:00.

Bo, head of the shop
"""


def rate(decide_one: Callable[[int], object]) -> float:
    """Return how many decisions a second are made, over about one second after a short warm-up."""
    for number in range(50):
        decide_one(number)
    watch, made = Stopwatch(), 0
    while watch.seconds < SECONDS:
        for number in range(made, made + 50):
            decide_one(number)
        made += 50
    return made / watch.seconds


def main(_: Sequence[str]) -> int:
    """Measure each rule."""
    pack, rules = packs.load("eu261"), wording_rules("en")
    calendar = Calendar.from_data(CALENDAR)
    measured: dict[str, Callable[[int], object]] = {
        "gate": lambda n: decide(
            facts=GateFacts(kind="broken_promise", happened_at=AT + timedelta(minutes=n), notice_minutes=60),
            now=AT + timedelta(minutes=n + 61),
        ),
        "clock, every minute counts": lambda n: deadline(
            start_at=AT + timedelta(minutes=n), minutes=1440, calendars=None
        ),
        "clock, two spans a day and a holiday": lambda n: deadline(
            start_at=AT + timedelta(minutes=n), minutes=480, calendars=calendar
        ),
        "floor, EU261": lambda n: owed(pack=pack, facts={**FACTS, "arrival_delay_minutes": n % 400}),
        "linter, an apology": lambda n: lint(text=APOLOGY.format(number=n), rules=rules, case=Case()),
    }
    for name, decide_one in measured.items():
        say(f"rules: {name}", f"{rate(decide_one):,.0f} decisions/s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
