"""What the ticker calls: an offer without an answer is reminded of once, then ends."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from makegood.journal.operations import Happened, record
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import State
from makegood.makegoods.offering import EXPIRE_AFTER
from makegood.makegoods.writing import makegoods_move
from makegood.store.bulk import record_set
from makegood.store.clocks import Moment, moment

BATCH = 1000


def makegoods_due(*, organization_id: int) -> int:
    """This function will remind of, or end, a batch of offers that have waited long enough; return how many.

    Each is handled once, also by several tickers at a time; an end gives its cost back to the allowance.
    """
    present = moment(organization_id=organization_id)
    rows = list(
        MakeGood.objects.select_for_update(skip_locked=True)
        .filter(organization_id=organization_id, state="offered", next_at__lte=present.now)
        .order_by("next_at", "id")[:BATCH]
    )
    _remind(organization_id, [row for row in rows if row.reminded_at is None], present)
    over = [row for row in rows if row.reminded_at is not None]
    makegoods_move(
        organization_id=organization_id,
        rows=over,
        to=State.EXPIRED,
        at={row.id: present.at(row.next_at) for row in over if row.next_at is not None},
    )
    return len(rows)


def _remind(organization_id: int, rows: Sequence[MakeGood], present: Moment) -> None:
    at = {row.id: present.at(row.next_at) for row in rows if row.next_at is not None}
    if not at:
        return
    from_, parameter = record_set(
        "r",
        {"id": "bigint", "at": "timestamptz", "next_at": "timestamptz"},
        [(makegood_id, when, when + EXPIRE_AFTER) for makegood_id, when in at.items()],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE makegoods_makegood g SET reminded_at = r.at, next_at = r.next_at FROM {from_}"
            " WHERE g.organization_id = %s AND g.id = r.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at[row.id],
                event="makegoods:makegood:reminded",
                subject="makegood",
                subject_id=row.id,
                data={
                    "failure": row.failure_id,
                    "part": row.part,
                    "minor": row.value_minor,
                    "currency": row.currency,
                },
            )
            for row in rows
        ],
    )
