"""Several businesses live through the year side by side, each in a process and on a database of its own.

Each gets its share of the customers and of the faults, and a seed that follows from the one given: how their processes
are scheduled decides nothing, and the same seed leaves the same behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any


def shares(whole: int, houses: int) -> list[int]:
    """Split a number into so many whole shares, as even as can be; the first are the larger ones."""
    return [(whole + houses - 1 - house) // houses for house in range(houses)]


def lived_apart(
    *, houses: int, recoveries: int, faults: int, kills: int, seed: int, rest: Sequence[str]
) -> dict[str, Any]:
    """Let the houses live through the year at the same time; return what is to be told of all of them together.

    `rest` are the other arguments of each. Raises RuntimeError for a house whose process tells nothing.
    """
    split = zip(shares(recoveries, houses), shares(faults, houses), shares(kills, houses), strict=True)
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.year", "--json", "--houses", "1", *rest),
                *("--recoveries", str(customers), "--faults", str(breaking), "--kills", str(dying)),
                *("--seed", str(seed * houses + house)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for house, (customers, breaking, dying) in enumerate(split)
    ]
    told = []
    for house, process in enumerate(running):
        said, _ = process.communicate()
        if not said:
            raise RuntimeError(f"house {house} of the year ended with status {process.returncode}")
        told.append(json.loads(said))
    return together(told)


def together(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add up what houses tell, each as `running.lived` does; of their fingerprints one is made."""
    recoveries = sum(one["recoveries"] for one in told)
    seconds = max(one["lived_seconds"] for one in told)
    prints = [one["fingerprint"] for one in told]
    return {
        "recoveries": recoveries,
        "steps": sum(one["steps"] for one in told),
        "lived_seconds": seconds,
        "recoveries_per_second": round(recoveries / seconds, 2),
        "processor_seconds": _sum(one["processor_seconds"] for one in told),
        "struck": _sum(one["struck"] for one in told),
        "done": _sum(one["done"] for one in told),
        "refused": _sum(one["refused"] for one in told),
        "looked": sum(one["looked"] for one in told),
        "checking_seconds": round(sum(one["checking_seconds"] for one in told), 1),
        "broken": {
            f"{rule}, in house {house}": found
            for house, one in enumerate(told)
            for rule, found in one["broken"].items()
        },
        "fingerprint": blake2b(" ".join(prints).encode(), digest_size=16).hexdigest() if all(prints) else "",
    }


def _sum(counts: Iterable[dict[str, float]]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)  # type: ignore[arg-type]  # seconds add up as counts do
    return {name: round(count, 1) for name, count in sorted(total.items())}
