"""The next word: no open recovery goes without word to its customer for longer than its playbook says.

The clock starts with the recovery, starts over with every word that leaves, and ends when the customer has been told
how it ended. Only a pause that waits for the customer stops it: while we wait for others, the customer is still told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from makegood.journal.operations import record
from makegood.recoveries.frozen import playbook_frozen, target_minutes
from makegood.recoveries.inputs import Inputs
from makegood.recoveries.models import Recovery, RecoveryClock
from makegood.recoveries.operations.clocks import clock_start, clocked
from makegood.store.bulk import record_set

UPDATE = "update"
COLUMNS = {
    "id": "bigint", "at": "timestamptz", "minutes": "integer", "due_at": "timestamptz", "warn_at": "timestamptz",
}  # fmt: skip
NOT_PLAIN = """
SELECT recovery_id FROM recoveries_pause WHERE organization_id = %(organization)s AND recovery_id = ANY(%(recoveries)s)
UNION SELECT subject_id FROM journal_entry WHERE organization_id = %(organization)s AND subject = 'recovery'
    AND subject_id = ANY(%(recoveries)s) AND event = 'recoveries:recovery:moved'
"""


def silence_broken(*, organization_id: int, words: Mapping[int, datetime]) -> None:
    """Start the clocks of the next word over, for recoveries whose customers were given word at these moments."""
    rows = [
        row
        for row in RecoveryClock.objects.select_for_update(of=("self",))
        .select_related("recovery")
        .filter(organization_id=organization_id, target=UPDATE, recovery_id__in=list(words))
        .exclude(state="ended")
        .order_by("recovery_id")
        if row.started_at < words[row.recovery_id] and _capped(organization_id, row.recovery.playbook_id)
    ]
    if not rows:
        return
    odd = _not_plain(organization_id, [row.recovery_id for row in rows])
    anew = [_anew(organization_id, row, words[row.recovery_id], plain=row.recovery_id not in odd) for row in rows]
    from_, parameter = record_set("u", COLUMNS, anew)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recoveries_recoveryclock c SET started_at = u.at, minutes = u.minutes, due_at = u.due_at,"
            " warn_at = u.warn_at, next_at = coalesce(u.warn_at, u.due_at), breached_at = NULL, escalations = 0,"
            " acknowledged_by_id = NULL, state = CASE WHEN u.due_at IS NULL THEN 'paused' ELSE 'running' END"
            f" FROM {from_} WHERE c.organization_id = %s AND c.id = u.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            clocked(
                recovery_id=row.recovery_id,
                target=UPDATE,
                due_at=due_at,
                state="running" if due_at else "paused",
                at=at,
            )
            for row, (_, at, _, due_at, _) in zip(rows, anew, strict=True)
        ],
    )


def _capped(organization_id: int, playbook_id: int) -> bool:
    """Whether a playbook caps the silence at all: one that a recovery moved to may not."""
    return UPDATE in playbook_frozen(organization_id=organization_id, version_id=playbook_id).targets


Anew = tuple[int, datetime, int, datetime | None, datetime | None]


def _anew(organization_id: int, row: RecoveryClock, at: datetime, *, plain: bool) -> Anew:
    playbook = playbook_frozen(organization_id=organization_id, version_id=row.recovery.playbook_id)
    minutes, before = target_minutes(playbook=playbook, target=UPDATE, group=row.recovery.group)
    if plain and not playbook.calendar:
        due_at = at + timedelta(minutes=minutes)
        return row.id, at, minutes, due_at, due_at - timedelta(minutes=before) if before else None
    inputs = Inputs(organization_id, row.recovery, playbook.calendar)
    due = inputs.due(UPDATE, at, minutes)
    return row.id, at, minutes, due, inputs.warn(UPDATE, at, minutes, before, due)


def _not_plain(organization_id: int, recovery_ids: Sequence[int]) -> set[int]:
    """Those that were paused or moved to another playbook: their deadline is no plain sum."""
    with connection.cursor() as cursor:
        cursor.execute(NOT_PLAIN, {"organization": organization_id, "recoveries": list(recovery_ids)})
        return {row[0] for row in cursor.fetchall()}


def silence_watched(*, organization_id: int, recovery: Recovery, at: datetime) -> None:
    """Start the clock of the next word again, after the word of how it ended was taken back."""
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    if UPDATE in playbook.targets:
        clock_start(organization_id=organization_id, recovery=recovery, target=UPDATE, at=at)


def silence_over(*, organization_id: int, told: Mapping[int, datetime]) -> None:
    """End the clocks of the next word: these customers were told how it ended, at these moments."""
    rows = list(
        RecoveryClock.objects.filter(
            organization_id=organization_id, target=UPDATE, recovery_id__in=list(told)
        ).exclude(state="ended")
    )
    RecoveryClock.objects.filter(organization_id=organization_id, id__in=[row.id for row in rows]).update(
        state="ended", next_at=None
    )
    record(
        organization_id=organization_id,
        entries=[
            clocked(
                recovery_id=row.recovery_id, target=UPDATE, due_at=row.due_at, state="ended", at=told[row.recovery_id]
            )
            for row in rows
        ],
    )
