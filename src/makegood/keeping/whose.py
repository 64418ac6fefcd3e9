"""Whose the rows of each table are, read off the models, so that no table that comes later is forgotten.

A row is a person's where its keys lead to them: by a key that always says so (its customer, its recovery), else by any
of those that may. A few tables say it otherwise, and are named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
from django.apps import apps
from django.db.models import BinaryField, Field, ForeignKey, Q, QuerySet

from makegood.customers.models import Customer
from makegood.failures.models import Failure, Signal
from makegood.journal.models import Effect, Entry
from makegood.listen.models import Raw
from makegood.makegoods.models import MakeGood, PromisedCharge
from makegood.messages.models import Message, Thread
from makegood.messages.operations import unmatched_from
from makegood.organizations.models import Member
from makegood.promises.models import Promise
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.models import Recovery
from makegood.store.models import TenantModel

Ids = Mapping[type[TenantModel], Sequence[int]]
"""The rows of a person that are known so far, by model."""

SUBJECTS: Mapping[str, type[TenantModel]] = {
    "customer": Customer,
    "promise": Promise,
    "failure": Failure,
    "signal": Signal,
    "makegood": MakeGood,
    "charge": PromisedCharge,
    "thread": Thread,
    "message": Message,
    "recovery": Recovery,
    "approval": Approval,
}
"""What the journal and the outbox call the rows of a person; the other subjects are the house's own."""

STAFF_COLUMNS = frozenset(
    {
        "actor_id",
        "acknowledged_by_id",
        "author_id",
        "by_id",
        "consent_by_id",
        "done_by_id",
        "told_by_id",
    }
)
"""Columns that hold a member's number without being a key of the database's."""


@attrs.frozen(kw_only=True)
class Table:
    """One table that holds something of people: `keys` are the columns that say whose a row is, any of them."""

    model: type[TenantModel]
    keys: tuple[tuple[str, type[TenantModel]], ...]

    @property
    def label(self) -> str:
        """Its name in the code, such as recoveries.Step."""
        return str(self.model._meta.label)

    def rows(self, *, organization_id: int, ids: Ids) -> QuerySet[TenantModel]:
        """This function will ask for the rows of the person whose rows elsewhere are `ids`."""
        whose = Q()
        for column, model in self.keys:
            whose |= Q(**{f"{column}__in": list(ids[model])})
        if self.model in _OTHERWISE:
            whose |= _OTHERWISE[self.model](organization_id, ids)
        return self.model._default_manager.filter(whose, organization_id=organization_id).order_by("id")


@lru_cache(maxsize=1)
def tables() -> tuple[Table, ...]:
    """This function will list every table that holds something of people, each after those that its keys lead to."""
    models = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    reached: set[type[TenantModel]] = {Customer}
    while more := {model for model in models if model not in reached and _leading(model, reached)}:
        reached |= more
    found: dict[type[TenantModel], Table] = {Customer: Table(model=Customer, keys=(("id", Customer),))}
    waiting = [model for model in models if model in reached and model is not Customer]
    while waiting:
        model = next(one for one in waiting if {to for _, to in _keys(one, reached)} <= found.keys())
        found[model] = Table(model=model, keys=_keys(model, reached))
        waiting.remove(model)
    journal = tuple(Table(model=model, keys=()) for model in (Entry, Effect))
    return (*found.values(), *journal)


def _leading(model: type[TenantModel], reached: set[type[TenantModel]]) -> list[ForeignKey[Any, Any]]:
    """The keys of a table that lead to a person, those that always do first, and of these its own customer."""
    keys = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model in reached and field.related_model is not model
    ]
    return sorted(keys, key=lambda field: (field.null, field.related_model is not Customer))


def _keys(model: type[TenantModel], reached: set[type[TenantModel]]) -> tuple[tuple[str, type[TenantModel]], ...]:
    keys = _leading(model, reached)
    certain = [field for field in keys if not field.null]
    return tuple((field.attname, field.related_model) for field in (certain[:1] or keys))  # type: ignore[misc]


def _delivered(organization_id: int, ids: Ids) -> Q:
    """Deliveries that name no customer say whose they are by the key of their promise."""
    promises = Promise.objects.filter(organization_id=organization_id, id__in=list(ids[Promise]))
    return Q(about_hash__in=list(promises.values_list("key_hash", flat=True)))


def _unmatched(organization_id: int, ids: Ids) -> Q:
    return Q(id__in=unmatched_from(organization_id=organization_id, customer_ids=ids[Customer]))


def _journalled(_: int, ids: Ids) -> Q:
    whose = Q()
    for subject, model in SUBJECTS.items():
        whose |= Q(subject=subject, subject_id__in=list(ids[model]))
    return whose


_OTHERWISE: Mapping[type[TenantModel], Callable[[int, Ids], Q]] = {
    Raw: _delivered,
    Message: _unmatched,
    Entry: _journalled,
    Effect: _journalled,
}
"""Tables in which something else says, too, whose a row is."""


def walk(*, organization_id: int, customer_ids: Sequence[int]) -> Iterator[tuple[Table, QuerySet[TenantModel]]]:
    """This function will go through every table that holds something of a person, with a query of their rows there.

    `customer_ids` are all under which they are known (`customers.correcting.person_of`).
    """
    ids: dict[type[TenantModel], Sequence[int]] = {Customer: list(customer_ids)}
    for table in tables():
        rows = table.rows(organization_id=organization_id, ids=ids)
        ids[table.model] = list(rows.values_list("id", flat=True))
        yield table, rows


def told_columns(model: type[TenantModel]) -> list[Field[Any, Any]]:
    """This function will list the columns of a table that can be told: not keyed hashes, nor what files are made of."""
    return [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, BinaryField) and field.attname != "organization_id"
    ]


def of_staff(field: Field[Any, Any]) -> bool:
    """This function will say whether a column names one of the staff."""
    return field.related_model is Member or field.attname in STAFF_COLUMNS
