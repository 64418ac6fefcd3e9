"""Reads and single writes on the hot path: a statement is written once a process, not anew each time as a queryset's.

Measured, writing a queryset's statement takes longer than the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.db import connection, models

from makegood.store.preparing import prepared

Row = TypeVar("Row", bound=models.Model)


def read(model: type[models.Model], *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """Return these columns of the rows where each column named in `where` has the value, or one of a collection's.

    Columns go by attribute name, such as recovery_id, and hold no JSON. The rows come in no order.
    """
    among = tuple(name for name, value in where.items() if _several(value))
    if not all(where[name] for name in among):
        return []
    with prepared() as cursor:
        cursor.execute(
            _select(model, columns, tuple(where), among),
            [list(value) if name in among else value for name, value in where.items()],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def locked(model: type[Row], *, organization_id: int, row_id: int) -> Row | None:
    """Return one row of an organization whole, locked until the transaction ends; None if there is none."""
    statement, names, converters = _whole(model)
    with prepared() as cursor:
        cursor.execute(statement, [organization_id, row_id])
        found = cursor.fetchone()
    if found is None:
        return None
    values = list(found)
    for position, convert in converters:
        values[position] = convert(values[position], None, connection)
    return model.from_db(connection.alias, names, values)


def write_back(row: models.Model, columns: Sequence[str]) -> None:
    """This function will write these columns of a row that stands in an organization, as the row holds them now.

    Columns go by attribute name; those of JSON take Python values. No row is made, and no signal is sent.
    """
    statement, of_json = _write_back(type(row), tuple(columns))
    values = [orjson.dumps(getattr(row, name)).decode() if name in of_json else getattr(row, name) for name in columns]
    with prepared() as cursor:
        cursor.execute(statement, [*values, row.organization_id, row.pk])  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def _write_back(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    of_json = frozenset(one.attname for one in model._meta.concrete_fields if isinstance(one, models.JSONField))
    changed = ", ".join(f"{_column(model, name)} = %s{'::jsonb' if name in of_json else ''}" for name in columns)
    return f'UPDATE "{model._meta.db_table}" SET {changed} WHERE "organization_id" = %s AND "id" = %s', of_json


def _several(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, (str, bytes))


@lru_cache(maxsize=1024)
def _select(model: type[models.Model], columns: tuple[str, ...], where: tuple[str, ...], among: tuple[str, ...]) -> str:
    conditions = (f"{_column(model, name)} = {'ANY(%s)' if name in among else '%s'}" for name in where)
    picked = ", ".join(_column(model, name) for name in columns)
    return f'SELECT {picked} FROM "{model._meta.db_table}" WHERE {" AND ".join(conditions)}'


@lru_cache(maxsize=64)
def _whole(model: type[models.Model]) -> tuple[str, list[str], list[tuple[int, Any]]]:
    fields = model._meta.concrete_fields
    picked = ", ".join(f'"{field.column}"' for field in fields)
    statement = f'SELECT {picked} FROM "{model._meta.db_table}" WHERE "organization_id" = %s AND "id" = %s FOR UPDATE'
    converters = [
        (position, convert) for position, field in enumerate(fields) for convert in field.get_db_converters(connection)
    ]
    return statement, [field.attname for field in fields], converters


def _column(model: type[models.Model], name: str) -> str:
    for field in model._meta.concrete_fields:
        if name == field.attname:
            return f'"{field.column}"'
    raise LookupError(f"{model.__name__} has no column {name}")
