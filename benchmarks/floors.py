"""Cases a second of the floors, for each pack and for all in turn: facts as JSON in, amounts, reasons and deadlines out.

One process, in seconds of its own processor time; by the clock too. A busy machine slows both, so each round of cases
stands beside a round of something that does not change: the same facts written as JSON and read again. Their ratio is
what to compare between machines and days; `tests/unit/test_floors_speed.py` holds it. `--seconds` says for how long each
is measured.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

from benchmarks.ground import Stopwatch, say
from makegood.core.floors import Pack
from makegood.rules.packs import floor, load, names

CASES = 2_000
TARGET = 20_000
Facts = dict[str, object]
Draw = Callable[[random.Random], Facts]


def _at(chance: random.Random) -> str:
    return (datetime(2025, 4, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(365 * 24 * 60))).isoformat()


def _money(chance: random.Random, currency: str) -> Facts:
    return {"minor": chance.randrange(500, 500_000), "currency": currency}


def _flight(chance: random.Random) -> Facts:
    return {
        "event_at": _at(chance),
        "distance_km": chance.randrange(200, 12_000),
        "intra_eu": chance.random() < 0.5,
        "arrival_delay_minutes": chance.randrange(0, 500),
        "cancelled": chance.random() < 0.2,
        "notice_days": chance.randrange(0, 20),
        "rerouted_departure_earlier_minutes": chance.randrange(-60, 180),
        "rerouted_arrival_delay_minutes": chance.randrange(0, 300),
        "extraordinary": chance.random() < 0.2,
    }


def _us_flight(chance: random.Random) -> Facts:
    return {
        "event_at": _at(chance),
        "domestic": chance.random() < 0.5,
        "arrival_later_minutes": chance.randrange(0, 500),
        "paid": _money(chance, "USD"),
        "tender": chance.choice(["card", "cash"]),
        "bag_delay_minutes": chance.randrange(0, 2000),
        "bag_fee": _money(chance, "USD"),
    }


def _train(chance: random.Random) -> Facts:
    return {
        "event_at": _at(chance),
        "arrival_delay_minutes": chance.randrange(0, 180),
        "ticket": chance.choice(["single", "return", "weekly", "monthly", "annual"]),
        "ticket_price": _money(chance, "GBP"),
    }


def _line(chance: random.Random) -> Facts:
    since = _at(chance)
    fixed = datetime.fromisoformat(since) + timedelta(hours=chance.randrange(0, 400))
    happened = chance.choice(["loss_of_service", "late_start", "missed_appointment"])
    return {"event_at": since, "happened": happened, "fulfilled_at": fixed.isoformat()}


def _meal(chance: random.Random) -> Facts:
    return {
        "event_at": _at(chance),
        "arrival_delay_minutes": chance.randrange(-20, 40),
        "order_price": _money(chance, "EUR"),
    }


def _guest(chance: random.Random) -> Facts:
    return {
        "event_at": _at(chance),
        "walked": chance.random() < 0.5,
        "promised": _money(chance, "USD"),
        "other_room_cost": _money(chance, "USD"),
    }


DRAWS: dict[str, Draw] = {
    "delay-repay-15": _train,
    "delay-repay-30": _train,
    "eu261": _flight,
    "hotel-walk": _guest,
    "late-is-free": _meal,
    "uk-ofcom": _line,
    "uk261": _flight,
    "us-dot": _us_flight,
}


def cases_of(name: str) -> list[tuple[Pack, Facts]]:
    """Return as many cases of a pack as are measured, the same ones each time."""
    chance = random.Random(name)
    return [(load(name), DRAWS[name](chance)) for _ in range(CASES)]


def rates(cases: Sequence[tuple[Pack, Facts]], *, seconds: float, as_json: bool = False) -> tuple[float, float]:
    """Return how many cases are decided in a second of processor time, and in one by the clock."""
    decided, watch, since = 0, Stopwatch(), time.process_time()
    while time.process_time() - since < seconds:
        for pack, facts in cases:
            decision = floor(pack=pack, facts=facts)
            if as_json:
                json.dumps(decision.as_dict())
        decided += len(cases)
    return decided / (time.process_time() - since), decided / watch.seconds


def beside_json(cases: Sequence[tuple[Pack, Facts]], *, rounds: int) -> float:
    """Return how many times as long a decision takes as writing its facts as JSON and reading them again.

    Both are measured by turns; the least of each counts, which other work on the machine disturbs least.
    """
    decided, written = [], []
    for _ in range(rounds):
        since = time.process_time()
        for pack, facts in cases:
            floor(pack=pack, facts=facts)
        between = time.process_time()
        for _, facts in cases:
            json.loads(json.dumps(facts))
        decided.append(between - since)
        written.append(time.process_time() - between)
    return min(decided) / min(written)


def main(arguments: Sequence[str]) -> int:
    """Measure each pack, and all of them in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args(arguments).seconds
    each = {name: cases_of(name) for name in names()}
    every = list(chain.from_iterable(zip(*each.values(), strict=True)))
    for name, cases in each.items():
        used, clock = rates(cases, seconds=seconds)
        ratio = beside_json(cases, rounds=5)
        say(
            f"floors: {name}",
            f"{used:,.0f} cases/s of processor time, {clock:,.0f} by the clock; {ratio:.1f} times its facts as JSON",
        )
    used, clock = rates(every, seconds=2 * seconds)
    say(
        "floors: all packs in turn",
        f"{used:,.0f} cases/s of processor time, {clock:,.0f} by the clock",
        f"at least {TARGET:,} a second of processor time",
        used >= TARGET,
    )
    say("floors: all packs in turn, beside their facts as JSON", f"ratio {beside_json(every, rounds=5):.1f}")
    used, clock = rates(every, seconds=seconds, as_json=True)
    say(
        "floors: all packs in turn, written as JSON",
        f"{used:,.0f} cases/s of processor time, {clock:,.0f} by the clock",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
