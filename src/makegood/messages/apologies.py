"""Apologies: at most one for one customer and key in 90 days, held by the database under any concurrency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from makegood.core.reasons import because
from makegood.customers.operations import merging_waits
from makegood.customers.queries import customers_merged
from makegood.messages.models import Apology
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.secrets import keyed_hash

ONCE_IN = timedelta(days=90)
SHADOW = "shadow:"
"""What the keys of apologies begin with that a shadow would have said: they bar each other, and none that is said."""
SAID_ALREADY = {
    **because(
        "message.apology_once",
        "This customer was told sorry for this in the last 90 days: a second apology takes away from the first.",
        evidence="P1",
    ).as_dict(),
    "severity": "block",
}


@attrs.frozen(kw_only=True, slots=True)
class Said:
    """An apology about to be sent at `at`: `key` is the incident, else the failure's kind with its place or product."""

    message_id: int
    customer_id: int
    key: str
    at: datetime


def key_number(key: str) -> int:
    """This function will return the number that stands for an apology key, 62 bits of its keyed hash."""
    return int.from_bytes(keyed_hash(key, purpose="apology")[:8]) >> 2


TAKE = """
INSERT INTO conversations_apology (organization_id, customer_id, key_hash, key, message_id, period)
SELECT %s, s.customer_id, s.key_hash, s.key, s.message_id, tstzrange(s.at, s.until_at) FROM {rows}
ORDER BY s.customer_id, s.key_hash, s.at, s.message_id ON CONFLICT DO NOTHING RETURNING message_id
"""


def apologies_take(*, organization_id: int, said: Sequence[Said]) -> set[int]:
    """This function will take the one apology of each; return the messages of those that may be said.

    A merged customer counts as the one into whom they were merged, and what was said to either before they were merged
    counts for both: nobody is merged while this looks. In one statement, ordered by customer, so that thousands cost
    little and two batches wait for each other instead of each for the other.
    """
    if not said:
        return set()
    merging_waits(organization_id=organization_id)
    rehearsed = [one for one in said if one.key.startswith(SHADOW)]
    had = apologies_had(organization_id=organization_id, asked=rehearsed) if rehearsed else set()
    said = [one for one in said if one.message_id not in had]
    merged = _merged(organization_id, {one.customer_id for one in said})
    said = _unsaid(organization_id, said, merged)
    columns = {
        "customer_id": "bigint",
        "key_hash": "bigint",
        "key": "text",
        "message_id": "bigint",
        "at": "timestamptz",
        "until_at": "timestamptz",
    }
    numbers = {key: key_number(key) for key in {one.key for one in said}}
    rows, parameter = record_set(
        "s",
        columns,
        [
            (
                merged.get(one.customer_id, one.customer_id),
                numbers[one.key],
                one.key[:160],
                one.message_id,
                one.at,
                one.at + ONCE_IN,
            )
            for one in said
        ],
    )
    with prepared() as cursor:
        cursor.execute(TAKE.format(rows=rows), [organization_id, parameter])
        return {row[0] for row in cursor.fetchall()}


def apologies_had(*, organization_id: int, asked: Sequence[Said]) -> set[int]:
    """This function will find which of these apologies may not be said, by message: the customer has had them.

    It takes nothing: another may still be quicker. What was really said bars a shadow's apology too.
    """
    merged = _merged(organization_id, {one.customer_id for one in asked})
    persons = {one.customer_id: merged.get(one.customer_id, one.customer_id) for one in asked}
    family = customers_merged(organization_id=organization_id, customer_ids=set(persons.values()))
    had: dict[tuple[int, int], list[Any]] = defaultdict(list)
    rows = Apology.objects.filter(
        organization_id=organization_id,
        customer_id__in=list(family),
        key_hash__in=[key_number(key) for key in {key for one in asked for key in _barring(one.key)}],
    )
    for customer_id, number, period in rows.values_list("customer_id", "key_hash", "period"):
        had[family[customer_id], number].append(period)
    return {
        one.message_id
        for one in asked
        for key in _barring(one.key)
        for period in had.get((persons[one.customer_id], key_number(key)), ())
        if period.lower < one.at + ONCE_IN and one.at < period.upper
    }


def _barring(key: str) -> set[str]:
    """The keys under which what was said bars this one."""
    return {key, key.removeprefix(SHADOW)}


def _merged(organization_id: int, customer_ids: set[int]) -> dict[int, int]:
    with prepared() as cursor:
        cursor.execute(
            "SELECT id, merged_into_id FROM customers_customer WHERE organization_id = %s AND id = ANY(%s)"
            " AND merged_into_id IS NOT NULL",
            [organization_id, list(customer_ids)],
        )
        return dict(cursor.fetchall())


def _unsaid(organization_id: int, said: Sequence[Said], merged: Mapping[int, int]) -> list[Said]:
    """Those for whom no one who is the same person was told it in the time, under the number that they had then."""
    persons = {merged.get(one.customer_id, one.customer_id) for one in said}
    family = customers_merged(organization_id=organization_id, customer_ids=persons)
    former = {one: person for one, person in family.items() if one != person}
    if not former:
        return list(said)
    rows = Apology.objects.filter(organization_id=organization_id, customer_id__in=list(former))
    before: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for customer_id, number, period in rows.values_list("customer_id", "key_hash", "period"):
        before[former[customer_id], number].append(period)
    return [
        one
        for one in said
        if not any(
            period.lower < one.at + ONCE_IN and one.at < period.upper
            for period in before.get((merged.get(one.customer_id, one.customer_id), key_number(one.key)), ())
        )
    ]


def apologies_release(*, organization_id: int, message_ids: Sequence[int]) -> None:
    """This function will give back apologies that were not said after all: stopped, refused or failed."""
    Apology.objects.filter(organization_id=organization_id, message_id__in=list(message_ids)).delete()
