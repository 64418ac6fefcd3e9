"""Who was told again and again and never answers, so that somebody else looks after what is theirs."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db import connection

from makegood.core.telling import Unanswered, unanswering
from makegood.messages.models import Telling
from makegood.messages.telling import still_wait

LOOKED_BACK = timedelta(days=14)
HELD_AT_MOST = timedelta(days=2)
"""No telling is held longer: what was told since a moment happened at most so long before it."""
TOLD = """
SELECT m.id, m.name, s.at, t.id, t.settled_at FROM organizations_member m
LEFT JOIN organizations_memberseen s ON s.organization_id = m.organization_id AND s.member_id = m.id
JOIN LATERAL (
    SELECT t.id, t.settled_at FROM conversations_telling t
    LEFT JOIN conversations_message n ON n.organization_id = t.organization_id AND n.id = t.notice_id
    WHERE t.organization_id = m.organization_id AND t.member_id = m.id AND t.state = 'told' AND t.kind <> 'news'
        AND t.at > greatest(s.at - %(held)s, %(since)s) AND t.settled_at > coalesce(s.at, %(since)s)
        AND n.read_at IS NULL
    ORDER BY t.at LIMIT 1000) t ON true
WHERE m.organization_id = %(here)s AND m.active ORDER BY m.id, t.id
"""


@attrs.frozen(kw_only=True)
class Silent:
    """A member who was told and opened nothing; `unanswered` says since when, how often and by which rule."""

    member_id: int
    name: str
    unanswered: Unanswered


def members_silent(*, organization_id: int, now: datetime) -> list[Silent]:
    """This function will find the active members who never answer, who is silent the longest first.

    What was settled or looked at meanwhile does not count, nor news, nor what is older than LOOKED_BACK.
    """
    given: dict[str, Any] = {"here": organization_id, "since": now - LOOKED_BACK, "held": HELD_AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(TOLD, given)
        found = cursor.fetchall()
    at: dict[int, dict[int, datetime]] = defaultdict(dict)
    who: dict[int, tuple[str, datetime | None]] = {}
    for member_id, name, seen_at, telling_id, told_at in found:
        at[member_id][telling_id], who[member_id] = told_at, (name, seen_at)
    early = [one for one in at if unanswering(told=list(at[one].values()), seen_at=who[one][1], now=now) is None]
    for member_id in early:
        del at[member_id]
    ids = [one for mine in at.values() for one in mine]
    rows = list(Telling.objects.filter(organization_id=organization_id, id__in=ids)) if ids else []
    waiting: dict[int, list[datetime]] = defaultdict(list)
    for row in still_wait(organization_id=organization_id, rows=rows):
        waiting[row.member_id].append(at[row.member_id][row.id])
    silent = []
    for member_id, told in waiting.items():
        name, seen_at = who[member_id]
        unanswered = unanswering(told=told, seen_at=seen_at, now=now)
        if unanswered is not None:
            silent.append(Silent(member_id=member_id, name=name, unanswered=unanswered))
    return sorted(silent, key=lambda one: (one.unanswered.since_at, one.member_id))
