"""Who has a recovery open, and what they are at: told by their browser every few seconds, and soon forgotten.

By the wall clock, whatever the organization's own clock says: people sit there in real time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db import connection

from makegood.recoveries.queries.stamps import PARTS, Stamp
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

HERE_FOR = timedelta(seconds=20)
"""Who was not heard of for this long has left."""
FORGET = timedelta(hours=1)
DOINGS = ("", "typing", "apology", "update", "outcome", "follow_up", "offer", "message")


@attrs.frozen(kw_only=True)
class Present:
    """One member who has the recovery open, and the code of what they are at."""

    member_id: int
    name: str
    doing: str


@attrs.frozen(kw_only=True)
class Company:
    """Who else has a recovery open, by name, and how far the recovery has come."""

    people: tuple[Present, ...]
    stamp: Stamp


HERE = f"""
WITH said AS (
    INSERT INTO console_presence (organization_id, recovery_id, member_id, seen_at, doing)
    VALUES (%(here)s, %(recovery)s, %(member)s, %(now)s, %(doing)s)
    ON CONFLICT (organization_id, recovery_id, member_id)
    DO UPDATE SET seen_at = excluded.seen_at, doing = excluded.doing
), left_long_ago AS (
    DELETE FROM console_presence
    WHERE organization_id = %(here)s AND recovery_id = %(recovery)s AND member_id <> %(member)s AND seen_at < %(forget)s
), people AS (
    SELECT p.member_id, m.name, p.doing FROM console_presence p
    JOIN organizations_member m ON m.organization_id = p.organization_id AND m.id = p.member_id
    WHERE p.organization_id = %(here)s AND p.recovery_id = %(recovery)s AND p.member_id <> %(member)s
        AND p.seen_at > %(since)s
), come AS (SELECT coalesce(max(e.id), 0) AS last, count(*) AS count {PARTS})
SELECT come.last, come.count, people.member_id, people.name, people.doing
FROM come LEFT JOIN people ON true ORDER BY people.name, people.member_id
"""


def presence_say(*, organization_id: int, recovery_id: int, member_id: int, doing: str, now: datetime) -> Company:
    """This function will note that a member has a recovery open, and tell who else has and how far it has come.

    Who left long ago is forgotten. All in one statement: open pages ask every few seconds.
    """
    values = {
        "here": organization_id,
        "recovery": recovery_id,
        "member": member_id,
        "doing": doing if doing in DOINGS else "typing",
        "now": now,
        "since": now - HERE_FOR,
        "forget": now - FORGET,
    }
    with prepared() as cursor:
        cursor.execute(HERE, values)
        rows = cursor.fetchall()
    last, count = rows[0][:2]
    people = tuple(Present(member_id=who, name=name, doing=at) for _, _, who, name, at in rows if who is not None)
    return Company(people=people, stamp=Stamp(last=last, count=count))


OPENED = """
SELECT n.id FROM {rows} JOIN console_presence p ON p.organization_id = %s AND p.recovery_id = n.recovery
    AND p.member_id = n.member AND p.seen_at >= n.at
"""


def notes_opened(*, organization_id: int, notes: Mapping[int, tuple[int, datetime, Mapping[str, Any]]]) -> set[int]:
    """This function will say which of these notes are of a recovery that their member had open since."""
    rows = [(one, who, at, note["recovery"]) for one, (who, at, note) in notes.items() if "recovery" in note]
    if not rows:
        return set()
    columns = {"id": "bigint", "member": "bigint", "at": "timestamptz", "recovery": "bigint"}
    from_, parameter = record_set("n", columns, rows)
    with connection.cursor() as cursor:
        cursor.execute(OPENED.format(rows=from_), [parameter, organization_id])
        return {one for (one,) in cursor.fetchall()}
