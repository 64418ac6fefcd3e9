"""Orders that a letter names: purchases and promises of whoever wrote it, by the very reference that they copied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import attrs
from django.db import connection

from makegood.core.references import references_in
from makegood.customers.models import Customer
from makegood.customers.queries import customers_merged
from makegood.promises.models import Source
from makegood.store.reading import NULL, read
from makegood.store.secrets import keyed_hash

REMEMBERED = 4000


@lru_cache(maxsize=REMEMBERED)
def reference_key(*, source_id: int, kind: str, reference: str) -> bytes:
    """Return the keyed hash that stands for a source's own reference."""
    return keyed_hash(f"{source_id}:{kind}:{reference}")


@attrs.frozen(kw_only=True, slots=True)
class Letter:
    """What somebody wrote, and as whom they are known."""

    customer_id: int
    text: str


@attrs.frozen(kw_only=True, slots=True)
class OrderNamed:
    """One order: its purchase, its promise where it has just one, where it was bought, and whose source told of it.

    `reference` is as its source wrote it. `what` may be empty, as may `source` and `playbook`, where no source is known
    to have told of it. `happening_key` is that of its failures. `at` is when it was bought, else promised.
    """

    reference: str
    what: str
    purchase_id: int | None
    promise_id: int | None
    happening_key: str
    source: str
    playbook: str
    place_id: int | None
    place: str
    price_minor: int | None
    currency: str
    at: datetime


class _Row(NamedTuple):
    customer_id: int
    purchase_id: int | None
    promise_id: int | None
    key_hash: bytes
    source_id: int | None
    reference: str
    called: str
    what: str
    place_id: int | None
    place: str
    price_minor: int | None
    currency: str
    at: datetime


NAMED = """
SELECT p.customer_id, p.purchase_id, p.id, p.key_hash, p.source_id, coalesce(b.reference, ''), coalesce(b.what, ''),
    coalesce(nullif(p.what, ''), b.what, ''), l.id, coalesce(l.name, ''), coalesce(p.value_minor, b.total_minor),
    CASE WHEN p.value_minor IS NULL THEN coalesce(b.currency, '') ELSE p.currency END, coalesce(b.placed_at, p.made_at)
FROM promises_promise p
LEFT JOIN customers_purchase b ON b.organization_id = p.organization_id AND b.id = p.purchase_id
LEFT JOIN organizations_place l ON l.organization_id = p.organization_id AND l.id = coalesce(p.place_id, b.place_id)
WHERE p.organization_id = %(here)s AND p.customer_id = ANY(%(whose)s) AND p.recovery_id IS NULL
    AND (p.key_hash = ANY(%(keys)s) OR upper(b.reference) = ANY(%(words)s) OR upper(b.what) = ANY(%(orders)s))
UNION ALL
SELECT b.customer_id, b.id, NULL, b.key_hash, NULL, b.reference, b.what, b.what, l.id, coalesce(l.name, ''),
    b.total_minor, b.currency, b.placed_at
FROM customers_purchase b
LEFT JOIN organizations_place l ON l.organization_id = b.organization_id AND l.id = b.place_id
WHERE b.organization_id = %(here)s AND b.customer_id = ANY(%(whose)s)
    AND (upper(b.reference) = ANY(%(words)s) OR upper(b.what) = ANY(%(orders)s))
ORDER BY 13, 3
"""
"""A promise is known by the hash of its reference, a purchase by its reference, or as a shop calls it: Order 1001."""


