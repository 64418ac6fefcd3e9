"""Looking for a person's values in every column of every table of an organization that could hold them.

Which columns those are is asked of the database itself: text of every kind, JSON, and bytes. A value is found where it
stands as words of its own; one of a few letters only where it is all that a column holds.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import attrs
from django.db import OperationalError, connection, transaction
from psycopg import errors, sql

SHORTEST: Final = 5
"""A value of fewer letters stands in too many words to be looked for inside of them."""
SECONDS: Final = 20.0
"""For how long a page looks; what is left then is named as not looked through."""
MOST_NAMED: Final = 50
TEXTS: Final = ("text", "varchar", "bpchar", "json", "jsonb", "xml", "_text", "_varchar", "_jsonb", "tsvector")
COLUMNS: Final = """
SELECT c.relname, a.attname, t.typname FROM pg_class c
JOIN pg_attribute o ON o.attrelid = c.oid AND o.attname = 'organization_id' AND NOT o.attisdropped
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
    AND (t.typname = ANY(%s) OR t.typname = 'bytea') ORDER BY c.reltuples, 1, 2
"""
"""The smallest tables first: if the time is over, few are left."""


@attrs.frozen(kw_only=True)
class Looked:
    """What was looked through: `found` are the numbers of the rows that hold a value, `unread` tables left for time."""

    tables: int
    columns: int
    values: int
    found: Mapping[str, tuple[int, ...]]
    unread: tuple[str, ...]


def values_find(*, organization_id: int, values: Collection[str], seconds: float = SECONDS) -> Looked:
    """This function will look for these values in every table that holds rows of this organization.

    It waits for `seconds` at most, and for no one table longer than what is left of them. Without a value nothing is
    looked through.
    """
    wanted = sorted({value.strip() for value in values if value.strip()})
    if not wanted:
        return Looked(tables=0, columns=0, values=0, found={}, unread=())
    held: dict[str, list[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(TEXTS)])
        for table, column, kind in cursor.fetchall():
            held.setdefault(table, []).append((column, kind))
    until = time.monotonic() + seconds
    found: dict[str, tuple[int, ...]] = {}
    unread: list[str] = []
    for table, columns in held.items():
        rows = _rows(organization_id, table, columns, wanted, until - time.monotonic())
        if rows is None:
            unread.append(table)
        elif rows:
            found[table] = rows
    columns_counted = sum(map(len, held.values()))
    return Looked(
        tables=len(held), columns=columns_counted, values=len(wanted), found=found, unread=tuple(unread)
    )  # fmt: skip


def _rows(
    organization_id: int, table: str, columns: Sequence[tuple[str, str]], values: Sequence[str], seconds: float
) -> tuple[int, ...] | None:
    """The rows of one table that hold a value; None where there was no time to look."""
    if seconds <= 0:
        return None
    held = sql.SQL(" OR ").join(_held(sql.Identifier(column), kind) for column, kind in columns)
    asked = sql.SQL(
        "SELECT coalesce((to_jsonb(t) ->> 'id')::bigint, organization_id) FROM {} t"
        " WHERE organization_id = %(organization)s AND ({}) LIMIT %(most)s"
    ).format(sql.Identifier(table), held)
    given = {"organization": organization_id, "most": MOST_NAMED} | _spelled(values)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            limit = "SELECT set_config('statement_timeout', %s, true)"
            cursor.execute(limit, [f"{max(1, round(seconds * 1000))}ms"])
            cursor.execute(asked, given)
            rows = cursor.fetchall()
            cursor.execute(limit, [before])
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            return None
        raise
    return tuple(sorted(int(row[0]) for row in rows))


def _held(column: sql.Identifier, kind: str) -> sql.Composable:
    """Whether a column holds one of the values; the quick look comes first."""
    if kind == "bytea":
        said = "EXISTS (SELECT FROM unnest(%(bytes)s::bytea[]) AS v(v) WHERE position(v.v IN {column}) > 0)"
    else:
        said = (
            "lower({column}::text) = ANY(%(whole)s) OR CASE WHEN lower({column}::text) LIKE ANY(%(like)s)"
            " OR {column}::text LIKE ANY(%(like)s) THEN {column}::text ~* ANY(%(words)s) ELSE FALSE END"
        )
    return sql.SQL(f"({said})").format(column=column)


def _spelled(values: Sequence[str]) -> dict[str, list[Any]]:
    """The values as they are looked for: as text and as JSON spells it, as words, as all of a column, and as bytes."""
    long = [value for value in values if len(value) >= SHORTEST]
    told = {
        one for value in long for one in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    }
    short = [json.dumps(value, ensure_ascii=False) for value in values if len(value) < SHORTEST]
    return {
        "like": [f"%{_plain(one)}%" for spelling in sorted({*told, *short}) for one in (spelling.lower(), spelling)],
        "words": [rf"(^|\W){re.escape(one)}(\W|$)" for one in sorted(told)] + [re.escape(one) for one in short],
        "whole": [value.lower() for value in values],
        "bytes": [one.encode() for one in sorted(told)],
    }


def _plain(text: str) -> str:
    """Keep a pattern from taking these signs for its own."""
    return re.sub(r"([\\%_])", r"\\\1", text)
