"""What happened in an incident, in words, the newest first: how it was decided, and what was done for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import TimelineEntry
from makegood.core.money import Money
from makegood.failures.queries import IncidentFacts
from makegood.organizations.queries import members_all
from makegood.recoveries.queries import incident_done


def incident_story(desk: Desk, one: IncidentFacts) -> tuple[TimelineEntry, ...]:
    """This function will tell what happened in an incident, the newest first."""
    entries = [TimelineEntry(at=one.proposed_at, text="Proposed." if one.reason != "hand" else "Opened by hand.")]
    if one.decided_at is not None and one.reason != "hand":
        said = "It is one incident." if one.state in ("open", "closed") else "It is no incident."
        entries.append(TimelineEntry(at=one.decided_at, text=said, by=one.owner))
    if one.state == "closed" and one.active_to is not None:
        entries.append(TimelineEntry(at=one.active_to, text="Closed."))
    done = incident_done(organization_id=desk.organization_id, incident_id=one.id)
    names = {member.id: member.name for member in members_all(organization_id=desk.organization_id)} if done else {}
    entries += [
        TimelineEntry(at=line.at, text=_said(desk, line.event, line.data, names), by=names.get(line.actor_id or 0, ""))
        for line in done
    ]
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _said(desk: Desk, event: str, data: Mapping[str, Any], names: Mapping[int, str]) -> str:
    many = f"{data['count']:,}"
    if event.endswith(":fixed"):
        return f"The fix was recorded for {many}."
    what = f"{data['title']}: {written(Money(minor=data['minor'], currency=data['currency']), desk.reader)} in all"
    if event.endswith(":asked"):
        return f"{names.get(data['to'], 'A colleague')} was asked for the same for {many}. {what}."
    return f"The same was offered to {many}. {what}."
