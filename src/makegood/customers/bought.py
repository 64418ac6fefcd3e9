"""What customers bought, paid and came for: purchases, charges and visits, each kept once by the key of its source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.customers.models import Charge, Purchase, Visit
from makegood.store.bulk import insert, next_ids, record_set
from makegood.store.preparing import prepared
from makegood.store.reading import read


@attrs.frozen(kw_only=True, slots=True)
class NewPurchase:
    """A purchase as its source tells it; `key_hash` is the keyed hash of the source's reference."""

    customer_id: int
    key_hash: bytes
    placed_at: datetime
    total_minor: int
    currency: str
    reference: str = ""
    what: str = ""
    place_id: int | None = None


def purchases_record(*, organization_id: int, purchases: Sequence[NewPurchase]) -> dict[bytes, int]:
    """Keep purchases, each once; return the ids of all of them by key, and note each customer's first purchase."""
    if not purchases:
        return {}
    fresh = {p.key_hash: p for p in reversed(purchases)}
    ids = next_ids(Purchase, len(fresh))
    insert(
        Purchase,
        (
            "id",
            "organization_id",
            "customer_id",
            "place_id",
            "key_hash",
            "reference",
            "what",
            "placed_at",
            "total_minor",
            "currency",
        ),
        [
            (
                purchase_id,
                organization_id,
                p.customer_id,
                p.place_id,
                p.key_hash,
                p.reference[:120],
                p.what[:120],
                p.placed_at,
                p.total_minor,
                p.currency,
            )
            for purchase_id, p in zip(ids, fresh.values(), strict=True)
        ],
        on_conflict="ON CONFLICT (organization_id, key_hash) DO NOTHING",
    )
    firsts: dict[int, datetime] = {}
    for purchase in fresh.values():
        firsts[purchase.customer_id] = min(purchase.placed_at, firsts.get(purchase.customer_id, purchase.placed_at))
    from_, parameter = record_set("f", {"customer_id": "bigint", "first_at": "timestamptz"}, firsts.items())
    with prepared() as cursor:
        cursor.execute(
            f"UPDATE customers_customer c SET first_purchase_at = least(c.first_purchase_at, f.first_at) FROM {from_}"
            " WHERE c.organization_id = %s AND c.id = f.customer_id"
            " AND (c.first_purchase_at IS NULL OR c.first_purchase_at > f.first_at)",
            [parameter, organization_id],
        )
    return purchases_find(organization_id=organization_id, keys=list(fresh))


def purchases_find(*, organization_id: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Return the ids of the purchases known by these keys."""
    rows = read(Purchase, "key_hash", "id", organization_id=organization_id, key_hash=list(keys))
    return {bytes(key_hash): purchase_id for key_hash, purchase_id in rows}


@attrs.frozen(kw_only=True, slots=True)
class NewCharge:
    """Money taken or given back: `kind` is charge, refund or chargeback; the amount is never negative."""

    customer_id: int
    key_hash: bytes
    kind: str
    amount_minor: int
    currency: str
    charged_at: datetime
    tender: str = ""
    purchase_id: int | None = None


def charges_record(*, organization_id: int, charges: Sequence[NewCharge]) -> int:
    """Keep charges, refunds and chargebacks, each once; return how many were new."""
    fresh = {c.key_hash: c for c in reversed(charges)}
    made = insert(
        Charge,
        (
            "organization_id",
            "customer_id",
            "purchase_id",
            "kind",
            "key_hash",
            "amount_minor",
            "currency",
            "tender",
            "charged_at",
        ),
        [
            (
                organization_id,
                c.customer_id,
                c.purchase_id,
                c.kind,
                c.key_hash,
                c.amount_minor,
                c.currency,
                c.tender,
                c.charged_at,
            )
            for c in fresh.values()
        ],
        on_conflict="ON CONFLICT (organization_id, key_hash) DO NOTHING",
        returning=("id",),
    )
    return len(made)


@attrs.frozen(kw_only=True, slots=True)
class NewVisit:
    """A stay, trip or visit; its end is after its beginning."""

    customer_id: int
    key_hash: bytes
    active_from: datetime
    active_to: datetime
    place_id: int | None = None


def visits_record(*, organization_id: int, visits: Sequence[NewVisit]) -> dict[bytes, int]:
    """Keep visits, each once; return the ids of all of them by key."""
    if not visits:
        return {}
    fresh = {v.key_hash: v for v in reversed(visits)}
    insert(
        Visit,
        ("organization_id", "customer_id", "place_id", "key_hash", "active_from", "active_to"),
        [(organization_id, v.customer_id, v.place_id, v.key_hash, v.active_from, v.active_to) for v in fresh.values()],
        on_conflict="ON CONFLICT (organization_id, key_hash) DO NOTHING",
    )
    return visits_find(organization_id=organization_id, keys=list(fresh))


def visits_find(*, organization_id: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Return the ids of the visits known by these keys."""
    if not keys:
        return {}
    rows = Visit.objects.filter(organization_id=organization_id, key_hash__in=list(keys))
    return {bytes(key_hash): visit_id for key_hash, visit_id in rows.values_list("key_hash", "id")}
