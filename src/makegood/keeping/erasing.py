"""Erasing a person with its proof: what goes and stays is said beforehand, done, looked for again, and journalled.

What goes is never written down a second time: beforehand the erasure is done and undone, so that what is said of it is
what it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs
from django.db import connection, transaction
from django.db.models import Q

from makegood.customers.correcting import person_of
from makegood.customers.models import Customer, Fact, Identity, Purchase
from makegood.customers.operations import customer_erase
from makegood.customers.queries import customer_one
from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.keeping.described import BESIDE, TITLES
from makegood.keeping.searching import Looked, values_find
from makegood.keeping.whose import walk
from makegood.makegoods.models import MakeGood, PromisedCharge
from makegood.messages.models import Message
from makegood.store.models import TenantModel

PROVED: Final = "customers:customer:erasure_proved"
OWN_WORDS: Final = 40
"""From so many letters on what somebody wrote is surely their own."""
LOOKED_FOR: Final = 120
"""So much of a longer text is looked for."""
VALUES: Final[Sequence[tuple[type[TenantModel], str]]] = (
    (Customer, "name"),
    (Identity, "value"),
    (Purchase, "reference"),
    (PromisedCharge, "reference"),
    (MakeGood, "reference"),
    (Fact, "text"),
    (Message, "body"),
)
"""Where the values stand by which somebody can be found again; of messages, what they wrote."""


class UnableToErasePerson(ValueError):
    """Type the name exactly as it stands above: what is erased cannot be brought back."""


@attrs.frozen(kw_only=True)
class TableErased:
    """What becomes of a person's rows in one table: how many go, are emptied of what is personal, and stay."""

    label: str
    erased: int
    blanked: int
    kept: int

    @property
    def title(self) -> str:
        """What people call this table."""
        return TITLES.get(self.label, self.label)


@attrs.frozen(kw_only=True)
class Erased:
    """What becomes of a person's rows, table by table; `beside` are rows that may be anybody's, and are emptied too."""

    tables: tuple[TableErased, ...]
    beside: Mapping[str, int]


@attrs.frozen(kw_only=True)
class Proof:
    """One erasure as the journal keeps it: by whom, when, what it did, and what was looked through afterwards.

    `shared` is how many values are somebody else's too, and were not looked for.
    """

    entry_id: int
    customer_id: int
    at: datetime
    by: int | None
    erased: Erased
    looked: Looked
    shared: int

    @property
    def clean(self) -> bool:
        """Whether something was looked for in all there is, and nothing found."""
        return self.looked.values > 0 and not self.looked.found and not self.looked.unread


def erasure_foreseen(*, organization_id: int, customer_id: int, now: datetime) -> Erased:
    """This function will say what erasing a person would do, by doing it and undoing it."""
    with transaction.atomic():
        erased = _erase(organization_id, customer_id, now, None)
        transaction.set_rollback(True)
    return erased


def person_erase(*, organization_id: int, customer_id: int, typed: str, by: int, now: datetime) -> Proof:
    """This function will erase a person whose name was `typed`, look for what is left, and journal the proof.

    Raises UnableToErasePerson where something else was typed, and UnableToErase for an unknown customer.
    """
    customer = customer_one(organization_id=organization_id, customer_id=customer_id)
    if customer is not None and typed.split() != customer.called.split():
        raise UnableToErasePerson(UnableToErasePerson.__doc__)
    return _erase_and_prove(organization_id, customer_id, now, by)


def person_erase_again(*, organization_id: int, customer_id: int, now: datetime) -> Proof:
    """This function will erase once more a person who came back with an older database, and journal the proof.

    That they are erased was decided before, so nobody here is named as who did it. Raises UnableToErase for an unknown
    customer.
    """
    return _erase_and_prove(organization_id, customer_id, now, None)


def _erase_and_prove(organization_id: int, customer_id: int, now: datetime, by: int | None) -> Proof:
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    values, shared = _values(organization_id, ids)
    erased = _erase(organization_id, customer_id, now, by)
    looked = values_find(organization_id=organization_id, values=values)
    happened = Happened(
        at=now,
        event=PROVED,
        subject="customer",
        subject_id=ids[0],
        actor_id=by,
        data={
            "tables": [[one.label, one.erased, one.blanked, one.kept] for one in erased.tables],
            "beside": dict(erased.beside),
            "looked": [looked.tables, looked.columns, looked.values, shared],
            "found": {table: list(numbers) for table, numbers in looked.found.items()},
            "unread": list(looked.unread),
        },
    )
    record(organization_id=organization_id, entries=[happened])
    return erasures_proved(organization_id=organization_id, customer_id=customer_id)[0]


