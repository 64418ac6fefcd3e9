"""Whom a session speaks for, and whether it still does: asked by every face that shows something to a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from makegood.organizations.queries import DeskFacts, desk_of

LASTS = timedelta(hours=12)


@attrs.frozen(kw_only=True)
class Visitor:
    """Who a session speaks for, and since when (wall time)."""

    user_id: int
    organization_id: int
    member_id: int
    began_at: float


def visitor_in(session: Mapping[str, Any], *, now: datetime) -> Visitor | None:
    """This function will read a session; None where nobody signed in, or it is twelve hours old by the wall clock."""
    began = session.get("began")
    if began is None or now.timestamp() - began > LASTS.total_seconds():
        return None
    return Visitor(
        user_id=session["user"],
        organization_id=session["organization"],
        member_id=session["member"],
        began_at=began,
    )


def desk_in(visitor: Visitor) -> DeskFacts | None:
    """This function will read the desk that a session leads to; None where it has ended.

    It ends with the membership, and with every change of the password since it began.
    """
    facts = desk_of(organization_id=visitor.organization_id, member_id=visitor.member_id)
    if facts is None:
        return None
    changed_at = facts.password_changed_at
    return None if changed_at is not None and changed_at.timestamp() > visitor.began_at else facts
