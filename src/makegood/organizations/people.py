"""Reads of one member: who they are, and what was changed of them by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from django.db import connection

from makegood.journal.models import Entry
from makegood.organizations.models import Member

ONE = """
SELECT m.id, m.name, m.role, m.title, coalesce(u.email, ''), m.user_id, m.team_id, m.active,
    coalesce(u.password_once, false),
    m.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM organizations_memberseen s
        WHERE s.organization_id = m.organization_id AND s.member_id = m.id),
    coalesce((SELECT array_agg(mp.place_id ORDER BY mp.place_id) FROM organizations_memberplace mp
        WHERE mp.organization_id = m.organization_id AND mp.member_id = m.id), '{}')
FROM organizations_member m LEFT JOIN organizations_user u ON u.id = m.user_id
WHERE m.organization_id = %s AND m.id = %s
"""


@attrs.frozen(kw_only=True)
class Person:
    """One member as their page shows them; no places is all of them, no `email` is no way to sign in.

    `expected` is who has an account and never came in.
    """

    id: int
    name: str
    role: str
    title: str
    email: str
    user_id: int | None
    team_id: int | None
    active: bool
    password_once: bool
    expected: bool
    place_ids: tuple[int, ...]


def person_one(*, organization_id: int, member_id: int) -> Person | None:
    """This function will read one member, whether they are here or were let go; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(ONE, [organization_id, member_id])
        row = cursor.fetchone()
    names = [field.name for field in attrs.fields(Person)]
    return None if row is None else Person(**dict(zip(names, row, strict=True)) | {"place_ids": tuple(row[-1])})


@attrs.frozen(kw_only=True)
class Change:
    """One thing that happened to a member: `action` is the last part of its event, `by` who did it, if a member."""

    at: datetime
    action: str
    by: str
    data: dict[str, Any]


def person_changes(*, organization_id: int, member_id: int, most: int = 20) -> list[Change]:
    """This function will list what was changed of a member and by whom, the newest first."""
    rows = list(
        Entry.objects.filter(
            organization_id=organization_id,
            subject="member",
            subject_id=member_id,
            event__startswith="organizations:member:",
        )
        .order_by("-id")
        .values_list("at", "event", "actor_id", "data")[:most]
    )
    actors = {actor for _, _, actor, _ in rows if actor is not None}
    names = dict(Member.objects.filter(organization_id=organization_id, id__in=actors).values_list("id", "name"))
    return [
        Change(at=at, action=event.rpartition(":")[2], by=names.get(actor or 0, ""), data=data)
        for at, event, actor, data in rows
    ]