def orders_named(*, organization_id: int, letters: Mapping[int, Letter]) -> dict[int, tuple[OrderNamed, ...]]:
    """This function will find, for each letter, the orders of its own writer that it names, in one query for all.

    Only what belongs to the customer who wrote, or to somebody who turned out to be them, counts, and only where a
    whole word of the letter is the reference, capitals or not. A letter that names none is absent.
    """
    words = {one: {word.upper(): word for word in references_in(text=it.text)} for one, it in letters.items()}
    asked = {one: letters[one] for one, mine in words.items() if mine}
    whose = _whose(organization_id, {it.customer_id for it in asked.values()})
    if not whose:
        return {}
    sources = {one: rest for one, *rest in read(Source, "id", "name", "playbook", organization_id=organization_id)}
    forms = {form for one in asked for word in words[one].values() for form in (word, word.upper(), word.lower())}
    keys = {
        reference_key(source_id=source_id, kind="promise", reference=form): form.upper()
        for source_id in sources
        for form in forms
    }
    rows = _rows(organization_id, list(whose), keys, {form.upper() for form in forms})
    named = {}
    for one, letter in asked.items():
        root = whose.get(letter.customer_id)
        mine = [row for row in rows if root is not None and whose[row.customer_id] == root]
        if found := _orders(mine, keys, list(words[one]), sources):
            named[one] = found
    return named


def _matter(row: _Row) -> str:
    """The happening of its failures."""
    return f"purchase:{row.purchase_id}" if row.purchase_id else f"promise:{row.promise_id}"


def _whose(organization_id: int, customer_ids: Collection[int]) -> dict[int, int]:
    """Everybody who is one of these customers, each with whom they all turned out to be; nobody who was erased."""
    if not customer_ids:
        return {}
    known = read(
        Customer, "id", "merged_into_id", organization_id=organization_id, id=list(customer_ids), erased_at=NULL
    )
    roots = {one: into or one for one, into in known}
    return {**customers_merged(organization_id=organization_id, customer_ids=set(roots.values())), **roots}


def _rows(organization_id: int, whose: Sequence[int], keys: Mapping[bytes, str], words: Collection[str]) -> list[_Row]:
    values: dict[str, int | list[Any]] = {
        "here": organization_id,
        "whose": list(whose),
        "keys": list(keys),
        "words": list(words),
        "orders": [f"ORDER {word}" for word in words],
    }
    with connection.cursor() as cursor:
        cursor.execute(NAMED, values)
        return [_Row(*row) for row in cursor.fetchall()]


def _orders(
    rows: Sequence[_Row], keys: Mapping[bytes, str], words: Sequence[str], sources: Mapping[int, Sequence[Any]]
) -> tuple[OrderNamed, ...]:
    """The orders that one letter's words (in capitals) name, in the order in which it names them."""
    place_of = {word: place for place, word in enumerate(words)}
    found: dict[str, tuple[int, list[_Row]]] = {}
    for row in rows:
        named = (keys.get(bytes(row.key_hash), ""), row.reference.upper(), row.called.upper().removeprefix("ORDER "))
        places = [place_of[word] for word in named if word in place_of]
        if places:
            first, same = found.setdefault(_matter(row), (min(places), []))
            same.append(row)
            found[_matter(row)] = min(first, *places), same
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return tuple(_order(matter, words[first], same, sources) for matter, (first, same) in ordered)


def _order(matter: str, word: str, rows: Sequence[_Row], sources: Mapping[int, Sequence[Any]]) -> OrderNamed:
    promises = [row for row in rows if row.promise_id is not None]
    one = promises[0] if len(promises) == 1 else rows[0]
    bought = next((row for row in rows if row.promise_id is None), one)
    priced = one if len(promises) == 1 else bought
    source_id = promises[0].source_id if promises else _told_by(bought, sources)
    source, playbook = sources.get(source_id or 0, ("", ""))
    return OrderNamed(
        reference=bought.reference if bought.reference.upper() == word else word,
        what=one.what,
        purchase_id=one.purchase_id,
        promise_id=one.promise_id if len(promises) == 1 else None,
        happening_key=matter,
        source=source,
        playbook=playbook,
        place_id=one.place_id,
        place=one.place,
        price_minor=priced.price_minor,
        currency=priced.currency,
        at=bought.at,
    )


def _told_by(row: _Row, sources: Mapping[int, Sequence[Any]]) -> int | None:
    """The source that told of a purchase of which nothing was promised: its key holds which one it was."""
    return next(
        (
            source_id
            for source_id in sources
            if reference_key(source_id=source_id, kind="purchase", reference=row.reference) == bytes(row.key_hash)
        ),
        None,
    )
