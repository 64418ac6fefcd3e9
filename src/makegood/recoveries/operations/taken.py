"""What a failure brings along when it is taken into a recovery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
from django.db import connection

from makegood.journal.operations import Happened
from makegood.recoveries.models import Recovery

READ = """
SELECT f.id, f.customer_id, f.happening_key, coalesce(encode(p.key_hash, 'hex'), f.happening_key), f.gate, f.gate_at,
    f.kind, f.loss, f.fault, f.severity, f.incident_id, i.owner_id, f.place_id,
    coalesce(bought.placed_at, p.made_at, f.happened_at), c.first_purchase_at, f.price_minor, f.currency, v.active_to,
    coalesce(nullif(s.playbook, ''), 'default'), parent.id
FROM failures_failure f
JOIN customers_customer c ON c.organization_id = f.organization_id AND c.id = f.customer_id
LEFT JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id
LEFT JOIN recoveries_recovery parent ON parent.organization_id = p.organization_id AND parent.id = p.recovery_id
    AND parent.state <> 'withdrawn'
LEFT JOIN customers_purchase bought ON bought.organization_id = f.organization_id AND bought.id = f.purchase_id
LEFT JOIN customers_visit v ON v.organization_id = f.organization_id AND v.id = f.visit_id
LEFT JOIN promises_source s ON s.organization_id = f.organization_id AND s.id = f.source_id
LEFT JOIN failures_incident i ON i.organization_id = f.organization_id AND i.id = f.incident_id
WHERE f.organization_id = %s AND f.id = ANY(%s) AND f.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM recoveries_recoveryfailure rf WHERE rf.organization_id = f.organization_id AND rf.failure_id = f.id)
"""


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


COLUMNS = tuple(field.name for field in attrs.fields(Taken))[:-1]


def taken_read(*, organization_id: int, entries: Sequence[Happened]) -> list[Taken]:
    """This function will read the failures of these entries that still stand and that no recovery has."""
    at = {entry.subject_id: entry.at for entry in entries}
    with connection.cursor() as cursor:
        cursor.execute(READ, [organization_id, list(at)])
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return [Taken(**row, at=at[row["failure_id"]]) for row in rows]


def targets_of(*, organization_id: int, taken: Sequence[Taken]) -> dict[tuple[int, str], int]:
    """This function will find the open recoveries of these customers and happenings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.customer_id, r.happening_key, r.id"
            " FROM unnest(%s::bigint[], %s::text[]) AS u(customer, happening)"
            " JOIN recoveries_recovery r ON r.organization_id = %s AND r.state = 'open'"
            " AND r.customer_id = u.customer AND r.happening_key = u.happening",
            [[one.customer_id for one in taken], [one.happening_key for one in taken], organization_id],
        )
        return {(customer, happening): recovery_id for customer, happening, recovery_id in cursor.fetchall()}


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
