"""What a failure brings along when it is taken into a recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from makegood.core.money import Money
from makegood.customers.queries import customers_merged
from makegood.failures.models import TEST
from makegood.failures.queries import told_by_customer
from makegood.journal.operations import Happened
from makegood.messages.apologies import SHADOW
from makegood.organizations.queries import place_playbooks
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.store.preparing import prepared
from makegood.store.reading import AtLeast, Not, read


@attrs.frozen(kw_only=True, slots=True)
class Taken:
    """One failure that was taken at `at`, with what its recovery and its plan are decided by.

    `customer_id` is whom its customer turned out to be, where that one was merged since.
    `natural_key` names it the same on every run, whatever ids it got: the promise's key, else its kind and moment.
    `bought_at` is when what failed was bought, else promised, else when it failed. `parent_id` is the recovery in
    which the broken promise was made. `incident_from` is when its incident began. `told_at` is when the customer told
    us of it themselves, None where we saw it or a colleague did. A `shadow` has happenings and apologies of its own, so
    that it joins no recovery that is none, and bars nothing that is said.
    """

    failure_id: int
    customer_id: int
    customer: str
    happening_key: str
    natural_key: str
    gate: str
    gate_at: datetime
    happened_at: datetime
    kind: str
    loss: str
    fault: str
    severity: int
    what: str
    kept_service: bool | None
    promised: bool
    product: str
    partner: str
    incident_id: int | None
    incident_owner_id: int | None
    incident_from: datetime | None
    place_id: int | None
    bought_at: datetime
    first_purchase_at: datetime | None
    price_minor: int | None
    currency: str
    visit_ends_at: datetime | None
    playbook: str
    parent_id: int | None
    told_at: datetime | None
    shadow: bool
    at: datetime
    tester_id: int | None = None
    """Who sent it, where it is a test failure: they walk it themselves."""

    @property
    def price(self) -> Money | None:
        """What the failed service cost, where that is known."""
        return Money(minor=self.price_minor, currency=self.currency) if self.price_minor and self.currency else None

    @property
    def apology_key(self) -> str:
        """What an apology is for: the incident, else the failure's kind with its place, product or partner."""
        return SHADOW + self._said_for if self.shadow else self._said_for

    @property
    def _said_for(self) -> str:
        if self.incident_id:
            return f"incident:{self.incident_id}"
        if self.place_id:
            return f"{self.kind}:place:{self.place_id}"
        if self.product:
            return f"{self.kind}:product:{self.product}"
        return f"{self.kind}:partner:{self.partner}" if self.partner else self.kind


COLUMNS = (
    "id", "customer_id", "happening_key", "gate", "gate_at", "happened_at", "kind", "loss", "fault", "severity", "what",
    "kept_service", "promise_id", "purchase_id", "visit_id", "source_id", "incident_id", "place_id", "price_minor",
    "currency", "found_by_us", "reported_by_id", "complained_at", "withdrawn_at",
    "shadow", "playbook",
)  # fmt: skip
BROUGHT = (
    ("customer", "customers_customer", "f.customer_id", "name, first_purchase_at, merged_into_id"),
    ("person", "customers_customer", "customer.merged_into_id", "name, first_purchase_at"),
    ("purchase", "customers_purchase", "f.purchase_id", "placed_at"),
    ("visit", "customers_visit", "f.visit_id", "active_to"),
    ("source", "promises_source", "f.source_id", "playbook, mode"),
    ("incident", "failures_incident", "f.incident_id", "owner_id, active_from"),
    ("promise", "promises_promise", "f.promise_id", "key_hash, made_at, recovery_id, product, partner"),
    ("parent", "recoveries_recovery", "promise.recovery_id", "state"),
)
"""What comes along with a failure `f`: its name, its table, the key by which it is found, and what is asked of it."""


def _statement() -> str:
    """Write the question: each row of what comes along is looked up by its key, however many failures there are.

    Where a table has no statistics yet, as in an organization's first minutes, the database would otherwise join row
    by row, which grows with the square of the batch.
    """
    picked = [f"f.{name}" for name in COLUMNS]
    picked += [f"{name}.{column}" for name, _, _, columns in BROUGHT for column in columns.split(", ")]
    joins = "\n".join(
        f"LEFT JOIN LATERAL (SELECT {columns} FROM {table} WHERE organization_id = f.organization_id AND id = {key}"
        f" LIMIT 1) AS {name} ON true"
        for name, table, key, columns in BROUGHT
    )
    return (
        f"SELECT {', '.join(picked)} FROM failures_failure f\n{joins}\n"
        "WHERE f.organization_id = %s AND f.id = ANY(%s) ORDER BY f.id"
    )


TAKEN = _statement()
MODE = 8
"""Where among what comes along the mode of its source stands."""


def taken_read(*, organization_id: int, entries: Sequence[Happened]) -> list[Taken]:
    """This function will read the failures of these entries that still stand and that no recovery has.

    A shadow's whose source has gone live meanwhile are left out: what it would have done is in the past.
    """
    at = {entry.subject_id: entry.at for entry in entries}
    for (failure_id,) in read(RecoveryFailure, "failure_id", organization_id=organization_id, failure_id=list(at)):
        del at[failure_id]
    return taken_of(organization_id=organization_id, at=at, standing=True)


