"""Writes of customers: who they are, what is known of them, and forgetting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.db.models import Q

from makegood.core.lengths import fitting
from makegood.core.names import legible
from makegood.customers.made_up import Unnamed
from makegood.customers.models import Customer, Fact, Identity, Purchase
from makegood.journal.operations import Happened, record
from makegood.store.bulk import insert, next_ids, record_set
from makegood.store.preparing import prepared
from makegood.store.secrets import keyed_hash

Key = tuple[str, bytes]
"""By what an identity is found: its kind and its keyed hash."""
MERGE_LOCK = 7406
"""The advisory lock (with the organization's number) that a merge holds alone, and others share to see none."""


class UnableToKnowCustomer(ValueError):
    """A customer needs at least one identity: an e-mail, phone, loyalty number, order, handle or token."""


class UnableToMerge(ValueError):
    """Two different customers of this organization can be merged, each once."""


class UnableToErase(ValueError):
    """There is no such customer here."""


def _legible(identities: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, value) for kind, value in identities if legible(text=value))


@attrs.frozen(kw_only=True, slots=True)
class Seen:
    """A customer as a source shows them: `identities` are (kind, value) pairs, the surest first.

    A value in which nothing can be seen is left out: all who have none would be one customer.
    """

    identities: tuple[tuple[str, str], ...] = attrs.field(converter=_legible)
    name: str = ""
    language: str = ""
    zone: str = ""
    channel: str = "mail"

    def keys(self) -> list[Key]:
        """Return the (kind, keyed hash) by which this customer is found."""
        return [(kind, identity_hash(kind, value)) for kind, value in self.identities]


def identity_hash(kind: str, value: str) -> bytes:
    """Return what is kept of an identity when it is erased: addresses and handles are compared without case."""
    plain = value.strip()
    return keyed_hash(plain.lower() if kind in ("email", "handle") else plain, purpose=f"identity:{kind}")


def customers_resolve(*, organization_id: int, seen: Sequence[Seen], now: datetime) -> list[int]:
    """Find or make the customer of each sighting, in order; merged customers are followed.

    What is new of a known customer is added: further identities, and a name, language or zone where there was none. Of
    an erased customer nothing is written down again. Raises UnableToKnowCustomer if one has no identity.
    """
    if any(not one.identities for one in seen):
        raise UnableToKnowCustomer(UnableToKnowCustomer.__doc__)
    keys = [one.keys() for one in seen]
    known = _find(organization_id, {key for mine in keys for key in mine})
    _hold(organization_id, set(known.values()))
    owners, standing = _standing(keys, known)
    newcomers: dict[int, tuple[Key, Seen]] = {}
    for owner, mine, one in zip(standing, keys, seen, strict=True):
        if owner < 0:
            newcomers.setdefault(owner, (mine[0], one))
    ids = _make(organization_id, dict(newcomers.values()), now)
    made = {owner: ids[key] for owner, (key, _) in newcomers.items()}
    _add_identities(
        organization_id,
        {
            key: (made.get(owners[key], owners[key]), value)
            for one, mine in zip(seen, keys, strict=True)
            for (_, value), key in zip(one.identities, mine, strict=True)
            if key not in known and key not in ids
        },
    )
    found = [made.get(owner, owner) for owner in standing]
    _fill(organization_id, seen, found)
    return found


def customers_new(*, organization_id: int, seen: Sequence[Seen]) -> int:
    """Return how many customers `customers_resolve` would make of these sightings."""
    keys = [one.keys() for one in seen]
    _, standing = _standing(keys, _find(organization_id, {key for mine in keys for key in mine}))
    return len({owner for owner in standing if owner < 0})


def _standing(keys: Sequence[Sequence[Key]], known: Mapping[Key, int]) -> tuple[dict[Key, int], list[int]]:
    """Return whose each key is, and whose each sighting: the n-th who is new stands as -n until they are made."""
    owners, standing, new = dict(known), [], 0
    for mine in keys:
        owner = next((owners[key] for key in mine if key in owners), None)
        if owner is None:
            new += 1
            owner = -new
        standing.append(owner)
        for key in mine:
            owners.setdefault(key, owner)
    return owners, standing


def _find(organization_id: int, keys: set[Key]) -> dict[Key, int]:
    with prepared() as cursor:
        cursor.execute(
            "SELECT k.kind, k.value_hash, c.id FROM unnest(%s::text[], %s::bytea[]) AS k(kind, value_hash)"
            " CROSS JOIN LATERAL ("
            "  SELECT i.organization_id, i.customer_id FROM customers_identity i"
            "  WHERE i.organization_id = %s AND i.kind = k.kind AND i.value_hash = k.value_hash LIMIT 1) i"
            " CROSS JOIN LATERAL ("
            "  SELECT coalesce(c.merged_into_id, c.id) AS id FROM customers_customer c"
            "  WHERE c.organization_id = i.organization_id AND c.id = i.customer_id LIMIT 1) c",
            [[kind for kind, _ in keys], [value for _, value in keys], organization_id],
        )
        return {(kind, bytes(value)): customer_id for kind, value, customer_id in cursor.fetchall()}


