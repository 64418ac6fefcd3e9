"""Many rows in one statement: set-based inserts for what arrives by the thousand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

ARRAY_TYPES = {
    "AutoField": "bigint",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "CharField": "text",
    "DateField": "date",
    "DateTimeField": "timestamptz",
    "FloatField": "double precision",
    "IntegerField": "integer",
    "JSONField": "text",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TenantKey": "bigint",
    "ForeignKey": "bigint",
}


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take `count` fresh ids of this model's table, in ascending order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _type(field: models.Field[Any, Any]) -> str:
    kind = "ForeignKey" if isinstance(field, models.ForeignKey) else field.get_internal_type()
    return ARRAY_TYPES[kind]


def insert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    on_conflict: str = "",
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert `rows` (values in the order of `columns`, which are attribute names) in one statement.

    `on_conflict` is the clause after the values, such as ``ON CONFLICT DO NOTHING``; JSON columns take Python
    values. Columns with a Python default that are not named keep the database's default or NULL.
    """
    listed = [tuple(row) for row in rows]
    if not listed:
        return []
    fields = [_field(model, name) for name in columns]
    values: list[Any] = []
    for field, column in zip(fields, zip(*listed, strict=True), strict=True):
        if isinstance(field, models.JSONField):
            values.append([None if value is None else json.dumps(value) for value in column])
        else:
            values.append(list(column))
    names = ", ".join(f'"{field.column}"' for field in fields)
    picks = ", ".join(
        f'u."{field.column}"::jsonb' if isinstance(field, models.JSONField) else f'u."{field.column}"'
        for field in fields
    )
    arrays = ", ".join(f"%s::{_type(field)}[]" for field in fields)
    back = f" RETURNING {', '.join(returning)}" if returning else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {picks} FROM unnest({arrays}) AS u({names})'
            f" {on_conflict}{back}",
            values,
        )
        return cursor.fetchall() if returning else []


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    for field in model._meta.local_fields:
        if name in (field.attname, field.name):
            return field
    raise LookupError(f"{model.__name__} has no column {name}")
