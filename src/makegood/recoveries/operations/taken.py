"""What a failure brings along when it is taken into a recovery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db.models import Model

from makegood.customers.models import Customer, Purchase, Visit
from makegood.failures.models import Failure, Incident
from makegood.journal.operations import Happened
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery, RecoveryFailure


@attrs.frozen(kw_only=True, slots=True)
class Taken:
    """One failure that was taken at `at`, with what the opening decides by.

    `natural_key` names it the same on every run: the promise's key, else the happening. `bought_at` is when what
    failed was bought, else promised, else when it failed. `parent_id` is the recovery in which the broken promise
    was made.
    """

    failure_id: int
    customer_id: int
    happening_key: str
    natural_key: str
    gate: str
    gate_at: datetime
    kind: str
    loss: str
    fault: str
    severity: int
    incident_id: int | None
    incident_owner_id: int | None
    place_id: int | None
    bought_at: datetime
    first_purchase_at: datetime | None
    price_minor: int | None
    currency: str
    visit_ends_at: datetime | None
    playbook: str
    parent_id: int | None
    at: datetime


def taken_read(*, organization_id: int, entries: Sequence[Happened]) -> list[Taken]:
    """This function will read the failures of these entries that still stand and that no recovery has.

    Each table is asked by its ids alone: where a table has no statistics yet, as in an organization's first minutes,
    the database joins row by row, which grows with the square of the batch.
    """
    at = {entry.subject_id: entry.at for entry in entries}
    mine = {"organization_id": organization_id}
    joined = set(RecoveryFailure.objects.filter(failure_id__in=list(at), **mine).values_list("failure_id", flat=True))
    failures = [
        one for one in Failure.objects.filter(id__in=list(at), withdrawn_at=None, **mine) if one.id not in joined
    ]
    bought = _values(Purchase, mine, (one.purchase_id for one in failures), "placed_at")
    since = _values(Customer, mine, (one.customer_id for one in failures), "first_purchase_at")
    ends = _values(Visit, mine, (one.visit_id for one in failures), "active_to")
    playbooks = _values(Source, mine, (one.source_id for one in failures), "playbook")
    leaders = _values(Incident, mine, (one.incident_id for one in failures), "owner_id")
    promises = {
        one.id: one
        for one in Promise.objects.filter(id__in=[one.promise_id for one in failures if one.promise_id], **mine).only(
            "key_hash", "made_at", "recovery_id"
        )
    }
    parents = _values(Recovery, mine, (one.recovery_id for one in promises.values()), "state")
    found = []
    for one in failures:
        promise = promises.get(one.promise_id or 0)
        parent_id = promise.recovery_id if promise else None
        found.append(
            Taken(
                failure_id=one.id,
                customer_id=one.customer_id,
                happening_key=one.happening_key,
                natural_key=bytes(promise.key_hash).hex() if promise else one.happening_key,
                gate=one.gate,
                gate_at=one.gate_at,
                kind=one.kind,
                loss=one.loss,
                fault=one.fault,
                severity=one.severity,
                incident_id=one.incident_id,
                incident_owner_id=leaders.get(one.incident_id),
                place_id=one.place_id,
                bought_at=bought.get(one.purchase_id) or (promise.made_at if promise else one.happened_at),
                first_purchase_at=since.get(one.customer_id),
                price_minor=one.price_minor,
                currency=one.currency,
                visit_ends_at=ends.get(one.visit_id),
                playbook=playbooks.get(one.source_id) or "default",
                parent_id=parent_id if parents.get(parent_id) in ("open", "closed") else None,
                at=at[one.id],
            )
        )
    return found


def _values(model: type[Model], mine: dict[str, int], ids: Iterable[int | None], column: str) -> dict[int | None, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return dict(model._default_manager.filter(id__in=wanted, **mine).values_list("id", column))


def targets_of(*, organization_id: int, taken: Sequence[Taken]) -> dict[tuple[int, str], int]:
    """This function will find the open recoveries of these customers and happenings."""
    happenings = {one.happening_key for one in taken}
    rows = Recovery.objects.filter(
        organization_id=organization_id, state="open", customer_id__in={one.customer_id for one in taken}
    ).values_list("customer_id", "happening_key", "id")
    return {(customer, happening): one for customer, happening, one in rows if happening in happenings}


def repeated_customers(*, organization_id: int, firsts: Sequence[Taken], days: int) -> set[int]:
    """This function will find failures whose customer had another recovery in the days before (EVIDENCE 8 rule 14)."""
    if not days:
        return set()
    earliest = min(one.at for one in firsts) - timedelta(days=days)
    rows = Recovery.objects.filter(
        organization_id=organization_id,
        customer_id__in={one.customer_id for one in firsts},
        opened_at__gte=earliest,
    ).exclude(state="withdrawn")
    before: dict[int, list[datetime]] = {}
    for one in firsts:
        before.setdefault(one.customer_id, []).append(one.at)
    for customer_id, opened_at in rows.values_list("customer_id", "opened_at"):
        before.setdefault(customer_id, []).append(opened_at)
    return {
        one.failure_id
        for one in firsts
        if any(one.at - timedelta(days=days) <= then < one.at for then in before.get(one.customer_id, ()))
    }
