"""Reads and writes on the hot path: a statement is written once a process, not anew each time as a queryset's.

Measured, writing a queryset's statement takes longer than the database takes to answer it.

A condition names a column by its attribute name and says what stands there: a value, one of a collection's, `NULL`,
`GIVEN` (anything else), `Not(...)` a value or any of a collection's, `AtMost(...)` or `AtLeast(...)` one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import attrs
import orjson
from django.db import connection, models

from makegood.store.preparing import prepared

Row = TypeVar("Row", bound=models.Model)


@attrs.frozen(slots=True)
class _Is:
    """What needs no value to be compared with."""

    sql: str


NULL: Final = _Is("IS NULL")
GIVEN: Final = _Is("IS NOT NULL")


@attrs.frozen(slots=True)
class Not:
    """Anything but this value, or but these; never NULL."""

    value: Any


@attrs.frozen(slots=True)
class AtMost:
    """This value, or one before it."""

    value: Any


@attrs.frozen(slots=True)
class AtLeast:
    """This value, or one after it."""

    value: Any


def read(model: type[models.Model], *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """Return these columns of the rows that meet the conditions.

    Columns go by attribute name, such as recovery_id, and hold no JSON. The rows come in no order.
    """
    forms, values = _conditions(where)
    if values is None:
        return []
    with prepared() as cursor:
        cursor.execute(_select(model, columns, forms), values)
        return cursor.fetchall()


def counted(model: type[models.Model], *, most: int, **where: Any) -> int:
    """Return how many rows meet the conditions, up to `most`: more are not looked for."""
    forms, values = _conditions(where)
    if values is None:
        return 0
    with prepared() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_select(model, (), forms)} LIMIT %s) AS found", [*values, most])
        return int(cursor.fetchone()[0])


def whole_rows(model: type[Row], *, locking: bool = False, **where: Any) -> list[Row]:
    """Return the rows that meet the conditions whole, by id; `locking` holds them until the transaction ends."""
    forms, values = _conditions(where)
    if values is None:
        return []
    statement, names, converters = _whole(model, forms, locking)
    with prepared() as cursor:
        cursor.execute(statement, values)
        return [_made(model, names, converters, found) for found in cursor.fetchall()]


def locked(model: type[Row], *, organization_id: int, row_id: int) -> Row | None:
    """Return one row of an organization whole, locked until the transaction ends; None if there is none."""
    return next(iter(whole_rows(model, locking=True, organization_id=organization_id, id=row_id)), None)


def change(model: type[models.Model], to: Mapping[str, Any], **where: Any) -> int:
    """Write these columns, by attribute name and none of JSON, of the rows that meet the conditions; return how many.

    NULL is written as None.
    """
    forms, values = _conditions(where)
    if values is None:
        return 0
    with prepared() as cursor:
        cursor.execute(_change(model, tuple(to), forms), [*to.values(), *values])
        return cursor.rowcount


def write_back(row: models.Model, columns: Sequence[str]) -> None:
    """This function will write these columns of a row that stands in an organization, as the row holds them now.

    Columns go by attribute name; those of JSON take Python values. No row is made, and no signal is sent.
    """
    statement, of_json = _write_back(type(row), tuple(columns))
    values = [orjson.dumps(getattr(row, name)).decode() if name in of_json else getattr(row, name) for name in columns]
    with prepared() as cursor:
        cursor.execute(statement, [*values, row.organization_id, row.pk])  # type: ignore[attr-defined]


COMPARED = {Not: "<>", AtMost: "<=", AtLeast: ">="}
Forms = tuple[tuple[str, str], ...]


def _conditions(where: Mapping[str, Any]) -> tuple[Forms, list[Any] | None]:
    """Say how each column is compared, and with what; with nothing at all where no row can meet them."""
    forms, values = [], []
    for name, value in where.items():
        if isinstance(value, _Is):
            forms.append((name, value.sql))
            continue
        sql, given = "=", value
        if isinstance(value, (Not, AtMost, AtLeast)):
            sql, given = COMPARED[type(value)], value.value
        if isinstance(given, Collection) and not isinstance(given, (str, bytes)):
            if not given and sql == "=":
                return (), None
            sql, given = f"{sql} {'ANY' if sql == '=' else 'ALL'}(%s)", list(given)
        else:
            sql = f"{sql} %s"
        forms.append((name, sql))
        values.append(given)
    return tuple(forms), values


def _met(model: type[models.Model], forms: Forms) -> str:
    return " AND ".join(f"{_column(model, name)} {sql}" for name, sql in forms)


@lru_cache(maxsize=1024)
def _select(model: type[models.Model], columns: tuple[str, ...], forms: Forms) -> str:
    picked = ", ".join(_column(model, name) for name in columns)
    return f'SELECT {picked} FROM "{model._meta.db_table}" WHERE {_met(model, forms)}'


@lru_cache(maxsize=256)
def _whole(model: type[models.Model], forms: Forms, locking: bool) -> tuple[str, list[str], list[tuple[int, Any]]]:
    fields = model._meta.concrete_fields
    picked = ", ".join(f'"{field.column}"' for field in fields)
    statement = f'SELECT {picked} FROM "{model._meta.db_table}" WHERE {_met(model, forms)} ORDER BY "id"'
    converters = [
        (position, convert) for position, field in enumerate(fields) for convert in field.get_db_converters(connection)
    ]
    return statement + " FOR UPDATE" * locking, [field.attname for field in fields], converters


def _made(model: type[Row], names: list[str], converters: list[tuple[int, Any]], found: tuple[Any, ...]) -> Row:
    values = list(found)
    for position, convert in converters:
        values[position] = convert(values[position], None, connection)
    return model.from_db(connection.alias, names, values)


@lru_cache(maxsize=256)
def _change(model: type[models.Model], columns: tuple[str, ...], forms: Forms) -> str:
    changed = ", ".join(f"{_column(model, name)} = %s" for name in columns)
    return f'UPDATE "{model._meta.db_table}" SET {changed} WHERE {_met(model, forms)}'


@lru_cache(maxsize=64)
def _write_back(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    of_json = frozenset(one.attname for one in model._meta.concrete_fields if isinstance(one, models.JSONField))
    changed = ", ".join(f"{_column(model, name)} = %s{'::jsonb' if name in of_json else ''}" for name in columns)
    return f'UPDATE "{model._meta.db_table}" SET {changed} WHERE "organization_id" = %s AND "id" = %s', of_json


def _column(model: type[models.Model], name: str) -> str:
    for field in model._meta.concrete_fields:
        if name == field.attname:
            return f'"{field.column}"'
    raise LookupError(f"{model.__name__} has no column {name}")
