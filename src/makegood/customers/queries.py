"""Reads of customers: found by how they are known or by name, and everything known of one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

import attrs
from django.db import connection

from makegood.customers.models import IDENTITY_KINDS, Charge, Customer, Fact, Purchase, Visit
from makegood.customers.operations import identity_hash
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.reading import read

WORD = re.compile(r"\w+")
FOUND = """
SELECT c.id, c.name, c.language, c.zone, c.token, c.first_purchase_at, c.created_at, c.erased_at, c.channel,
    coalesce((SELECT array_agg(i.kind || ':' || i.value ORDER BY i.id) FROM customers_identity i
        WHERE i.organization_id = c.organization_id AND i.customer_id = c.id AND i.value <> ''), '{}'),
    (SELECT count(*) FROM customers_purchase p WHERE p.organization_id = c.organization_id AND p.customer_id = c.id)
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS u(id, place)
CROSS JOIN LATERAL (SELECT coalesce(m.merged_into_id, m.id) AS id FROM customers_customer m
    WHERE m.organization_id = %(organization)s AND m.id = u.id LIMIT 1) m
CROSS JOIN LATERAL (SELECT * FROM customers_customer o
    WHERE o.organization_id = %(organization)s AND o.id = m.id LIMIT 1) c
ORDER BY u.place
"""
KNOWN = """
SELECT DISTINCT coalesce(c.merged_into_id, c.id) FROM {keys}
JOIN customers_identity i ON i.organization_id = %s AND i.kind = k.kind AND i.value_hash = k.value_hash
JOIN customers_customer c ON c.organization_id = i.organization_id AND c.id = i.customer_id
"""


@attrs.frozen(kw_only=True)
class CustomerFacts:
    """One customer; `identities` are (kind, value) pairs that are not erased."""

    id: int
    name: str
    language: str
    zone: str
    token: bool
    first_purchase_at: datetime | None
    created_at: datetime
    erased_at: datetime | None
    channel: str
    identities: tuple[tuple[str, str], ...]
    purchases: int

    @property
    def called(self) -> str:
        """How to call them: by name, else by how they are known, else that nobody knows."""
        return self._known or self.called_inside.capitalize()

    @property
    def called_inside(self) -> str:
        """How to call them inside a sentence."""
        return self._known or ("an erased customer" if self.erased_at else "a customer we cannot name yet")

    @property
    def _known(self) -> str:
        return self.name or next((value for kind, value in self.identities if kind != "token"), "")

    def identity(self, kind: str) -> str:
        """Their first identity of a kind, or nothing."""
        return next((value for known, value in self.identities if known == kind), "")


def customers_some(*, organization_id: int, customer_ids: Sequence[int]) -> list[CustomerFacts]:
    """This function will read these customers, in this order; a merged one is read as whom it turned out to be."""
    names = [field.name for field in attrs.fields(CustomerFacts)]
    ids = list(customer_ids)
    with prepared() as cursor:
        cursor.execute(FOUND, {"organization": organization_id, "ids": ids})
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [
        CustomerFacts(**row | {"identities": tuple(tuple(one.split(":", 1)) for one in row["identities"])})
        for row in rows
    ]


def customers_merged(*, organization_id: int, customer_ids: Collection[int]) -> dict[int, int]:
    """This function will say who these customers are, and who turned out to be one of them: whom by whom.

    `customer_ids` are those that others were merged into, as merged customers are followed one step.
    """
    rows = read(Customer, "id", "merged_into_id", organization_id=organization_id, merged_into_id=list(customer_ids))
    return {one: one for one in customer_ids} | dict(rows)


def customer_one(*, organization_id: int, customer_id: int) -> CustomerFacts | None:
    """This function will read one customer."""
    found = customers_some(organization_id=organization_id, customer_ids=[customer_id])
    return found[0] if found else None


def customers_found(*, organization_id: int, words: str, most: int = 50) -> list[CustomerFacts]:
    """This function will find customers known exactly by these words, then those whose name holds them."""
    text = words.strip()
    parts = WORD.findall(text)[:6]
    if not parts:
        return []
    keys = [(kind, identity_hash(kind, value)) for kind in IDENTITY_KINDS for value in {text, _digits(text)} if value]
    named, parameter = record_set("k", {"kind": "text", "value_hash": "bytea"}, keys)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN.format(keys=named), [parameter, organization_id])
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT * FROM finder.customers_named(%s, %s)", [" & ".join(f"{part}:*" for part in parts), most]
        )
        ids += [row[0] for row in cursor.fetchall() if row[0] not in ids]
    return customers_some(organization_id=organization_id, customer_ids=ids[:most])


def _digits(text: str) -> str:
    """A phone number without what people put between its digits."""
    plain = re.sub(r"[\s().\-/]", "", text)
    return plain if re.fullmatch(r"\+?\d{6,}", plain) else ""


def customers_recent(*, organization_id: int, most: int = 20) -> list[CustomerFacts]:
    """This function will list the customers who were added last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_customer WHERE organization_id = %s AND merged_into_id IS NULL"
            " ORDER BY created_at DESC LIMIT %s",
            [organization_id, most],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return customers_some(organization_id=organization_id, customer_ids=ids)


@attrs.frozen(kw_only=True)
class FactKnown:
    """Something known of a customer."""

    text: str
    source: str
    consented: bool
    recorded_at: datetime
    expires_at: datetime | None


def facts_known(*, organization_id: int, customer_id: int, now: datetime) -> list[FactKnown]:
    """This function will list what is known of a customer and has not expired, the newest first."""
    names = [field.name for field in attrs.fields(FactKnown)]
    rows = Fact.objects.filter(organization_id=organization_id, customer_id=customer_id).order_by("-recorded_at")
    known = [FactKnown(**row) for row in rows.values(*names)[:50]]
    return [fact for fact in known if fact.expires_at is None or fact.expires_at > now]


@attrs.frozen(kw_only=True)
class Dealing:
    """A purchase, a charge or a visit; `ends_at` is a visit's end."""

    kind: str
    at: datetime
    what: str
    amount_minor: int | None
    currency: str
    ends_at: datetime | None = None


def dealings(*, organization_id: int, customer_id: int, most: int = 20) -> list[Dealing]:
    """This function will list what a customer bought, paid and stayed, the newest first."""
    mine = {"organization_id": organization_id, "customer_id": customer_id}
    found = [
        Dealing(kind="purchase", at=row[0], what=row[1] or row[2] or "Purchase", amount_minor=row[3], currency=row[4])
        for row in Purchase.objects.filter(**mine)
        .order_by("-placed_at")
        .values_list("placed_at", "what", "reference", "total_minor", "currency")[:most]
    ]
    found += [
        Dealing(
            kind=row[1], at=row[0], what=f"{row[1].capitalize()} {row[2]}".strip(), amount_minor=row[3], currency=row[4]
        )
        for row in Charge.objects.filter(**mine)
        .order_by("-charged_at")
        .values_list("charged_at", "kind", "tender", "amount_minor", "currency")[:most]
    ]
    found += [
        Dealing(kind="visit", at=row[0], what=row[2] or "Visit", amount_minor=None, currency="", ends_at=row[1])
        for row in Visit.objects.filter(**mine)
        .order_by("-active_from")
        .values_list("active_from", "active_to", "place__name")[:most]
    ]
    return sorted(found, key=lambda dealing: dealing.at, reverse=True)[:most]
