"""A shop that posts a burst of orders while web, workers and database are killed, and tries each again until it is taken.

As a program it founds the organization that the shop posts to, on the home and the database of its environment, and
prints the address: ``python -m tests.support.hook_killing``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import attrs
import psycopg
from tests.support.killing import (
    LONGEST,
    SHORTEST,
    WAIT_SECONDS,
    Part,
    _kill_database,
    _passes,
    command,
    environment,
    opened,
    run_alone,
)
from tests.support.ports import free_port
from tests.unit.test_hook_signing import headers

SECRET = "a secret that the shop knows"
COUNTED = """
SELECT (SELECT count(*) FROM customers_purchase), (SELECT count(*) FROM promises_promise),
    (SELECT count(*) FROM customers_charge), (SELECT count(*) FROM journal_entry WHERE event = 'promises:promise:made'),
    (SELECT count(*) FROM listen_hookdelivery WHERE state <> 'done')
"""


@attrs.frozen(kw_only=True)
class Posted:
    """What came of it: purchases, promises, charges, promises journalled, deliveries not done; tries, and what died."""

    counted: tuple[int, ...]
    tries: int
    died: Counter[str]
    seconds: float


@attrs.define
class Shop:
    """Posts `count` orders, each until it was answered with 200, and one in three once more.

    It goes no further than the mark: there it posts again what was taken, until the mark moves.
    """

    port: int
    address: str
    count: int
    mark: int
    ordered_at: str
    tries: int = 0
    answered: int = 0
    stop: threading.Event = attrs.field(factory=threading.Event)

    def run(self) -> None:
        rnd = random.Random(self.count)
        for number in range(1, self.count + 1):
            while not self.stop.is_set() and number > self.mark:
                self._post(number - 1)
            for _ in range(1 + (rnd.random() < 1 / 3)):
                while not self.stop.is_set() and self._post(number) != http.HTTPStatus.OK:
                    time.sleep(0.02)
            self.answered = number

    def _post(self, number: int) -> int:
        from tests.unit.test_hook_orders import order

        self.tries += 1
        mine = {
            "id": number,
            "name": f"#{number}",
            "email": f"c{number}@example.com",
            "created_at": self.ordered_at,
        }
        raw = json.dumps(order(**mine)).encode()
        signed = headers("shopify", at=datetime.now(UTC), body=raw, secret=SECRET, delivery=f"order {number}")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("POST", self.address, raw, signed | {"Content-Type": "application/json"})
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()


def post_killed(*, home: Path, count: int, kills: int, seed: int) -> Posted:
    """Post so many orders to web and a worker; one of them, or the database, is killed so often, in turn."""
    port = free_port()
    env, rnd = environment(home, port), random.Random(seed)
    died: Counter[str] = Counter()
    told = run_alone(home=home, arguments=[sys.executable, "-m", "tests.support.hook_killing"], port=port)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(opened(home))
        began = time.monotonic()
        parts = {"web": Part("web", command("web", "--port", str(port), "--processes", "1"), env, stack)}
        parts["worker"] = Part("worker", command("worker"), env, stack)
        marks = [count * kill // (kills + 1) for kill in range(1, kills + 1)] + [count]
        now = datetime.now(UTC).isoformat()
        shop = Shop(port=port, address=f"/hooks/{told.split()[-1]}", count=count, mark=marks[0], ordered_at=now)
        thread = threading.Thread(target=shop.run)
        stack.callback(thread.join)
        stack.callback(shop.stop.set)
        thread.start()
        while not _done(url, shop):
            _passes(parts["web"], rnd.uniform(SHORTEST, LONGEST))
            if died.total() < kills and shop.answered == shop.mark:
                victim = [*parts, "database"][died.total() % 3]
                died[victim] += _kill_database(home) if victim == "database" else parts[victim].kill()
                shop.mark = marks[died.total()]
            for part in parts.values():
                part.start_again()
            if time.monotonic() - began > WAIT_SECONDS:
                raise TimeoutError(f"{shop.answered} were taken; web said {parts['web'].said()}")
        return Posted(counted=_counted(url), tries=shop.tries, died=died, seconds=time.monotonic() - began)


def _counted(url: str) -> tuple[int, ...]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        found = connection.execute(COUNTED).fetchone()
        assert found is not None
        return found


def _done(url: str, shop: Shop) -> bool:
    """Whether all were taken and worked on."""
    with contextlib.suppress(psycopg.OperationalError):
        return shop.answered == shop.count and _counted(url)[-1] == 0
    return False


def found() -> str:
    """Found the organization, and return where its shop posts to."""
    from django.db import transaction

    from makegood.listen.hooks.delivery_rule import DeliveryRule
    from makegood.listen.hooks.operations import hook_make, hook_rule_set
    from makegood.listen.models import Hook
    from makegood.organizations.operations import member_create, organization_create
    from makegood.store.tenancy import tenant

    now = datetime.now(UTC)
    with transaction.atomic():
        here = organization_create(code="shop", name="Shop", now=now, delivery="inbox", zone="Europe/Amsterdam")
        member_create(organization_id=here, name="Ada", role="admin", now=now)
    with tenant(organization_id=here):
        hook_id = hook_make(organization_id=here, kind="shopify", name="", secret=SECRET, by=None, now=now)
        rule = DeliveryRule(days=2)
        hook_rule_set(organization_id=here, hook_id=hook_id, rule=rule, by=None, now=now)
        return Hook.objects.values_list("address", flat=True).get(id=hook_id)


if __name__ == "__main__":
    from makegood.cli.database import open_database

    with open_database():
        print(found())
