"""How a conversation's customer is reached: their own channel, their night, and what kind of news they had last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.core.nights import ACKNOWLEDGEMENT, NEWS, Word, earlier_news
from makegood.core.reasons import because
from makegood.store.preparing import prepared

BOTH_KINDS = {
    **because(
        "message.one_kind",
        "They were told how it stands or how it ended within twelve hours: an update and an explanation together are"
        " too much of a good thing.",
        evidence="T1",
    ).as_dict(),
    "severity": "block",
}
"""The finding that this would be the second kind of news in one window."""

REACH = """
SELECT t.id, t.token, CASE WHEN c.channel = 'status' THEN '' ELSE coalesce((
    SELECT i.value FROM customers_identity i WHERE i.organization_id = c.organization_id AND i.kind = 'email'
    AND i.value <> '' AND i.customer_id IN (c.id, c.merged_into_id) ORDER BY i.id LIMIT 1), '') END,
    coalesce(nullif(c.zone, ''), o.zone), (
    SELECT max(m.created_at) FROM conversations_message m WHERE m.organization_id = t.organization_id
    AND m.thread_id = t.id AND m.direction = 'in'), o.language, c.channel <> 'status' AND EXISTS (
    SELECT 1 FROM conversations_ticket k JOIN conversations_helpdesk h ON h.organization_id = k.organization_id
    AND h.id = k.helpdesk_id AND h.url <> '' WHERE k.organization_id = t.organization_id AND k.thread_id = t.id)
FROM conversations_thread t
JOIN customers_customer c ON c.organization_id = t.organization_id AND c.id = t.customer_id
JOIN organizations_organization o ON o.id = t.organization_id
WHERE t.organization_id = %s AND t.id = ANY(%s)
"""
TOLD = """
SELECT m.thread_id, m.direction, m.kind, m.subject, m.created_at, CASE m.direction WHEN 'in' THEN m.created_at
    ELSE m.sent_at END
FROM conversations_message m
WHERE m.organization_id = %s AND m.thread_id = ANY(%s)
AND (m.direction = 'in' OR m.direction = 'out' AND m.state IN ('queued', 'sent', 'shadowed') AND m.kind = ANY(%s))
"""


@attrs.frozen(kw_only=True, slots=True)
class Reach:
    """How a thread's customer is reached: through their `ticket`, at `address`, or on their page without either.

    They are written to on their page alone where that is the channel they chose. `zone` is their own, else the
    organization's; `heard_at` is when they last wrote. `language` is the house's own.
    """

    token: str
    address: str
    zone: str
    heard_at: datetime | None
    language: str
    ticket: bool = False


def reaches(*, organization_id: int, thread_ids: Sequence[int]) -> dict[int, Reach]:
    """This function will find how the customers of these threads are reached; unknown threads are left out."""
    with prepared() as cursor:
        cursor.execute(REACH, [organization_id, list(set(thread_ids))])
        return {
            thread_id: Reach(
                token=token, address=address, zone=zone, heard_at=heard_at, language=language, ticket=ticket
            )
            for thread_id, token, address, zone, heard_at, language, ticket in cursor.fetchall()
        }


def told_otherwise(*, organization_id: int, said: Sequence[tuple[int, str, datetime]]) -> dict[int, Word]:
    """This function will find for which (thread, kind, moment) it is the second kind of news in one window.

    It returns the earlier message by thread. What is about to leave counts as leaving at the moment asked about.
    """
    news = [one for one in said if one[1] in NEWS]
    if not news:
        return {}
    threads = list({thread_id for thread_id, _, _ in news})
    with prepared() as cursor:
        cursor.execute(TOLD, [organization_id, threads, [*NEWS, ACKNOWLEDGEMENT]])
        rows = cursor.fetchall()
    by_thread: dict[int, list[tuple[Any, ...]]] = {}
    for thread_id, *row in rows:
        by_thread.setdefault(thread_id, []).append(tuple(row))
    found = {}
    for thread_id, kind, at in news:
        words = [
            Word(kind=said_kind, at=said_at or at, ours=direction == "out", subject=subject)
            for direction, said_kind, subject, created_at, said_at in by_thread.get(thread_id, ())
            if created_at <= at and (said_at is None or said_at <= at)
        ]
        earlier = earlier_news(kind=kind, at=at, words=words)
        if earlier is not None:
            found[thread_id] = earlier
    return found
