"""Signals that came before their failure: a complaint about a promise that had not broken yet, or was not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from makegood.failures.models import TOLD_BY_THEM, Signal
from makegood.journal.operations import Happened, record

FAILED = (
    " FROM failures_failure f JOIN failures_signal s ON s.organization_id = f.organization_id AND s.state = 'open' AND"
)
WANTED = " WHERE f.organization_id = %(organization)s AND f.id = ANY(%(failures)s)"
JOIN = (
    "WITH spoken AS ("
    f" SELECT s.id, f.id AS failure_id{FAILED} s.promise_id = f.promise_id{WANTED}"
    f" UNION SELECT s.id, f.id{FAILED} s.promise_id IS NULL AND s.purchase_id = f.purchase_id{WANTED}"
    f" UNION SELECT s.id, f.id{FAILED} s.promise_id IS NULL AND s.about_hash IS NOT NULL"
    " JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id"
    f" AND p.source_id = s.source_id AND p.key_hash = s.about_hash{WANTED}),"
    " first AS (SELECT id, min(failure_id) AS failure_id FROM spoken GROUP BY 1),"
    " joined AS ("
    "  UPDATE failures_signal s SET failure_id = f.id, promise_id = f.promise_id, state = 'joined'"
    "  FROM first JOIN failures_failure f ON f.organization_id = %(organization)s AND f.id = first.failure_id"
    "  WHERE s.organization_id = %(organization)s AND s.id = first.id"
    "  RETURNING s.id, f.id AS failure_id, s.kind, s.happened_at),"
    " earliest AS ("
    "  SELECT DISTINCT ON (failure_id) failure_id, id AS signal_id, kind,"
    "   min(happened_at) OVER (PARTITION BY failure_id) AS at"
    "  FROM joined WHERE kind = ANY(%(told)s) ORDER BY failure_id, (kind = 'complaint') DESC, happened_at, id)"
    " UPDATE failures_failure f SET complained_at = earliest.at FROM earliest"
    " WHERE f.organization_id = %(organization)s AND f.id = earliest.failure_id"
    " RETURNING f.id, earliest.signal_id, earliest.kind, f.detected_at"
)


def early_signals_join(*, organization_id: int, failure_ids: Sequence[int]) -> None:
    """Join to these new failures the open signals that spoke of their promises or purchases before them."""
    if not failure_ids or not Signal.objects.filter(organization_id=organization_id, state="open").exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            JOIN, {"organization": organization_id, "failures": list(failure_ids), "told": list(TOLD_BY_THEM)}
        )
        joined = sorted(cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[
            complained(failure_id=failure_id, signal_id=signal_id, kind=kind, at=detected_at)
            for failure_id, signal_id, kind, detected_at in joined
        ],
    )


def complained(*, failure_id: int, signal_id: int, kind: str, at: datetime) -> Happened:
    """This function will say for the journal that a customer told us of a failure, by a signal of this kind."""
    return Happened(
        at=at,
        event="failures:failure:complained",
        subject="failure",
        subject_id=failure_id,
        data={"signal": signal_id, "kind": kind},
    )
