"""Whom a session speaks for, and whether it still does: asked by every face that shows something to a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from django.db import connection

from makegood.core.sitting import session_over
from makegood.organizations.operations import member_change
from makegood.organizations.queries import DeskFacts, desk_of

SEEN_EVERY = timedelta(minutes=1)
FIRST_SEEN = """
INSERT INTO organizations_memberseen (organization_id, member_id, at) VALUES (%(here)s, %(member)s, %(now)s)
ON CONFLICT (organization_id, member_id) DO NOTHING
"""
SEEN = """
UPDATE organizations_memberseen SET at = %(now)s WHERE organization_id = %(here)s AND id = (
    SELECT id FROM organizations_memberseen WHERE organization_id = %(here)s AND member_id = %(member)s
    FOR UPDATE SKIP LOCKED)
"""
"""Where another page of theirs is just noting it, this one does not wait for that."""


@attrs.frozen(kw_only=True)
class Visitor:
    """Who a session speaks for, since when, and when they last did something (wall time).

    `by` is the organization by whose provider they signed in: they enter no other one then.
    """

    user_id: int
    organization_id: int
    member_id: int
    began_at: datetime
    seen_at: datetime
    by: int | None = None


def visitor_in(session: Mapping[str, Any], *, now: datetime) -> Visitor | None:
    """This function will read a session; None where nobody signed in, or it has ended by the wall clock."""
    began = session.get("began")
    if began is None:
        return None
    visitor = Visitor(
        user_id=session["user"],
        organization_id=session["organization"],
        member_id=session["member"],
        began_at=datetime.fromtimestamp(began, tz=UTC),
        seen_at=datetime.fromtimestamp(session.get("seen", began), tz=UTC),
        by=session.get("by"),
    )
    over = session_over(began_at=visitor.began_at, seen_at=visitor.seen_at, ended_at=None, now=now)
    return None if over else visitor


def desk_in(visitor: Visitor, *, now: datetime) -> DeskFacts | None:
    """This function will read the desk that a session leads to; None where it has ended.

    It ends with the membership, with every change of the password and with signing out everywhere.
    """
    facts = desk_of(organization_id=visitor.organization_id, member_id=visitor.member_id)
    if facts is None:
        return None
    over = session_over(began_at=visitor.began_at, seen_at=visitor.seen_at, ended_at=facts.sessions_ended_at, now=now)
    return None if over else facts


def visit_note(*, visitor: Visitor, facts: DeskFacts) -> None:
    """This function will keep that a member did something just now, by their organization's clock, once a minute.

    Who comes in for the first time is present from then on.
    """
    if facts.seen_at is not None and timedelta() <= facts.now - facts.seen_at < SEEN_EVERY:
        return
    given: dict[str, int | datetime] = {"here": visitor.organization_id, "member": visitor.member_id, "now": facts.now}
    with connection.cursor() as cursor:
        cursor.execute(FIRST_SEEN if facts.seen_at is None else SEEN, given)
    if facts.seen_at is None and not facts.present:
        member_change(
            organization_id=visitor.organization_id, member_id=visitor.member_id, now=facts.now, by=visitor.member_id,
            present=True,
        )  # fmt: skip
