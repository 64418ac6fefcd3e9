"""Random operations on make-goods by processes that are killed with kill -9 at any moment, and what they leave.

``python -m tests.support.books_killed ORG SEED COUNT`` is one such process; it prints a line for each operation done.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import date
from typing import Any

CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY")
ACTS = ("offer", "offer", "offer", "accept", "decline", "deliver", "deliver", "swap", "withdraw")


def run(*, org: dict[str, Any], operations: int, workers: int, kills: int, seed: int) -> Counter[str]:
    """Let `workers` processes share this many operations, and kill one again and again; return what was done.

    A killed one is started anew for the rest of its share. All kills fall into the first half, in which all of them
    run. The database is whatever DATABASE_URL names, as it does for this process.
    """
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    lock = threading.Lock()
    at = sorted(chance.randrange(1, operations // 2) for _ in range(kills))
    started = iter(range(seed * 1_000_000, sys.maxsize))
    running: list[subprocess.Popen[str]] = []
    wrong: list[int] = []

    def work() -> None:
        left = operations // workers
        while left > 0 and not wrong:
            arguments = [json.dumps(org), str(next(started)), str(left)]
            command = [sys.executable, "-m", "tests.support.books_killed", *arguments]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                with lock:
                    running.append(process)
                for line in process.stdout:
                    left -= 1
                    with lock:
                        done[line.strip()] += 1
                        if at and done.total() >= at[0]:
                            at.pop(0)
                            os.kill(chance.choice(running).pid, signal.SIGKILL)
                with lock:
                    running.remove(process)
            if process.returncode == -signal.SIGKILL:
                with lock:
                    done["killed"] += 1
            elif process.returncode:
                wrong.append(process.returncode)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if wrong:
        raise RuntimeError(f"a worker ended with {wrong[0]}")
    return done


def main(arguments: list[str]) -> int:
    """Do operations one after the other, each in its own unit of work."""
    import django

    django.setup()
    org, chance, count = json.loads(arguments[0]), random.Random(int(arguments[1])), int(arguments[2])
    for _ in range(count):
        print(_one(org, chance), flush=True)
    return 0


def _one(org: dict[str, Any], chance: random.Random) -> str:
    from tests.conftest import START
    from tests.support.given import offer

    from makegood.makegoods import operations as made
    from makegood.makegoods.limits import UnableToLimit
    from makegood.makegoods.models import MakeGood
    from makegood.store.tenancy import tenant

    what = chance.choice(ACTS)
    refused = (made.UnableToOffer, made.UnableToMoveMakeGood, made.UnableToDeliver, made.UnableToSwap, UnableToLimit)
    here = {"organization_id": org["id"]}
    try:
        with tenant(organization_id=org["id"]):
            failure_id, currency = chance.choice(org["failures"])
            if what == "offer":
                new = offer(
                    _Org(org), failure_id, cost=chance.randrange(0, 400), remedy=f"gift-{chance.randrange(1_000)}",
                    currency=currency, form=chance.choice(["credit", "coupon", "gift", "time_back"]),
                    part=chance.choice(["extra", "extra", "extra", "fix"]),
                    offered_by=chance.choice([org["employee"], org["manager"], None]) if currency == "EUR" else None,
                )  # fmt: skip
                made.makegood_offer(**here, offer=new, now=START)
                return what
            rows = MakeGood.objects.filter(**here, failure_id=failure_id, state__in=["offered", "accepted"])
            ids = list(rows.order_by("-id").values_list("id", flat=True)[:20])
            if not ids:
                return "nothing"
            one = chance.choice(ids)
            if what == "swap":
                row = MakeGood.objects.get(id=one)
                instead = offer(
                    _Org(org), failure_id, cost=chance.randrange(0, row.cost_minor + 1), form="credit",
                    remedy=f"swap-{chance.randrange(1_000)}", currency=currency,
                )  # fmt: skip
                made.makegood_swap(**here, makegood_id=one, instead=instead, now=START)
            elif what == "withdraw":
                from makegood.makegoods.moves import State
                from makegood.makegoods.writing import makegood_locked, makegoods_move

                row = makegood_locked(**here, makegood_id=one, error=made.UnableToMoveMakeGood)
                makegoods_move(**here, rows=[row], to=State.WITHDRAWN, at={row.id: START})
            else:
                act = {
                    "accept": made.makegood_accept,
                    "decline": made.makegood_decline,
                    "deliver": made.makegood_delivered,
                }
                act[what](**here, makegood_id=one, now=START)
    except refused:
        return "refused"
    return what


class _Org:
    """What the makers of offers ask of an organization."""

    def __init__(self, org: dict[str, Any]) -> None:
        self.id, self.customer, self.employee = org["id"], org["customer"], org["employee"]


def prepared(org: Any, *, failures: int) -> dict[str, Any]:
    """Give an organization failures in several currencies, limits and a budget; return what the processes are told."""
    from tests.conftest import START
    from tests.support.given import failed

    from makegood.core.money import Money
    from makegood.makegoods.limits import budget_set, limit_set
    from makegood.organizations.models import Member
    from makegood.store.tenancy import tenant

    with tenant(organization_id=org.id):
        Member.objects.filter(organization_id=org.id).update(limit_minor=1_000_000)
        for over, minor in (("recovery", 20_000), ("customer", 500_000)):
            limit_set(
                organization_id=org.id, over=over, amount=Money(minor=minor, currency="EUR"), now=START, by=org.admin,
                role="employee",
            )  # fmt: skip
        budget_set(
            organization_id=org.id, place_id=org.place, active_from=date(2026, 3, 1), active_to=date(2026, 4, 1),
            amount=Money(minor=60_000, currency="EUR"), now=START, by=org.admin,
        )  # fmt: skip
    found = []
    for turn in range(failures):
        currency = CURRENCIES[turn % len(CURRENCIES)]
        place = org.place if currency == "EUR" and turn % 2 else None
        found.append((failed(org, price=None, currency="", place_id=place), currency))
    return {
        "id": org.id, "customer": org.customer, "employee": org.employee, "manager": org.manager, "failures": found,
    }  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "makegood.config.settings")
    sys.exit(main(sys.argv[1:]))
