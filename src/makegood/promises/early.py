"""Word that came before its promise: held, and joined when the promise arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import connection

from makegood.promises.models import EarlyWord
from makegood.store.bulk import insert

if TYPE_CHECKING:
    from makegood.promises.operations import Word


def hold(*, organization_id: int, words: Sequence[Word]) -> None:
    """Keep these words until their promise is made."""
    insert(
        EarlyWord,
        ("organization_id", "source_id", "key_hash", "action", "happened_at", "received_at", "due_at", "agreed"),
        [
            (organization_id, w.source_id, w.key_hash, w.action, w.happened_at, w.received_at, w.due_at, w.agreed)
            for w in words
        ],
    )


def take(*, organization_id: int, keys: Sequence[tuple[int, bytes]]) -> list[Word]:
    """Take the words that waited for these promises, marking them as joined."""
    from makegood.promises.operations import Word

    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE promises_earlyword w SET joined_at = statement_timestamp()"
            " FROM unnest(%s::bigint[], %s::bytea[]) AS k(source_id, key_hash)"
            " WHERE w.organization_id = %s AND w.source_id = k.source_id AND w.key_hash = k.key_hash"
            " AND w.joined_at IS NULL"
            " RETURNING w.source_id, w.key_hash, w.action, w.happened_at, w.received_at, w.due_at, w.agreed",
            [[source_id for source_id, _ in keys], [key_hash for _, key_hash in keys], organization_id],
        )
        return [
            Word(
                source_id=row[0],
                key_hash=bytes(row[1]),
                action=row[2],
                happened_at=row[3],
                received_at=row[4],
                due_at=row[5],
                agreed=row[6],
            )
            for row in cursor.fetchall()
        ]
