"""When a customer hears from us next: the one answer that our letters, their page and our clocks give.

It is the earliest of the longest silence, the answer to what they wrote, and what we promised them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from makegood.core.steps import UNDONE
from makegood.messages.promising import promise_stands
from makegood.promises.models import StaffWord
from makegood.recoveries.frozen import playbook_frozen, target_minutes
from makegood.recoveries.inputs import Inputs
from makegood.rules.phrases import spoken
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

UPDATE = "update"
ACTS = ("call", "message")
"""The acts by which a customer has word from us."""
SILENCES = """
SELECT c.id, c.recovery_id, c.started_at, r.playbook_id, r."group" FROM recoveries_recoveryclock c
CROSS JOIN LATERAL (SELECT playbook_id, "group" FROM recoveries_recovery
    WHERE organization_id = c.organization_id AND id = c.recovery_id LIMIT 1) r
WHERE c.organization_id = %s AND c.recovery_id = ANY(%s) AND c.target = 'update' AND c.state <> 'ended'
ORDER BY c.recovery_id
"""
NOT_PLAIN = """
SELECT recovery_id FROM recoveries_pause WHERE organization_id = %(organization)s AND recovery_id = ANY(%(recoveries)s)
UNION SELECT subject_id FROM journal_entry WHERE organization_id = %(organization)s AND subject = 'recovery'
    AND subject_id = ANY(%(recoveries)s) AND event = 'recoveries:recovery:moved'
"""
NEXT = """
SELECT u.id, c.id, c.started_at, r.playbook_id, r."group",
    coalesce((SELECT true FROM recoveries_pause p WHERE p.organization_id = o.id AND p.recovery_id = u.id LIMIT 1),
        (SELECT true FROM journal_entry e WHERE e.organization_id = o.id AND e.subject = 'recovery'
        AND e.subject_id = u.id AND e.event = 'recoveries:recovery:moved' LIMIT 1), false),
    (SELECT p.due_at FROM promises_staffword w
        JOIN promises_promise p ON p.organization_id = w.organization_id AND p.id = w.promise_id
        WHERE w.organization_id = o.id AND w.recovery_id = u.id AND w.act = ANY(%s::text[]) AND w.state = 'promised'
        AND p.fulfilled_at IS NULL AND p.state IN ('open', 'broken') ORDER BY w.due_at LIMIT 1),
    (SELECT s.due_at FROM recoveries_step s WHERE s.organization_id = o.id AND s.recovery_id = u.id
        AND s.step = 'apologise' AND s.state = ANY(%s::text[]))
FROM {recoveries} CROSS JOIN (SELECT %s::bigint AS id) o
LEFT JOIN LATERAL (SELECT id, started_at FROM recoveries_recoveryclock WHERE organization_id = o.id
    AND recovery_id = u.id AND target = 'update' AND state <> 'ended' LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT playbook_id, "group" FROM recoveries_recovery
    WHERE organization_id = o.id AND id = u.id LIMIT 1) r ON true
