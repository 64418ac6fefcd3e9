"""Failures with prices, offers and things to say, as tests of make-goods and messages need them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from django.db import connection
from tests.conftest import START, Org
from tests.support.recoveries import failure

from makegood.customers.models import Identity
from makegood.customers.operations import identity_hash
from makegood.makegoods.models import Allowance, Hold, LedgerEntry, MakeGood, Pool
from makegood.makegoods.operations import Offer
from makegood.messages.models import Thread
from makegood.messages.operations import Outgoing
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant

_numbers = count(1)
Result = TypeVar("Result")


def failed(org: Org, *, price: int | None = 10_000, currency: str = "EUR", **facts: Any) -> int:
    """A failure of something that cost this much, in its own unit of work."""
    with tenant(organization_id=org.id):
        return failure(org, price_minor=price, currency=currency, **facts)


def offer(org: Org, failure_id: int, *, cost: int = 1_000, value: int | None = None, **facts: Any) -> Offer:
    """An extra for this failure, offered by the employee unless told otherwise."""
    values: dict[str, Any] = {
        "customer_id": org.customer, "part": "extra", "remedy": "express", "title": "Express delivery",
        "form": "time_back", "currency": "EUR", "offered_by": org.employee, **facts,
    }  # fmt: skip
    return Offer(failure_id=failure_id, cost_minor=cost, value_minor=cost if value is None else value, **values)


def email(org: Org, address: str = "ana@example.com", customer_id: int | None = None) -> None:
    """Let a customer have an e-mail address; call inside a unit of work."""
    Identity.objects.create(
        organization_id=org.id,
        customer_id=customer_id or org.customer,
        kind="email",
        value=address,
        value_hash=identity_hash("email", address),
    )


def thread(org: Org, customer_id: int | None = None) -> int:
    """A conversation with a customer; call inside a unit of work."""
    return Thread.objects.create(
        organization_id=org.id,
        customer_id=customer_id or org.customer,
        token=f"Thread-token-{next(_numbers)}",
        created_at=START,
    ).id


APOLOGY = (
    "Dear Ana,\n\nI am sorry that your parcel did not come on Monday 2 March. That was our mistake. A new one leaves"
    " today, and I will write again by 17:00.\n\nBo\n"
)


def outgoing(thread_id: int, org: Org, **facts: Any) -> Outgoing:
    """An apology to the organization's customer that goes at once, unless told otherwise."""
    values: dict[str, Any] = {
        "customer_id": org.customer, "kind": "apology", "step": "apologise", "subject": "Your parcel",
        "body": APOLOGY, "send": "at_once", "key": f"say:{next(_numbers)}", "at": START, **facts,
    }  # fmt: skip
    return Outgoing(thread_id=thread_id, **values)


def step(org: Org, after: timedelta) -> datetime:
    """Move the organization's clock to this long after START; return where it stands."""
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)
    return START + after


def at_once(tasks: list[Callable[[], Result]]) -> list[Result | Exception]:
    """Run all of these at the same time, each on a connection of its own; return results, or what was raised."""

    def run(task: Callable[[], Result]) -> Result | Exception:
        try:
            return task()
        except Exception as error:  # noqa: BLE001  whatever it is, the test judges it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        return list(pool.map(run, tasks))


ENDS = {"money": "cash", "credit": "credit", "coupon": "credit"}


def ledger_holds(org: Org) -> None:
    """Check, by sums of its own, that ledger, make-goods and allowances of an organization match."""
    with tenant(organization_id=org.id):
        balances: dict[tuple[int, str], int] = {}
        for entry in LedgerEntry.objects.filter(organization_id=org.id):
            for account, minor in ((entry.debit, entry.amount_minor), (entry.credit, -entry.amount_minor)):
                key = (entry.makegood_id, account)
                balances[key] = balances.get(key, 0) + minor
        assert sum(balances.values()) == 0
        given: dict[int, int] = {}
        for row in MakeGood.objects.filter(organization_id=org.id):
            end = {"offered": "owed", "accepted": "owed", "delivered": ENDS.get(row.form, "kind")}.get(
                row.state, "released"
            )
            mine = {account: minor for (one, account), minor in balances.items() if one == row.id and minor}
            wanted = {row.part: row.cost_minor, end: -row.cost_minor} if row.cost_minor else {}
            assert mine == wanted, (row.state, row.form)
            if row.allowance_id and end != "released":
                given[row.allowance_id] = given.get(row.allowance_id, 0) + row.cost_minor
        for allowance in Allowance.objects.filter(organization_id=org.id):
            assert allowance.given_minor == given.get(allowance.id, 0)
            assert allowance.given_minor <= allowance.limit_minor
    pools_hold(org)


def pools_hold(org: Org) -> None:
    """Check that each pool holds and gave what its make-goods say, and every extra that costs something is in some."""
    with tenant(organization_id=org.id):
        rows = {row.id: row for row in MakeGood.objects.filter(organization_id=org.id)}
        held: dict[int, int] = {}
        given: dict[int, int] = {}
        counted = set()
        for hold in Hold.objects.filter(organization_id=org.id):
            row = rows[hold.makegood_id]
            counted.add(row.id)
            if row.state in ("offered", "accepted"):
                held[hold.pool_id] = held.get(hold.pool_id, 0) + row.cost_minor
            elif row.state == "delivered":
                given[hold.pool_id] = given.get(hold.pool_id, 0) + row.cost_minor
        assert counted == {row.id for row in rows.values() if row.part == "extra" and row.cost_minor and not row.shadow}
        for pool in Pool.objects.filter(organization_id=org.id):
            assert (pool.held_minor, pool.given_minor) == (held.get(pool.id, 0), given.get(pool.id, 0)), pool.kind