def taken_of(*, organization_id: int, at: Mapping[int, datetime], standing: bool = False) -> list[Taken]:
    """This function will read failures, each taken at its moment; only those that still stand where `standing`."""
    if not at:
        return []
    with prepared() as cursor:
        cursor.execute(TAKEN, [organization_id, list(at)])
        rows = cursor.fetchall()
    found = [(dict(zip(COLUMNS, row, strict=False)), row[len(COLUMNS) :]) for row in rows]
    failures = [(one, brought) for one, brought in found if not standing or _stands(one, brought)]
    places = place_playbooks(
        organization_id=organization_id,
        place_ids={one["place_id"] for one, _ in failures if not one["source_id"] and one["place_id"]},
    )
    return [_taken(one, brought, places, at[one["id"]]) for one, brought in failures]


def _stands(one: Mapping[str, Any], brought: tuple[Any, ...]) -> bool:
    """Whether it was not withdrawn, and is no shadow's whose source only watches no more."""
    return one["withdrawn_at"] is None and not (one["shadow"] and brought[MODE] == "live")


def _taken(one: dict[str, Any], brought: tuple[Any, ...], places: Mapping[int, str], at: datetime) -> Taken:
    name, first_at, into, merged_name, merged_first_at, placed_at, visit_ends_at, playbook, _, *rest = brought
    leader_id, incident_from, key_hash, made_at, parent_id, product, partner, parent_state = rest
    merged = into is not None
    bought = [moment for moment in (first_at, merged_first_at if merged else None) if moment is not None]
    return Taken(
        failure_id=one["id"],
        customer_id=into if merged else one["customer_id"],
        customer=(merged_name or name) if merged else name,
        happening_key=SHADOW + one["happening_key"] if one["shadow"] else one["happening_key"],
        natural_key=bytes(key_hash).hex() if key_hash else f"{one['kind']}:{one['happened_at'].isoformat()}",
        gate=one["gate"],
        gate_at=one["gate_at"],
        happened_at=one["happened_at"],
        kind=one["kind"],
        loss=one["loss"],
        fault=one["fault"],
        severity=one["severity"],
        what=one["what"],
        kept_service=one["kept_service"],
        promised=key_hash is not None,
        product=product or "",
        partner=partner or "",
        incident_id=one["incident_id"],
        incident_owner_id=leader_id,
        incident_from=incident_from,
        place_id=one["place_id"],
        bought_at=placed_at or made_at or one["happened_at"],
        first_purchase_at=min(bought, default=None),
        price_minor=one["price_minor"],
        currency=one["currency"],
        visit_ends_at=visit_ends_at,
        playbook=one["playbook"]
        or (places.get(one["place_id"]) if one["source_id"] is None else playbook)
        or "default",
        parent_id=parent_id if parent_state in ("open", "closed") else None,
        told_at=(one["complained_at"] or one["happened_at"])
        if told_by_customer(
            promise_id=one["promise_id"],
            found_by_us=one["found_by_us"],
            reported_by_id=one["reported_by_id"],
            source_id=one["source_id"],
        )
        else None,
        shadow=one["shadow"],
        at=at,
        tester_id=one["reported_by_id"] if one["happening_key"].startswith(TEST) else None,
    )


def targets_of(*, organization_id: int, taken: Sequence[Taken]) -> dict[tuple[int, str], int]:
    """This function will find the open recoveries of these customers and happenings.

    Those of customers who turned out to be one of these are theirs; of two the earlier one counts.
    """
    happenings = {one.happening_key for one in taken}
    who = customers_merged(organization_id=organization_id, customer_ids={one.customer_id for one in taken})
    columns = ("id", "customer_id", "happening_key")
    rows = read(Recovery, *columns, organization_id=organization_id, state="open", customer_id=list(who))
    latest_first = sorted(rows, reverse=True)
    return {(who[customer], happening): one for one, customer, happening in latest_first if happening in happenings}


def repeated_customers(*, organization_id: int, firsts: Sequence[Taken], days: int) -> set[int]:
    """This function will find failures whose customer had another recovery in the days before (EVIDENCE 8 rule 14).

    A shadow's counts for shadows alone.
    """
    if not days:
        return set()
    earliest = min(one.at for one in firsts) - timedelta(days=days)
    who = customers_merged(organization_id=organization_id, customer_ids={one.customer_id for one in firsts})
    stands = {"customer_id": list(who), "opened_at": AtLeast(earliest), "state": Not("withdrawn")}
    columns = ("customer_id", "opened_at", "happening_key")
    rows = read(Recovery, *columns, organization_id=organization_id, **stands)
    before: dict[int, list[tuple[datetime, bool]]] = {}
    for one in firsts:
        before.setdefault(one.customer_id, []).append((one.at, one.shadow))
    for customer_id, opened_at, key in rows:
        before.setdefault(who[customer_id], []).append((opened_at, key.startswith(SHADOW)))
    return {
        one.failure_id
        for one in firsts
        if any(
            one.at - timedelta(days=days) <= then < one.at and shadow <= one.shadow
            for then, shadow in before.get(one.customer_id, ())
        )
    }
