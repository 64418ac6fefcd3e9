"""The first import of 100,000 old orders into a live organization: how long it takes, and that nothing comes of it.

Writes the orders of last year as a nightly file would have them (some late, some never delivered, some with one star),
brings them in by `makegood import`, ticks and works until nothing is left to do, and brings them in once more. Exits 1
if a recovery opened, anything was to be sent or paid, or the second time changed a row.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.ground import Stopwatch, fresh_database, say

MAPPING = """
source: orders
name: Our web shop
zone: UTC
currency: EUR
data: orders.csv
places: [{code: "{shop}", name: "Shop in {shop}", kind: store}]
events:
  - type: purchase.made
    id: "{order}:bought"
    time: {time: ordered}
    data:
      reference: "{order}"
      customer: {email: "{mail}", name: "{name}"}
      placed_at: {time: ordered}
      total: {money: total}
  - type: promise.made
    id: "{order}:promised"
    time: {time: ordered}
    data:
      reference: "{order}"
      purchase: "{order}"
      customer: {email: "{mail}"}
      place: "{shop}"
      kind: delivery
      made_at: {time: ordered}
      due_at: {time: promised}
      value: {money: total}
  - type: promise.kept
    when: delivered
    id: "{order}:delivered"
    time: {time: delivered}
    data: {reference: "{order}"}
"""
HEAD = "order,shop,mail,name,ordered,promised,delivered,total"
SHOPS = tuple(f"shop{number}" for number in range(30))


def orders_write(folder: Path, *, count: int, seed: int) -> None:
    """Write so many orders of the year before today: one in eight is late, one in fifty never came."""
    chance, newest = random.Random(seed), datetime.now(UTC).replace(microsecond=0) - timedelta(days=8)
    with (folder / "orders.csv").open("w") as file:
        print(HEAD, file=file)
        for number in range(count):
            ordered = newest - timedelta(minutes=chance.randrange(365 * 1440))
            promised = ordered + timedelta(days=3)
            late = timedelta(hours=chance.randrange(-40, 96) if chance.random() < 0.18 else chance.randrange(-60, 0))
            delivered = "" if chance.random() < 0.02 else f"{promised + late:%Y-%m-%dT%H:%M}"
            who = chance.randrange(max(1, count // 3))
            print(
                f"A{number},{chance.choice(SHOPS)},c{who}@example.com,Customer {who},{ordered:%Y-%m-%dT%H:%M},"
                f"{promised:%Y-%m-%dT%H:%M},{delivered},{chance.randrange(500, 30000) / 100:.2f}",
                file=file,
            )
    (folder / "orders.yaml").write_text(MAPPING, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write, import, tick, import again; return 1 where anything came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    asked = parser.parse_args(arguments)
    with fresh_database() as home:
        from django.db import transaction

        from makegood.config.working import work_dry
        from makegood.failures.models import Failure
        from makegood.journal.models import Effect, Entry
        from makegood.makegoods.models import MakeGood
        from makegood.messages.models import Message
        from makegood.organizations import operations as organizations
        from makegood.promises.models import Promise
        from makegood.recoveries.models import Recovery
        from makegood.rules import playbooks
        from makegood.store.clocks import wall_now
        from makegood.store.tenancy import tenant
        from makegood.store.ticking import tick_dry

        now, text = wall_now(), playbooks.text_of("default")
        with transaction.atomic():
            organization_id = organizations.organization_create(code="shops", name="Shops", now=now, delivery="live")
            mine = {"organization_id": organization_id}
            organizations.member_create(**mine, name="Ada", role="admin", now=now, limit_minor=10_000)
            organizations.playbook_publish(**mine, code="default", text=text, data=playbooks.data_of(text), now=now)

        def counted() -> dict[str, int]:
            with tenant(**mine):
                rows = {one.__name__: one.objects.filter(**mine).count() for one in (Promise, Failure, Entry)}
                harm = (Recovery, Message, Effect, MakeGood)
                return rows | {one.__name__: one.objects.filter(**mine).count() for one in harm}

        orders_write(home, count=asked.orders, seed=1)
        watch = Stopwatch()
        _import(home / "orders.yaml")
        took = watch.seconds
        tick_dry()
        work_dry()
        once = counted()
        say(f"{asked.orders:,} old orders imported", f"{took:.0f} s, {watch.seconds:.0f} s with what fell due")
        say("  of them", f"{once['Promise']:,} promises, {once['Failure']:,} broken and quiet")
        harm = {name: once[name] for name in ("Recovery", "Message", "Effect", "MakeGood") if once[name]}
        say("  that open or send anything", str(harm or 0), "none", met=not harm)
        _import(home / "orders.yaml")
        tick_dry()
        same = counted() == once
        say("  the same file again", "changes nothing" if same else "CHANGES ROWS", "no row", met=same)
    return int(bool(harm) or not same or not once["Failure"])


def _import(mapping: Path) -> None:
    command = [sys.executable, "-m", "makegood.cli", "import", str(mapping), "--org", "shops"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