def _hold(organization_id: int, customer_ids: set[int]) -> None:
    """Let nobody else change these customers before this transaction ends.

    They are taken in the order of their ids, so that no two transactions that go on to fill them in wait for each
    other crosswise; a single one cannot.
    """
    if len(customer_ids) > 1:
        with prepared() as cursor:
            cursor.execute(
                "SELECT id FROM customers_customer WHERE organization_id = %s AND id = ANY(%s)"
                " ORDER BY id FOR NO KEY UPDATE",
                [organization_id, sorted(customer_ids)],
            )


def _make(organization_id: int, fresh: dict[Key, Seen], now: datetime) -> dict[Key, int]:
    """Make customers under their first identity, by which to return them.

    Where another transaction was quicker, its customer stands. Written in the order of their keys, so that two
    transactions never wait for each other.
    """
    if not fresh:
        return {}
    fresh = dict(sorted(fresh.items()))
    ids = next_ids(Customer, len(fresh))
    insert(
        Customer,
        ("id", "organization_id", "name", "language", "zone", "channel", "token", "created_at"),
        [
            (
                customer_id,
                organization_id,
                one.name[:200],
                one.language,
                one.zone,
                one.channel,
                all(kind == "token" for kind, _ in one.identities),
                now,
            )
            for customer_id, one in zip(ids, fresh.values(), strict=True)
        ],
    )
    made = insert(
        Identity,
        ("organization_id", "customer_id", "kind", "value", "value_hash"),
        [
            (organization_id, customer_id, kind, one.identities[0][1][:320], value_hash)
            for customer_id, ((kind, value_hash), one) in zip(ids, fresh.items(), strict=True)
        ],
        on_conflict="ON CONFLICT (organization_id, kind, value_hash) DO NOTHING",
        returning=("customer_id",),
    )
    lost = set(ids) - {row[0] for row in made}
    if not lost:
        return dict(zip(fresh, ids, strict=True))
    Customer.objects.filter(organization_id=organization_id, id__in=lost).delete()
    return _find(organization_id, set(fresh))


def _add_identities(organization_id: int, more: dict[Key, tuple[int, str]]) -> None:
    if not more:
        return
    changed = Customer.objects.filter(organization_id=organization_id, id__in={owner for owner, _ in more.values()})
    erased = set(changed.filter(erased_at__isnull=False).values_list("id", flat=True))
    insert(
        Identity,
        ("organization_id", "customer_id", "kind", "value", "value_hash"),
        [
            (organization_id, customer_id, kind, "" if customer_id in erased else value[:320], value_hash)
            for (kind, value_hash), (customer_id, value) in sorted(more.items())
        ],
        on_conflict="ON CONFLICT (organization_id, kind, value_hash) DO NOTHING",
    )
    named = {customer_id for (kind, _), (customer_id, _) in more.items() if kind != "token"}
    changed.filter(id__in=named, token=True).update(token=False)


def _fill(organization_id: int, seen: Sequence[Seen], found: Sequence[int]) -> None:
    told = {
        customer_id: (customer_id, one.name[:200], one.language, one.zone)
        for customer_id, one in zip(reversed(found), reversed(seen), strict=True)
        if one.name or one.language or one.zone
    }
    if not told:
        return
    columns = {"id": "bigint", "name": "text", "language": "text", "zone": "text"}
    from_, parameter = record_set("u", columns, [row for _, row in sorted(told.items())])
    with prepared() as cursor:
        cursor.execute(
            "UPDATE customers_customer c SET name = coalesce(nullif(c.name, ''), u.name),"
            " language = coalesce(nullif(c.language, ''), u.language), zone = coalesce(nullif(c.zone, ''), u.zone)"
            f" FROM {from_} WHERE c.organization_id = %s AND c.id = u.id AND c.erased_at IS NULL"
            " AND (c.name = '' AND u.name <> '' OR c.language = '' AND u.language <> ''"
            " OR c.zone = '' AND u.zone <> '')",
            [parameter, organization_id],
        )


