"""What a member's phone kept while the line was down: taken once by its key, as the report that it was."""

from __future__ import annotations

from datetime import datetime

from makegood.listen.models import Raw
from makegood.promises.operations import source_create
from makegood.store.bulk import insert
from makegood.store.secrets import keyed_hash

SOURCE = "counter"


def report_once(*, organization_id: int, key: str, now: datetime) -> int | None:
    """This function will note a report's key, and return what to keep of it under; None where it was taken before.

    Two that come at once wait for each other. Undone with its unit of work, the key is free again.
    """
    source_id = source_create(
        organization_id=organization_id, code=SOURCE, name="The counter", now=now, watchable=False
    )
    made = insert(
        Raw,
        ("organization_id", "source_id", "key_hash", "type", "body", "happened_at", "received_at"),
        [(organization_id, source_id, keyed_hash(key, purpose="counter"), "counter.report", None, now, now)],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash) DO NOTHING",
        returning=("id",),
    )
    return int(made[0][0]) if made else None


def report_kept(*, organization_id: int, raw_id: int, failure_id: int, happened_at: datetime) -> None:
    """This function will keep which failure a report became: ids and the time only."""
    Raw.objects.filter(organization_id=organization_id, id=raw_id).update(
        body={"failure": failure_id}, happened_at=happened_at
    )
