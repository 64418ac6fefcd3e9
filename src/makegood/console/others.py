"""The others at a recovery: who they are, and what they changed since a page of it was drawn."""

from __future__ import annotations

from makegood.console.building.presence import others_of
from makegood.console.desk import Desk
from makegood.console.presence import presence_say
from makegood.console.viewmodels.presence import Others
from makegood.organizations.queries import members_all
from makegood.recoveries.queries.stamps import Stamp, happened_since
from makegood.store.clocks import wall_now


def others_now(desk: Desk, *, recovery_id: int, number: int, seen: Stamp | None = None, doing: str = "") -> Others:
    """This function will note that the reader is here, and tell who else is and what changed.

    `seen` is the stamp at which the page was drawn; None draws it now.
    """
    here, at = desk.organization_id, wall_now()
    company = presence_say(organization_id=here, recovery_id=recovery_id, member_id=desk.member_id, doing=doing, now=at)
    now = company.stamp
    changed = seen is not None and seen != now
    since = happened_since(organization_id=here, recovery_id=recovery_id, last=seen.last) if seen and changed else ()
    return others_of(
        number=number,
        stamp=seen or now,
        now=now,
        people=company.people,
        since=since,
        names={one.id: one.name for one in members_all(organization_id=here)} if since else {},
    )
