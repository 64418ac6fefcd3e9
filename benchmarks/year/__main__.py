"""A simulated year: `python -m benchmarks.year [--recoveries N] [--houses H] [--faults N] [--kills N] [--seed S]`.

It prints what happened, how quickly, which rules were broken, and a fingerprint of all that is left: the same seed gives
the same one. Two houses share the customers and the faults, each on a processor core of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.ground import Stopwatch, fresh_database, say
from benchmarks.year.houses import lived_apart

WHOLE, QUICK = 9_000, 900
"""From so many recoveries on it is the whole year, which is to take less than so many seconds."""


def main(arguments: Sequence[str]) -> int:
    """Live through the year on a fresh database; 1 if a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--recoveries", type=int, default=10_000, help="how many customers are failed in the year")
    parser.add_argument("--days", type=int, default=365, help="how many days they fall on")
    parser.add_argument("--tail", type=int, default=60, help="how many days are lived on after those")
    parser.add_argument("--faults", type=int, default=50, help="how many things break, in process")
    parser.add_argument("--kills", type=int, default=0, help="instead: how many processes die by kill -9 meanwhile")
    parser.add_argument("--grid", type=int, default=60, help="minutes between two moments at which people act")
    parser.add_argument("--houses", type=int, default=2, help="how many businesses they are the customers of")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="where an empty database lies ready, for one house")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    watch = Stopwatch()
    told = _alone(asked) if asked.houses == 1 else _side_by_side(asked)
    told["seconds"] = round(watch.seconds, 1)
    if asked.json:
        print(json.dumps(told, indent=1, default=str))
    else:
        tell(told)
    return 1 if told["broken"] else 0


def _alone(asked: argparse.Namespace) -> dict[str, Any]:
    with fresh_database(asked.home) as home:
        from benchmarks.year.running import lived

        return lived(
            home=home,
            recoveries=asked.recoveries,
            days=asked.days,
            tail=asked.tail,
            faults=asked.faults,
            kills=asked.kills,
            grid=timedelta(minutes=asked.grid),
            seed=asked.seed,
        )


def _side_by_side(asked: argparse.Namespace) -> dict[str, Any]:
    return lived_apart(
        houses=asked.houses,
        recoveries=asked.recoveries,
        faults=asked.faults,
        kills=asked.kills,
        seed=asked.seed,
        rest=("--days", str(asked.days), "--tail", str(asked.tail), "--grid", str(asked.grid)),
    )


def tell(told: dict[str, Any]) -> None:
    """Print what matters of a year in a few lines."""
    struck = sum(told["struck"].values())
    figure = f"{told['recoveries']} recoveries and {struck} faults in {told['seconds']} s"
    say("year", f"{figure}, {told['recoveries_per_second']} a second", "10,000 under 15 minutes", *_met(told))
    used = ", ".join(f"{name} {seconds} s" for name, seconds in told["processor_seconds"].items())
    say("year, processor time", f"{used}; checking {told['checking_seconds']} s in {told['looked']} looks")
    say("year, struck", ", ".join(f"{name} {count}" for name, count in told["struck"].items()) or "nothing")
    say("year, done", ", ".join(f"{name} {count}" for name, count in told["done"].items()))
    for rule, found in told["broken"].items():
        say("year, BROKEN", f"{rule}: {found}")
    say("year, rules broken", str(len(told["broken"])), "none", not told["broken"])
    say("year, fingerprint", told["fingerprint"] or "none: what is killed when is not seeded")


def _met(told: dict[str, Any]) -> tuple[bool, ...]:
    """Whether it was quick enough, where it was the whole year."""
    return (told["seconds"] < QUICK,) if told["recoveries"] >= WHOLE else ()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
