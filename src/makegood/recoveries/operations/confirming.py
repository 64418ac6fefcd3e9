"""Asking whether what was proposed is one incident: managers are told at once, and again until one of them says.

A proposed incident holds every word to its customers, and only a person ends that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce

from makegood.core.bursts import asks_again_at
from makegood.failures.models import Incident
from makegood.journal.operations import Happened
from makegood.messages.staff import managers_tell
from makegood.recoveries.told import incidents_holding
from makegood.store.clocks import moment as store_moment

ASKS_AT = Coalesce("ask_at", F("proposed_at") + timedelta(hours=1))
"""When it asks again; what an older release proposed does not say it."""


def incidents_asked(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Ask managers whether these are incidents; a handler of `failures:incident:proposed`."""
    at = {entry.subject_id: entry.at for entry in entries}
    for incident in Incident.objects.filter(organization_id=organization_id, id__in=at).order_by("id"):
        _tell(incident, "proposed", at[incident.id])


def incidents_ask_again(*, organization_id: int, limit: int) -> int:
    """Ask once more about what still holds somebody; return how many rows were handled.

    However many hours have passed, it is asked once. Each once, also by several tickers at a time.
    """
    present = store_moment(organization_id=organization_id)
    rows = list(
        Incident.objects.select_for_update(skip_locked=True)
        .annotate(asks_at=ASKS_AT)
        .filter(organization_id=organization_id, state="proposed", asks_at__lte=present.now)
        .order_by("asks_at", "id")[:limit]
    )
    holding = incidents_holding(organization_id=organization_id, incident_ids=[row.id for row in rows])
    for row in rows:
        if row.id in holding:
            _tell(row, "still_proposed", present.at(row.asks_at))
        row.ask_at = asks_again_at(proposed_at=row.proposed_at, now=present.now)
        row.save(update_fields=["ask_at"])
    return len(rows)


def _tell(incident: Incident, what: str, at: datetime) -> None:
    managers_tell(
        organization_id=incident.organization_id,
        key=f"incident:{incident.id}:{what}:{at.isoformat()}",
        payload={
            what: incident.number,
            "incident_id": incident.id,
            "title": incident.title,
            "same": f"incident:{incident.id}",
        },
        at=at,
        of_all=incident.place_id is None,
        place_id=incident.place_id,
    )
