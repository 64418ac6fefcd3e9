"""Rows on their way into the database: one alone arrives as it would among many, whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from makegood.store.bulk import record_set

COLUMNS = {
    "id": "bigint", "at": "timestamptz", "said": "text", "data": "jsonb", "key": "bytea", "yes": "boolean",
    "share": "double precision",
}  # fmt: skip
AT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
ROWS: list[tuple[Any, ...]] = [
    (1, AT, "100 % 'quoted' \"twice\" \\ back", {"a": [1, "é", None]}, b"\x00\xff", True, 0.25),
    (2, None, None, None, None, None, None),
    (2**40, AT, "", "only a text", b"", False, -1.5),
    (4, AT, "two\nlines", [], memoryview(b"seen"), True, 3.0),
]


def arrived(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    from_, parameter = record_set("u", COLUMNS, iter(rows))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, at, said, data::text, key, yes, share FROM {from_} ORDER BY id", [parameter])
        return list(cursor.fetchall())


def test_one_row_arrives_alone_as_it_does_among_others(database: str) -> None:
    together = {row[0]: row for row in arrived(ROWS)}
    assert len(together) == len(ROWS)
    for row in ROWS:
        assert arrived([row]) == [together[row[0]]]
    assert bytes(together[1][4]) == b"\x00\xff"
    assert together[1][1] == AT


def test_no_rows_are_none(database: str) -> None:
    assert arrived([]) == []
