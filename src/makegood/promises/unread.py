"""Word of promises that could not be read: while it stands, a person decides before their customers hear."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from makegood.promises.models import Promise, UnreadWord
from makegood.store.bulk import insert


def words_unread(
    *, organization_id: int, source_id: int, key_hashes: Collection[bytes], file_id: int, now: datetime
) -> set[bytes]:
    """Note of promises by their keys that a row of this file about them could not be read.

    Return the keys of those that are on the ledger; of the others nothing is noted, as nothing can break.
    """
    mine = Promise.objects.filter(organization_id=organization_id, source_id=source_id, key_hash__in=list(key_hashes))
    there = {bytes(key) for key in mine.values_list("key_hash", flat=True)}
    insert(
        UnreadWord,
        ("organization_id", "source_id", "key_hash", "file_id", "noted_at"),
        [(organization_id, source_id, key, file_id, now) for key in sorted(there)],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash)"
        " DO UPDATE SET file_id = excluded.file_id, noted_at = excluded.noted_at",
    )
    return there


def words_doubted(*, organization_id: int, source_id: int) -> set[bytes]:
    """Return the keys of this source's promises of which word could not be read."""
    found = UnreadWord.objects.filter(organization_id=organization_id, source_id=source_id)
    return {bytes(key) for key in found.values_list("key_hash", flat=True)}


def words_read(*, organization_id: int, source_id: int, key_hashes: Collection[bytes]) -> None:
    """Note that word of these promises was read after all."""
    mine = UnreadWord.objects.filter(organization_id=organization_id, source_id=source_id)
    mine.filter(key_hash__in=list(key_hashes)).delete()


def words_seen(*, organization_id: int, file_id: int) -> None:
    """Note that a person has seen to what of this file could not be read."""
    UnreadWord.objects.filter(organization_id=organization_id, file_id=file_id).delete()
