"""A restore drill on a year of 1,000,000 recoveries: how long a backup and trying it take, and what the drill finds.

Seeds one organization, writes a backup, forgets some of its customers after that, and runs `makegood restore --check`
with their list. Exits 1 if the drill finds anything wrong, or misses one of those who were forgotten.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ground import Stopwatch, fresh_database, say

FORGOTTEN = 20


def drill(*, organization_id: int, size: str, folder: Path) -> bool:
    """Back up the database that is open, forget customers, and try the backup; print the times, say if all was well."""
    file, watch = folder / "drill.tar", Stopwatch()
    _makegood("backup", str(file))
    megabytes = file.stat().st_size // 1024**2
    say(f"backup of {size}", f"{watch.seconds:.0f} s, {megabytes} MB")
    _forget(organization_id)
    (folder / "erasures").write_text(_makegood("erasures"))
    tried = json.loads(_makegood("restore", str(file), "--check", "--erasures", str(folder / "erasures"), "--json"))
    for one in tried["checks"]:
        say(f"  {one['what']}", one["said"], "as it should be", one["well"])
    again = f"{FORGOTTEN} of {FORGOTTEN} that were named again"
    whole = tried["well"] and any(again in one["said"] for one in tried["checks"])
    say(f"restore drill of {size}", f"{tried['seconds']:.0f} s", "nothing wrong, nobody missed", whole)
    return whole


def _makegood(*arguments: str) -> str:
    command = [sys.executable, "-m", "makegood.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        raise SystemExit(done.stderr)
    return done.stdout


def _forget(organization_id: int) -> None:
    from django.db import connections

    from makegood.customers.models import Customer
    from makegood.customers.operations import customer_erase
    from makegood.store.clocks import wall_now
    from makegood.store.tenancy import tenant

    with tenant(organization_id=organization_id):
        found = Customer.objects.filter(organization_id=organization_id, erased_at=None).order_by("id")
        for customer_id in list(found.values_list("id", flat=True)[:FORGOTTEN]):
            customer_erase(organization_id=organization_id, customer_id=customer_id, now=wall_now(), by=None)
    connections.close_all()


def main(arguments: Sequence[str]) -> int:
    """Seed, back up, forget, try; return 1 where the drill is not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recoveries", type=int, default=1_000_000)
    asked = parser.parse_args(arguments)
    with fresh_database() as home:
        from benchmarks.seeding import seed
        from makegood.store.clocks import wall_now

        (largest,) = seed(recoveries=asked.recoveries, organizations=1, now=wall_now())
        size = f"{largest.recoveries:,} recoveries"
        return int(not drill(organization_id=largest.organization_id, size=size, folder=home))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
