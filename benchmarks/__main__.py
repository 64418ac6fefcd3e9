"""Run all benchmarks, or those named: `python -m benchmarks [NAME...] [--events N]`, each in a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

BENCHMARKS: dict[str, tuple[str, ...]] = {
    "rules": ("rules",),
    "floors": ("floors",),
    "fuzz": ("fuzz",),
    "offers": ("offers",),
    "pacing": ("pacing",),
    "wording": ("wording",),
    "failures": ("events", "--to", "failures"),
    "recoveries": ("events", "--to", "recoveries"),
    "ticking": ("ticking",),
    "first-import": ("first_import",),
    "pages": ("served",),
    "load": ("load", "--drill"),
    "olist": ("replays", "olist"),
    "boston311": ("replays", "boston311"),
    "nycflights": ("replays", "nycflights"),
    "kills": ("kills",),
    "imap": ("imap",),
    "learning": ("learning",),
    "machine": ("machine",),
    "telling": ("telling",),
    "ledger": ("ledger",),
    "shadow": ("shadow",),
    "value": ("value",),
    "upgrade": ("upgrade",),
    "year": ("year",),
    "year-kills": (
        *("year", "--houses", "1", "--recoveries", "300", "--days", "14", "--tail", "21", "--grid", "480"),
        *("--kills", "20"),
    ),
}
TAKE_EVENTS = ("failures", "recoveries")


def main() -> int:
    """Run them one after the other; fail if one cannot run or finds runs that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all without any")
    parser.add_argument("--events", type=int, default=0, help="only the first N events of the flights")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    failed = []
    print(f"({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before it began)", flush=True)
    for name in asked.names or BENCHMARKS:
        module, *rest = BENCHMARKS[name]
        if asked.events and name in TAKE_EVENTS:
            rest += ["--events", str(asked.events)]
        if subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *rest], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