def fact_add(
    *,
    organization_id: int,
    customer_id: int,
    text: str,
    source: str,
    consented: bool,
    now: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Keep something known of a customer, with where it came from and whether they agreed; return its id."""
    fact = Fact.objects.create(
        organization_id=organization_id,
        customer_id=customer_id,
        text=fitting(text, most=500),
        source=fitting(source, most=120),
        consented=consented,
        recorded_at=now,
        expires_at=expires_at,
    )
    return fact.id


def identity_owner(*, organization_id: int, kind: str, value: str) -> int | None:
    """Return who is known by this already, as whom they turned out to be; None where nobody is."""
    key = (kind, identity_hash(kind, value))
    return _find(organization_id, {key}).get(key)


def identities_sure(*, organization_id: int, identities: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the (kind, value) pairs, the surest first, by which somebody may be found or made who told them at once.

    All of them where nobody is known by any; else the surest alone, so that no address is added to another's.
    """
    keys = {(kind, identity_hash(kind, value)) for kind, value in identities}
    return tuple(identities[:1] if _find(organization_id, keys) else identities)


def customer_identify(
    *, organization_id: int, customer_id: int, kind: str, value: str, name: str, now: datetime
) -> int:
    """Note how a customer is known from now on, and their name where one is given; return whose identity it is.

    An identity that is somebody else's already stays theirs.
    """
    insert(
        Identity,
        ("organization_id", "customer_id", "kind", "value", "value_hash"),
        [(organization_id, customer_id, kind, value[:320], identity_hash(kind, value))],
        on_conflict="ON CONFLICT (organization_id, kind, value_hash) DO NOTHING",
    )
    known = Customer.objects.filter(organization_id=organization_id, id=customer_id, erased_at=None)
    known.update(token=False, **({"name": name.strip()[:200]} if name.strip() else {}))
    (whose,) = customers_resolve(organization_id=organization_id, seen=[Seen(identities=((kind, value),))], now=now)
    return whose


def customers_return(*, organization_id: int, identities: Sequence[tuple[str, str]]) -> None:
    """Let who was erased be somebody new by these (kind, value) pairs: they told of themselves again, just now.

    What a source sends of them changes nothing; whoever is found or made by these identities next is not who they were.
    """
    keys = [identity_hash(kind, value) for kind, value in identities]
    erased = Customer.objects.filter(organization_id=organization_id, erased_at__isnull=False)
    theirs = Identity.objects.filter(organization_id=organization_id, value_hash__in=keys, customer__in=erased)
    theirs.delete()


def merging_waits(*, organization_id: int) -> None:
    """Let nobody of this organization be merged before this transaction ends, nor go on while somebody is."""
    with prepared() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [MERGE_LOCK, organization_id % 2_147_483_647])


def customer_merge(*, organization_id: int, customer_id: int, into_id: int, now: datetime, by: int | None) -> None:
    """Note that one customer turned out to be another: a pointer, no row is rewritten.

    Raises UnableToMerge for the same customer, an unknown one, or one merged already.
    """
    with prepared() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MERGE_LOCK, organization_id % 2_147_483_647])
    target = Customer.objects.filter(organization_id=organization_id, id=into_id, merged_into__isnull=True).exists()
    changed = target and customer_id != into_id
    if not changed or not Customer.objects.filter(
        organization_id=organization_id, id=customer_id, merged_into__isnull=True
    ).update(merged_into_id=into_id):
        raise UnableToMerge(UnableToMerge.__doc__)
    Customer.objects.filter(organization_id=organization_id, merged_into_id=customer_id).update(merged_into_id=into_id)
    record(organization_id=organization_id, entries=[_happened(customer_id, "merged", now, by, into=into_id)])


def customer_erase(
    *, organization_id: int, customer_id: int, now: datetime, by: int | None, unnamed: Unnamed = ""
) -> None:
    """Forget a person: every room blanks what it holds of them, in this transaction; counts and history stay.

    Customers that were merged into this one, or into whom it was merged, are the same person and are forgotten with
    it. The rooms above hear of it through customers:customer:erased: each blanks what is about them, and what nobody
    has looked into and may name them. Where `unnamed` says why nothing from outside does, that is left alone.
    Raises UnableToErase for an unknown customer.
    """
    merging_waits(organization_id=organization_id)
    customers = Customer.objects.filter(organization_id=organization_id)
    found = customers.filter(id=customer_id).values_list("merged_into_id", flat=True)
    if not found:
        raise UnableToErase(UnableToErase.__doc__)
    whose = found[0] or customer_id
    person = customers.filter(Q(id=whose) | Q(merged_into=whose))
    ids = sorted(person.values_list("id", flat=True))
    person.update(name="", language="", zone="", erased_at=now)
    Identity.objects.filter(organization_id=organization_id, customer_id__in=ids).update(value="")
    Purchase.objects.filter(organization_id=organization_id, customer_id__in=ids).update(reference="", what="")
    Fact.objects.filter(organization_id=organization_id, customer_id__in=ids).delete()
    said = {unnamed: 1} if unnamed else {}
    record(organization_id=organization_id, entries=[_happened(one, "erased", now, by, **said) for one in ids])


def _happened(customer_id: int, action: str, now: datetime, by: int | None, **data: int) -> Happened:
    return Happened(
        at=now,
        event=f"customers:customer:{action}",
        subject="customer",
        subject_id=customer_id,
        actor_id=by,
        data=data,
    )