"""
"""All of it is looked up by its key: an EXISTS may be answered by reading all pauses and moves that there ever were."""
PROMISING = """
SELECT m.id, m.next_by_at, m.body, coalesce(c.language, ''), o.language, o.zone FROM conversations_message m
LEFT JOIN customers_customer c ON c.organization_id = m.organization_id AND c.id = m.customer_id
JOIN organizations_organization o ON o.id = m.organization_id
WHERE m.organization_id = %s AND m.id = ANY(%s) AND m.next_by_at IS NOT NULL
"""
Anew = tuple[int, datetime, int, datetime | None, datetime | None, datetime | None]


class Silence(NamedTuple):
    """A clock of the next word, with what of its recovery that is reckoned from."""

    id: int
    recovery_id: int
    started_at: datetime
    playbook_id: int
    group: str


def silences(*, organization_id: int, recovery_ids: Sequence[int], locked: bool = False) -> list[Silence]:
    """This function will read the clocks of the next word that run for these recoveries, and lock them if asked to."""
    with prepared() as cursor:
        cursor.execute(SILENCES + "FOR UPDATE OF c" * locked, [organization_id, list(recovery_ids)])
        return [Silence(*row) for row in cursor.fetchall()]


def next_words(
    *, organization_id: int, at: Mapping[int, datetime], before_apology: bool = False
) -> dict[int, datetime]:
    """This function will say by when these customers have the word after the one that is written at these moments.

    `before_apology` says that the apology itself is still to come, as after an acknowledgement. A recovery whose
    silence is not, or no longer, capped is absent, unless something else is promised.
    """
    from_, parameter = record_set("u", {"id": "bigint"}, ([recovery_id] for recovery_id in at))
    with prepared() as cursor:
        cursor.execute(NEXT.format(recoveries=from_), [list(ACTS), list(UNDONE), parameter, organization_id])
        rows = cursor.fetchall()
    found: dict[int, datetime] = {}
    for recovery_id, clock_id, started_at, playbook_id, group, odd, said_at, apology_at in rows:
        moment = at[recovery_id]
        due: list[datetime | None] = [said_at, apology_at if before_apology else None]
        known = [one for one in due if one is not None]
        due_at = min(known, default=None)
        ends = [due_at] if due_at is not None and due_at > moment else []
        if clock_id is not None and capped(organization_id, playbook_id):
            clock = Silence(clock_id, recovery_id, started_at, playbook_id, group)
            silent_until = silence_anew(organization_id, clock, moment, plain=not odd)[3]
            ends += [silent_until] if silent_until is not None else []
        if ends:
            found[recovery_id] = min(ends)
    return found


def words_still_due() -> QuerySet[StaffWord]:
    """This function will choose the promises of a call or a message that are still to be kept."""
    return StaffWord.objects.filter(
        act__in=ACTS, state="promised", promise__fulfilled_at=None, promise__state__in=("open", "broken")
    )


def words_promised(*, organization_id: int, message_ids: Sequence[int]) -> dict[int, datetime]:
    """This function will say by when each of these messages promises the next word, where its text still says so."""
    with prepared() as cursor:
        cursor.execute(PROMISING, [organization_id, list(message_ids)])
        return {
            message_id: at
            for message_id, at, body, its, language, zone in cursor.fetchall()
            if promise_stands(at=at, body=body, zone=zone, language=spoken(its, language))
        }


def capped(organization_id: int, playbook_id: int) -> bool:
    """This function will say whether a playbook caps the silence at all: one that a recovery moved to may not."""
    return UPDATE in playbook_frozen(organization_id=organization_id, version_id=playbook_id).targets


def silence_anew(
    organization_id: int, row: Silence, at: datetime, *, plain: bool, promised_at: datetime | None = None
) -> Anew:
    """This function will reckon the clock of the next word from a word that left at `at`.

    Returns its id, start, minutes, when it is due (None while a pause hides it), when to warn, and what was promised.
    """
    promised_at = promised_at if promised_at is not None and promised_at > at else None
    playbook = playbook_frozen(organization_id=organization_id, version_id=row.playbook_id)
    minutes, before = target_minutes(playbook=playbook, target=UPDATE, group=row.group)
    if plain and not playbook.calendar and promised_at is None:
        due_at = at + timedelta(minutes=minutes)
        return row.id, at, minutes, due_at, due_at - timedelta(minutes=before) if before else None, None
    inputs = Inputs(organization_id, row.recovery_id, playbook.calendar)
    due = inputs.due(UPDATE, at, minutes, promised_at)
    return row.id, at, minutes, due, inputs.warn(UPDATE, at, minutes, before, due), promised_at


def not_plain(organization_id: int, recovery_ids: Sequence[int]) -> set[int]:
    """This function will find those paused or moved to another playbook: their deadline is no plain sum."""
    with prepared() as cursor:
        cursor.execute(NOT_PLAIN, {"organization": organization_id, "recoveries": list(recovery_ids)})
        return {row[0] for row in cursor.fetchall()}
