"""Twenty who read and write all the time, each request on a line of its own, while one release gives over to the next.

As a program it founds what they ask for, on the home and with the release of its environment, and prints it:
``python -m tests.support.crowd [ORGANIZATION EMAIL]``, in an organization that is there already or in a new one.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import http.cookiejar
import itertools
import json
import re
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import attrs

SECRET = "a secret that the shop knows"
PASSWORD = "makegood"
KINDS = ("today", "report", "recovery", "hook", "status", "mail")
EXPECTED = {"report": http.HTTPStatus.CREATED} | dict.fromkeys(
    ("today", "recovery", "status", "hook", "mail"), http.HTTPStatus.OK
)
WRITES = ("report", "hook", "mail")
TIMEOUT = 60.0
HELD = """
SELECT 'report', count(*), count(DISTINCT f.customer_id) FROM failures_failure f
WHERE EXISTS (SELECT FROM customers_identity i WHERE i.customer_id = f.customer_id AND i.value LIKE 'report-%@crowd.example')
UNION ALL SELECT 'hook', count(*), count(DISTINCT p.customer_id) FROM customers_purchase p
WHERE EXISTS (SELECT FROM customers_identity i WHERE i.customer_id = p.customer_id AND i.value LIKE 'order-%@crowd.example')
UNION ALL SELECT 'waiting', count(*), 0 FROM listen_hookdelivery WHERE state <> 'done'
"""
"""By kind, the rows that the writes left, and those of them that differ."""


@attrs.frozen(kw_only=True)
class World:
    """What they ask for: a person to sign in, an API's keys, addresses of a customer's page and of a webhook."""

    email: str
    keys: Sequence[str]
    status: str
    hook: str
    recovery: int


@attrs.frozen(kw_only=True)
class Asked:
    """One request: when it began (monotonic clock), what it took, and what came of it; status 0 is no answer."""

    kind: str
    number: int
    began: float
    seconds: float
    status: int
    answer: str

    @property
    def is_well(self) -> bool:
        """Whether it was answered as it should be."""
        return self.status == EXPECTED[self.kind]


def sign_in(port: int, email: str) -> str:
    """Sign in by the page, as a browser does; return the cookies."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/sign-in"
    page = opener.open(address, timeout=TIMEOUT).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, "the page to sign in holds a token"
    form = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
    opener.open(address, urllib.parse.urlencode(form).encode(), timeout=TIMEOUT).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@attrs.define
