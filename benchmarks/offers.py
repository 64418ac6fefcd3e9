"""What offers take: one decision in process, and `makegood offer --lines` in one process, for cases of every kind.

The cases are drawn with a seed, half of them with what is owed, some of an incident, some with a plan to be judged. By the
clock and in seconds of the process's own processor time, which a busy machine does not change much.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.ground import Stopwatch, percentile, say
from makegood.core.remedies import MATCHES
from makegood.rules import offers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SLOWEST_MS, LEAST_LINES = 10.0, 2_000
LIKES = ("coffee", "books and reading", "chocolate", "garden flowers", "trains", "quiet", "their children")
Case = dict[str, object]


def _money(minor: int) -> Case:
    return {"minor": minor, "currency": "EUR"}


def case_of(chance: random.Random) -> Case:
    """Return one case as `makegood offer` reads it."""
    price = chance.randrange(500, 100_000)
    fact = {
        "kind": chance.choice(["interest", "dislike", "occasion", "preference"]),
        "source": "said at the desk",
        "consent": chance.random() < 0.9,
        "expires_at": (NOW + timedelta(days=chance.randrange(-20, 400))).isoformat(),
    }
    loss, severity = chance.choice(list(MATCHES)), chance.randrange(1, 5)
    case: Case = {
        "customer": {
            "group": chance.choice(["new", "regular", "unknown"]),
            "purchases": chance.randrange(40),
            "facts": [{**fact, "value": value} for value in chance.sample(LIKES, chance.randrange(4))],
        },
        "failure": {
            "kind": chance.choice(["broken_promise", "wrong_charge", "not_as_described", "rework"]),
            "loss": loss,
            "fault": chance.choice(["ours", "partner", "unknown"]),
            "severity": severity,
            "kept_service": chance.choice([True, False, None]),
            "price": _money(price) if chance.random() < 0.95 else None,
            "late": chance.random() < 0.2,
        },
        "place": chance.choice(["north", "south"]),
        "history": [{"what": "extra", "id": chance.choice(["coffee", "note", "sweet"])} for _ in range(chance.randrange(3))],
        "limits": {"member": _money(chance.randrange(20_000)), "customer": _money(chance.randrange(40_000))},
        "budget": {"left": _money(chance.randrange(10**6)), "price": round(3 * chance.random(), 2)},
    }  # fmt: skip
    if chance.random() < 0.5:
        owed = {"amount": _money(price // 4), "form": "original_payment", "due_by": NOW.isoformat(), "rule": "own.late"}
        case["floor"] = {"owed": [owed], "reasons": []}
    if chance.random() < 0.2:
        said = {"loss": loss, "severity": severity, "kept_service": True, "late": True}
        case["incident"] = {"id": "storm", **said, "lowest_price": _money(500), "highest_floor": _money(price)}
    if chance.random() < 0.1:
        case["proposed"] = {"remedy": "personal-call", "non_monetary": ["I call them"], "extras": ["note"]}
    return case


def cases(count: int, *, seed: int = 5) -> list[Case]:
    """Return so many cases, the same ones each time."""
    chance = random.Random(seed)
    return [case_of(chance) for _ in range(count)]


def in_process(count: int) -> list[float]:
    """Return the milliseconds that each decision took: JSON data in, JSON data out."""
    catalogue, took = offers.load(), []
    for case in cases(count):
        began = time.perf_counter()
        offers.offer(case=case, catalogue=catalogue, now=NOW).as_dict()
        took.append(1000 * (time.perf_counter() - began))
    return took


def by_lines(count: int) -> tuple[float, float]:
    """Return the cases a second of one `makegood offer --lines`, by processor time and by the clock, its start included."""
    with tempfile.TemporaryDirectory(prefix="mg-bench-") as folder:
        file, out = Path(folder, "cases.jsonl"), Path(folder, "answers.jsonl")
        file.write_text("".join(json.dumps(case) + "\n" for case in cases(count)))
        before, watch = resource.getrusage(resource.RUSAGE_CHILDREN), Stopwatch()
        with out.open("wb") as answers:
            command = [sys.executable, "-m", "makegood.cli", "offer", "--lines", str(file)]
            done = subprocess.run(command, stdout=answers, check=False, env=os.environ)
        seconds, after = watch.seconds, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        answered = sum(1 for _ in out.open("rb"))
    if done.returncode > 1 or answered != count:
        raise SystemExit(f"offers: {answered} of {count} cases were answered, status {done.returncode}")
    return count / used, count / seconds


def main(arguments: Sequence[str]) -> int:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    count = parser.parse_args(arguments).cases
    took = in_process(min(count, 5_000))
    worst = percentile(took, 0.999)
    say(
        "offers: one decision in process",
        f"{percentile(took, 0.5):.2f} ms median, {percentile(took, 0.99):.2f} ms p99, {worst:.2f} ms p99.9",
        f"p99.9 under {SLOWEST_MS:.0f} ms",
        worst < SLOWEST_MS,
    )
    used, clock = by_lines(count)
    say(
        "offers: makegood offer --lines, one process",
        f"{used:,.0f} cases/s of processor time, {clock:,.0f} by the clock, its start included",
        f"at least {LEAST_LINES:,} a second of processor time",
        used >= LEAST_LINES,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