def erasures_proved(*, organization_id: int, customer_id: int) -> list[Proof]:
    """This function will read the proofs of a person's erasures, the newest first."""
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    rows = Entry.objects.filter(organization_id=organization_id, subject="customer", subject_id__in=ids, event=PROVED)
    return [_proof(row) for row in rows.order_by("-id")]


def proof_that_tells_most(*, proofs: Sequence[Proof]) -> Proof:
    """This function will choose of a person's proofs, the newest first: one that left something open, else one at all.

    What somebody is looked for by goes with the first erasure: a later one that looked for nothing takes nothing back.
    """
    looked = [one for one in proofs if one.looked.values]
    return next((one for one in looked if not one.clean), (looked or proofs)[0])


def _proof(row: Entry) -> Proof:
    tables, columns, values, shared = row.data["looked"]
    return Proof(
        entry_id=row.id,
        customer_id=row.subject_id,
        at=row.at,
        by=row.actor_id,
        erased=Erased(
            tables=tuple(
                TableErased(label=label, erased=gone, blanked=blanked, kept=kept)
                for label, gone, blanked, kept in row.data["tables"]
            ),
            beside=row.data["beside"],
        ),
        looked=Looked(
            tables=tables if values else 0,
            columns=columns if values else 0,
            values=values,
            found={table: tuple(numbers) for table, numbers in row.data["found"].items()},
            unread=tuple(row.data["unread"]),
        ),
        shared=shared,
    )


def _erase(organization_id: int, customer_id: int, now: datetime, by: int | None) -> Erased:
    """Erase, and tell for each table what became of the rows that were theirs."""
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    before = {
        table: _marks(table.model, list(rows.values_list("id", flat=True)))
        for table, rows in walk(organization_id=organization_id, customer_ids=ids)
    }
    written = _written()
    customer_erase(organization_id=organization_id, customer_id=customer_id, now=now, by=by)
    changed = {table: count - written.get(table, 0) for table, count in _written().items()}
    tables = []
    for table, marks in before.items():
        after = _marks(table.model, list(marks))
        tables.append(
            TableErased(
                label=table.label,
                erased=len(marks.keys() - after.keys()),
                blanked=sum(after[row] != marks[row] for row in after),
                kept=sum(after[row] == marks[row] for row in after),
            )
        )
    theirs = {table.model._meta.db_table for table in before}
    beside = {name: changed[name] for name in BESIDE if changed.get(name) and name not in theirs}
    return Erased(tables=tuple(one for one in tables if one.erased + one.blanked + one.kept), beside=beside)


def _marks(model: type[TenantModel], ids: Sequence[int]) -> dict[int, str]:
    """What tells whether these rows are as they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id, md5(t::text) FROM "{model._meta.db_table}" t WHERE id = ANY(%s)',
            [list(ids)],
        )
        return dict(cursor.fetchall())


def _written() -> dict[str, int]:
    """How many rows this transaction changed or took out, by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def _values(organization_id: int, ids: Sequence[int]) -> tuple[set[str], int]:
    """The values by which a person can be found again, and how many of them are somebody else's too."""
    found: set[str] = set()
    names: set[str] = set()
    for table, rows in walk(organization_id=organization_id, customer_ids=ids):
        for model, column in VALUES:
            if table.model is not model:
                continue
            mine = rows.filter(Q(direction="in")) if model is Message else rows
            least = OWN_WORDS if model in (Message, Fact) else 1
            texts = {text.strip()[:LOOKED_FOR] for text in mine.values_list(column, flat=True)}
            found |= {text for text in texts if len(text) >= least}
            if model is Customer:
                names |= texts & found
    others = Customer.objects.filter(organization_id=organization_id).exclude(id__in=list(ids))
    shared = {name for name in names if others.filter(name__icontains=name).exists()}
    return found - shared, len(shared)
