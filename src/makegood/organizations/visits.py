"""Whom a session speaks for, and whether it still does: asked by every face that shows something to a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from makegood.core.sitting import session_over
from makegood.organizations.queries import DeskFacts, desk_of


@attrs.frozen(kw_only=True)
class Visitor:
    """Who a session speaks for, since when, and when they last did something (wall time)."""

    user_id: int
    organization_id: int
    member_id: int
    began_at: datetime
    seen_at: datetime


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
