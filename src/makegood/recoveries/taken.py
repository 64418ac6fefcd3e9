"""What a failure brings along when it is taken into a recovery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db.models import Model

from makegood.core.money import Money
from makegood.customers.models import Customer, Purchase, Visit
from makegood.customers.queries import customers_merged
from makegood.failures.models import Failure, Incident
from makegood.failures.queries import told_by_customer
from makegood.journal.operations import Happened
from makegood.organizations.queries import place_playbooks
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.store.preparing import prepared
from makegood.store.reading import read


@attrs.frozen(kw_only=True, slots=True)
class Taken:
    """One failure that was taken at `at`, with what its recovery and its plan are decided by.

    `customer_id` is whom its customer turned out to be, where that one was merged since.
    `natural_key` names it the same on every run, whatever ids it got: the promise's key, else its kind and moment.
    `bought_at` is when what failed was bought, else promised, else when it failed. `parent_id` is the recovery in
    which the broken promise was made. `incident_from` is when its incident began. `told_at` is when the customer told
    us of it themselves, None where we saw it or a colleague did.
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
    at: datetime

    @property
    def price(self) -> Money | None:
        """What the failed service cost, where that is known."""
        return Money(minor=self.price_minor, currency=self.currency) if self.price_minor and self.currency else None

    @property
    def apology_key(self) -> str:
        """What an apology is for: the incident, else the failure's kind with its place, product or partner."""
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
)  # fmt: skip
Values = dict[int | None, tuple[Any, ...]]
ALONE = f"""
SELECT {", ".join(f"f.{name}" for name in COLUMNS)}, c.name, c.first_purchase_at, c.merged_into_id,
    i.name, i.first_purchase_at, b.placed_at, v.active_to, s.playbook, n.owner_id, n.active_from,
    p.key_hash, p.made_at, p.recovery_id, p.product, p.partner, r.state
FROM failures_failure f
JOIN customers_customer c ON c.organization_id = f.organization_id AND c.id = f.customer_id
LEFT JOIN customers_customer i ON i.organization_id = c.organization_id AND i.id = c.merged_into_id
LEFT JOIN customers_purchase b ON b.organization_id = f.organization_id AND b.id = f.purchase_id
LEFT JOIN customers_visit v ON v.organization_id = f.organization_id AND v.id = f.visit_id
LEFT JOIN promises_source s ON s.organization_id = f.organization_id AND s.id = f.source_id
LEFT JOIN failures_incident n ON n.organization_id = f.organization_id AND n.id = f.incident_id
LEFT JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id
LEFT JOIN recoveries_recovery r ON r.organization_id = p.organization_id AND r.id = p.recovery_id
WHERE f.organization_id = %s AND f.id = %s
"""


def taken_read(*, organization_id: int, entries: Sequence[Happened]) -> list[Taken]:
    """This function will read the failures of these entries that still stand and that no recovery has."""
    at = {entry.subject_id: entry.at for entry in entries}
    for (failure_id,) in read(RecoveryFailure, "failure_id", organization_id=organization_id, failure_id=list(at)):
        del at[failure_id]
    return taken_of(organization_id=organization_id, at=at, standing=True)


def taken_of(*, organization_id: int, at: Mapping[int, datetime], standing: bool = False) -> list[Taken]:
    """This function will read failures, each taken at its moment; only those that still stand where `standing`.

    Of a batch each table is asked by its ids alone: where a table has no statistics yet, as in an organization's first
    minutes, the database joins row by row, which grows with the square of the batch. A single failure, which most are,
    is asked for with all that it brings at once.
    """
    if len(at) == 1:
        ((failure_id, moment),) = at.items()
        return _taken_alone(organization_id, failure_id, moment, standing=standing)

    def known_of(model: type[Model], ids: Iterable[int | None], *columns: str) -> Values:
        wanted = {one for one in ids if one is not None}
        return {row[0]: row[1:] for row in read(model, "id", *columns, organization_id=organization_id, id=wanted)}

    rows = read(Failure, *COLUMNS, organization_id=organization_id, id=list(at))
    found = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    failures = [one for one in found if one["withdrawn_at"] is None or not standing]

    def of(model: type[Model], key: str, *columns: str) -> Values:
        return known_of(model, (one[key] for one in failures), *columns)

    person = ("name", "first_purchase_at", "merged_into_id")
    customers = of(Customer, "customer_id", *person)
    known = _Known(
        customers=customers | known_of(Customer, (into for *_, into in customers.values()), *person),
        purchases=of(Purchase, "purchase_id", "placed_at"),
        visits=of(Visit, "visit_id", "active_to"),
        sources=of(Source, "source_id", "playbook"),
        incidents=of(Incident, "incident_id", "owner_id", "active_from"),
        promises=of(Promise, "promise_id", "key_hash", "made_at", "recovery_id", "product", "partner"),
        places=place_playbooks(
            organization_id=organization_id,
            place_ids={one["place_id"] for one in failures if not one["source_id"] and one["place_id"]},
        ),
    )
    parents = known_of(Recovery, (promise[2] for promise in known.promises.values()), "state")
    return [_taken(one, known, parents, at[one["id"]]) for one in failures]