class Crowd:
    """So many clients of one port; each asks for another thing each time, and waits `pause` seconds between two."""

    port: int
    world: World
    clients: int = 20
    pause: float = 0.2
    asked: list[Asked] = attrs.field(factory=list)
    _stop: threading.Event = attrs.field(factory=threading.Event)
    _threads: list[threading.Thread] = attrs.field(factory=list)
    _sent: list[int] = attrs.field(factory=list)
    _numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    @property
    def sent(self) -> int:
        """How many requests have been begun, whatever became of them."""
        return len(self._sent)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them ask until the block ends and each has had its last answer."""
        cookies = sign_in(self.port, self.world.email)
        self._threads = [threading.Thread(target=self._work, args=(place, cookies)) for place in range(self.clients)]
        for each in self._threads:
            each.start()
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """Let nobody ask any more; return once each has had its last answer."""
        self._stop.set()
        for each in self._threads:
            each.join()

    def _work(self, place: int, cookies: str) -> None:
        for turn in itertools.count(place):
            number = next(self._numbers)
            self._sent.append(number)
            self.asked.append(self._ask(KINDS[turn % len(KINDS)], number, cookies))
            if self._stop.wait(self.pause):
                return

    def again(self, one: Asked) -> Asked:
        """Send a write once more, as whoever had no answer would."""
        return self._ask(one.kind, one.number, "")

    def _ask(self, kind: str, number: int, cookies: str) -> Asked:
        path, body, headers = self._request(kind, number, cookies)
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            line.request("POST" if kind in WRITES else "GET", path, body, headers)
            got = line.getresponse()
            status, answer = got.status, got.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, repr(error)
        finally:
            line.close()
        return Asked(
            kind=kind, number=number, began=began, seconds=time.monotonic() - began, status=status, answer=answer
        )

    def _request(self, kind: str, number: int, cookies: str) -> tuple[str, bytes | None, dict[str, str]]:
        key = {"Authorization": f"Bearer {self.world.keys[number % len(self.world.keys)]}"}
        if kind == "report":
            told = {
                "customer": {"email": f"report-{number}@crowd.example"}, "kind": "complaint", "loss": "time",
                "what": "The lamp came without its shade.", "happened_at": "2026-01-05T09:00:00Z",
            }  # fmt: skip
            return "/api/v1/failures", json.dumps(told).encode(), key | {
                "Content-Type": "application/json", "Idempotency-Key": f"crowd-{number}"
            }  # fmt: skip
        if kind == "mail":
            raw = (
                f"From: Someone <mail-{number}@crowd.example>\r\nTo: help@shop.example\r\nSubject: Your opening hours\r\n"
                f"Message-ID: <{number}@crowd.example>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\n"
                "When are you open on Sundays?\r\n"
            )
            return "/api/v1/messages", raw.encode(), key | {"Content-Type": "message/rfc822"}
        if kind == "hook":
            return f"/hooks/{self.world.hook}", *_order(number)
        if kind == "status":
            return self.world.status, None, {}
        return "/" if kind == "today" else f"/recoveries/R-{self.world.recovery}", None, {"Cookie": cookies}

    def lost(self) -> Counter[str]:
        """Count what was not answered as it should have been, by kind and by what came instead."""
        return Counter(
            f"{one.kind}: {one.status or one.answer}: {one.answer[:200] if one.status else ''}"
            for one in self.asked
            if not one.is_well
        )

    def not_once(self, held: Sequence[tuple[Any, ...]]) -> list[str]:
        """Say which writes are not there exactly once: by the rows (HELD), and by what each says when sent again."""
        done = {kind: [one for one in self.asked if one.kind == kind and one.is_well] for kind in WRITES}
        rows = {kind: (count, different) for kind, count, different in held}
        wrong = [
            f"{kind}: {len(done[kind])} were taken, {rows[kind]} are there"
            for kind in ("report", "hook")
            if rows[kind] != (len(done[kind]), len(done[kind]))
        ]
        for one in done["report"]:
            second = self.again(one)
            if json.loads(second.answer).get("id") != json.loads(one.answer)["id"]:
                wrong.append(f"report {one.number}: {second.status} {second.answer}")
        for one in done["mail"]:
            second = self.again(one)
            if not json.loads(one.answer)["new"] or json.loads(second.answer).get("new") is not False:
                wrong.append(f"mail {one.number}: {one.answer} then {second.status} {second.answer}")
        return wrong


def _order(number: int) -> tuple[bytes, dict[str, str]]:
    """An order as a shop posts it, and the headers that sign it."""
    placed = {
        "id": number, "name": f"#crowd-{number}", "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z",
        "currency": "EUR", "total_price": "49.90", "financial_status": "paid", "email": f"order-{number}@crowd.example",
        "customer": {"id": number}, "line_items": [{"id": 1, "quantity": 1, "requires_shipping": True}],
    }  # fmt: skip
    raw = json.dumps(placed).encode()
    signed = base64.b64encode(hmac.new(SECRET.encode(), raw, "sha256").digest()).decode()
    named = {"X-Shopify-Webhook-Id": f"order {number}", "X-Shopify-Triggered-At": datetime.now(UTC).isoformat()}
    return raw, named | {"X-Shopify-Hmac-Sha256": signed, "Content-Type": "application/json"}


def found(organization_id: int | None = None, email: str = "ada@crowd.example") -> World:
    """Found what they ask for, in this organization or in a new one; call with the database open."""
    from django.db import transaction

    from makegood.customers.operations import Seen, customers_resolve
    from makegood.failures.operations import Report, failure_report
    from makegood.listen.hooks.delivery_rule import DeliveryRule
    from makegood.listen.hooks.operations import hook_make, hook_rule_set
    from makegood.listen.models import Hook
    from makegood.messages.links import status_path
    from makegood.organizations import operations as organizations
    from makegood.recoveries.models import Recovery
    from makegood.rules import playbooks
    from makegood.store.tenancy import tenant

    now = datetime.now(UTC)
    if organization_id is None:
        user = organizations.user_create(email=email, password=PASSWORD, now=now)
        with transaction.atomic():
            organization_id = organizations.organization_create(code="crowd", name="Crowd", now=now, delivery="inbox")
            organizations.member_create(
                organization_id=organization_id, name="Ada", role="admin", now=now, user_id=user
            )
            text = playbooks.text_of("default")
            organizations.playbook_publish(
                organization_id=organization_id, code="default", text=text, data=playbooks.data_of(text), now=now
            )
    with tenant(organization_id=organization_id):
        hook_id = hook_make(organization_id=organization_id, kind="shopify", name="", secret=SECRET, by=None, now=now)
        hook_rule_set(organization_id=organization_id, hook_id=hook_id, rule=DeliveryRule(days=2), by=None, now=now)
        (customer,) = customers_resolve(
            organization_id=organization_id,
            now=now,
            seen=[Seen(identities=(("email", "first@crowd.example"),), name="First")],
        )
        report = Report(customer_id=customer, kind="complaint", loss="time", what="A lamp", happened_at=now)
        failure_report(organization_id=organization_id, report=report, now=now)
        recovery = Recovery.objects.select_related("thread").get(organization_id=organization_id, customer_id=customer)
        keys = [
            organizations.api_key_create(
                organization_id=organization_id, name=f"crowd {n}", scopes=["write"], now=now
            ).key
            for n in range(8)
        ]
        return World(
            email=email,
            keys=keys,
            status=status_path(organization_id=organization_id, token=recovery.thread.token),
            hook=Hook.objects.values_list("address", flat=True).get(id=hook_id),
            recovery=recovery.number,
        )


def world_of(printed: str) -> World:
    """Read what the program printed."""
    return World(**json.loads(printed.strip().splitlines()[-1]))


if __name__ == "__main__":
    from makegood.cli.database import open_database

    with open_database():
        asked = (int(sys.argv[1]), sys.argv[2]) if sys.argv[1:] else ()
        print(json.dumps(attrs.asdict(found(*asked))))
