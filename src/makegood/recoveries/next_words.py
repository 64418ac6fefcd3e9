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
from makegood.recoveries.models import Step
from makegood.rules.phrases import spoken
from makegood.store.preparing import prepared
from makegood.store.reading import read

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
    rows = silences(organization_id=organization_id, recovery_ids=list(at))
    odd = not_plain(organization_id, list(at))
    found: dict[int, datetime] = {}
    for row in rows:
        if capped(organization_id, row.playbook_id):
            moment = at[row.recovery_id]
            due_at = silence_anew(organization_id, row, moment, plain=row.recovery_id not in odd)[3]
            if due_at is not None:
                found[row.recovery_id] = due_at
    said = staff_words_due(organization_id=organization_id, recovery_ids=list(at))
    if before_apology:
        for recovery_id, due_at in read(
            Step, "recovery_id", "due_at", organization_id=organization_id, recovery_id=list(at), step="apologise",
            state=UNDONE,
        ):  # fmt: skip
            if due_at is not None:
                said[recovery_id] = min(said.get(recovery_id, due_at), due_at)
    for recovery_id, due_at in said.items():
        if due_at > at[recovery_id]:
            found[recovery_id] = min(found.get(recovery_id, due_at), due_at)
    return found


def staff_words_due(*, organization_id: int, recovery_ids: Sequence[int]) -> dict[int, datetime]:
    """This function will say by when each of these customers was promised a call or a message that is still to come."""
    given = {"organization_id": organization_id, "recovery_id": list(recovery_ids), "act": ACTS}
    some = {one for (one,) in read(StaffWord, "recovery_id", state="promised", **given)}
    if not some:
        return {}
    rows = words_still_due().filter(organization_id=organization_id, recovery_id__in=some)
    return dict(rows.order_by("-due_at").values_list("recovery_id", "promise__due_at"))


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