def _taken_alone(organization_id: int, failure_id: int, at: datetime, *, standing: bool) -> list[Taken]:
    with prepared() as cursor:
        cursor.execute(ALONE, [organization_id, failure_id])
        row = cursor.fetchone()
    if row is None:
        return []
    values = iter(row)
    one = {name: next(values) for name in COLUMNS}
    if standing and one["withdrawn_at"] is not None:
        return []
    customers: Values = {one["customer_id"]: (next(values), next(values), into := next(values))}
    merged = next(values), next(values), None
    if into is not None:
        customers[into] = merged
    bought_at, visit_ends_at, playbook, owner_id, incident_from = (next(values) for _ in range(5))
    promise = tuple(next(values) for _ in range(5))
    asks_place = not one["source_id"] and one["place_id"]
    known = _Known(
        customers=customers,
        purchases={} if bought_at is None else {one["purchase_id"]: (bought_at,)},
        visits={} if visit_ends_at is None else {one["visit_id"]: (visit_ends_at,)},
        sources={} if playbook is None else {one["source_id"]: (playbook,)},
        incidents={} if incident_from is None else {one["incident_id"]: (owner_id, incident_from)},
        promises={} if promise[0] is None else {one["promise_id"]: promise},
        places=place_playbooks(organization_id=organization_id, place_ids={one["place_id"]}) if asks_place else {},
    )
    return [_taken(one, known, {promise[2]: (next(values),)}, at)]


@attrs.frozen(kw_only=True, slots=True)
class _Known:
    customers: Values
    purchases: Values
    visits: Values
    sources: Values
    incidents: Values
    promises: Values
    places: Mapping[int, str]


def _taken(one: dict[str, Any], known: _Known, parents: Values, at: datetime) -> Taken:
    promise = known.promises.get(one["promise_id"])
    key_hash, made_at, parent_id, product, partner = promise or (None, one["happened_at"], None, "", "")
    leader_id, incident_from = known.incidents.get(one["incident_id"], (None, None))
    customer_id, name, first_purchase_at = _person(one["customer_id"], known.customers)
    (bought_at,) = known.purchases.get(one["purchase_id"], (made_at,))
    (visit_ends_at,) = known.visits.get(one["visit_id"], (None,))
    (playbook,) = known.sources.get(one["source_id"], (known.places.get(one["place_id"], ""),))
    return Taken(
        failure_id=one["id"],
        customer_id=customer_id,
        customer=name,
        happening_key=one["happening_key"],
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
        promised=promise is not None,
        product=product,
        partner=partner,
        incident_id=one["incident_id"],
        incident_owner_id=leader_id,
        incident_from=incident_from,
        place_id=one["place_id"],
        bought_at=bought_at,
        first_purchase_at=first_purchase_at,
        price_minor=one["price_minor"],
        currency=one["currency"],
        visit_ends_at=visit_ends_at,
        playbook=playbook or "default",
        parent_id=parent_id if parents.get(parent_id, ("",))[0] in ("open", "closed") else None,
        told_at=(one["complained_at"] or one["happened_at"])
        if told_by_customer(
            promise_id=one["promise_id"],
            found_by_us=one["found_by_us"],
            reported_by_id=one["reported_by_id"],
            source_id=one["source_id"],
        )
        else None,
        at=at,
    )


def _person(customer_id: int, customers: Values) -> tuple[int, str, datetime | None]:
    """Whom a customer is, followed where they were merged: id, name, and the first purchase of either."""
    name, first_at, into = customers[customer_id]
    if into is None:
        return customer_id, name, first_at
    called, their_first_at, _ = customers[into]
    bought = [at for at in (first_at, their_first_at) if at is not None]
    return into, called or name, min(bought, default=None)


def targets_of(*, organization_id: int, taken: Sequence[Taken]) -> dict[tuple[int, str], int]:
    """This function will find the open recoveries of these customers and happenings.

    Those of customers who turned out to be one of these are theirs; of two the earlier one counts.
    """
    happenings = {one.happening_key for one in taken}
    who = customers_merged(organization_id=organization_id, customer_ids={one.customer_id for one in taken})
    rows = (
        Recovery.objects.filter(organization_id=organization_id, state="open", customer_id__in=list(who))
        .order_by("-id")
        .values_list("customer_id", "happening_key", "id")
    )
    return {(who[customer], happening): one for customer, happening, one in rows if happening in happenings}


def repeated_customers(*, organization_id: int, firsts: Sequence[Taken], days: int) -> set[int]:
    """This function will find failures whose customer had another recovery in the days before (EVIDENCE 8 rule 14)."""
    if not days:
        return set()
    earliest = min(one.at for one in firsts) - timedelta(days=days)
    who = customers_merged(organization_id=organization_id, customer_ids={one.customer_id for one in firsts})
    rows = Recovery.objects.filter(
        organization_id=organization_id,
        customer_id__in=list(who),
        opened_at__gte=earliest,
    ).exclude(state="withdrawn")
    before: dict[int, list[datetime]] = {}
    for one in firsts:
        before.setdefault(one.customer_id, []).append(one.at)
    for customer_id, opened_at in rows.values_list("customer_id", "opened_at"):
        before.setdefault(who[customer_id], []).append(opened_at)
    return {
        one.failure_id
        for one in firsts
        if any(one.at - timedelta(days=days) <= then < one.at for then in before.get(one.customer_id, ()))
    }
