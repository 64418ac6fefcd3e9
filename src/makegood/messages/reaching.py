"""How a conversation's customer is reached: their own channel, their night, and what kind of news they had last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.db import connection

from makegood.core.nights import EXPLANATION, ONE_KIND_IN, UPDATE, both_kinds
from makegood.core.reasons import because

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
    AND m.thread_id = t.id AND m.direction = 'in')
FROM conversations_thread t
JOIN customers_customer c ON c.organization_id = t.organization_id AND c.id = t.customer_id
JOIN organizations_organization o ON o.id = t.organization_id
WHERE t.organization_id = %s AND t.id = ANY(%s)
"""
TOLD = """
SELECT DISTINCT ON (m.thread_id) m.thread_id, m.kind, m.created_at FROM conversations_message m
WHERE m.organization_id = %s AND m.thread_id = ANY(%s) AND m.direction = 'out' AND m.state IN ('queued', 'sent')
AND m.kind = ANY(%s) AND m.created_at > %s AND m.created_at <= %s
ORDER BY m.thread_id, m.created_at DESC, m.id DESC
"""


@attrs.frozen(kw_only=True, slots=True)
class Reach:
    """How a thread's customer is reached: at `address`, or on their page where that is empty.

    They are written to on their page alone where that is the channel they chose. `zone` is their own, else the
    organization's; `heard_at` is when they last wrote.
    """

    token: str
    address: str
    zone: str
    heard_at: datetime | None


def reaches(*, organization_id: int, thread_ids: Sequence[int]) -> dict[int, Reach]:
    """This function will find how the customers of these threads are reached; unknown threads are left out."""
    with connection.cursor() as cursor:
        cursor.execute(REACH, [organization_id, list(set(thread_ids))])
        return {
            thread_id: Reach(token=token, address=address, zone=zone, heard_at=heard_at)
            for thread_id, token, address, zone, heard_at in cursor.fetchall()
        }


def told_otherwise(
    *, organization_id: int, said: Sequence[tuple[int, str, datetime]], reach: Mapping[int, Reach]
) -> set[int]:
    """This function will find the threads for which (thread, kind, moment) is the second kind of news in one window."""
    news = [one for one in said if one[1] in (UPDATE, EXPLANATION)]
    if not news:
        return set()
    first, last = min(at for _, _, at in news), max(at for _, _, at in news)
    with connection.cursor() as cursor:
        cursor.execute(
            TOLD,
            [
                organization_id,
                [thread_id for thread_id, _, _ in news],
                [UPDATE, EXPLANATION],
                first - ONE_KIND_IN,
                last,
            ],
        )
        told = {thread_id: (kind, at) for thread_id, kind, at in cursor.fetchall()}
    found = set()
    for thread_id, kind, at in news:
        if thread_id in told:
            before, told_at = told[thread_id]
            heard_at = reach[thread_id].heard_at
            heard = heard_at is not None and heard_at > told_at
            if both_kinds(kind=kind, said=before, between=at - told_at, heard_between=heard):
                found.add(thread_id)
    return found
