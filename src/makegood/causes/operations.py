"""Writes of causes: an improvement is opened from a cause, and settled as done or dropped."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max

from makegood.causes.models import Improvement
from makegood.core.lengths import fitting
from makegood.failures.models import Cause
from makegood.journal.operations import Happened, record
from makegood.organizations.models import Organization

NUMBER_LOCK = 7411


class UnableToImprove(ValueError):
    """An improvement needs a cause of the tree and a title that says what changes."""


class UnableToSettleImprovement(ValueError):
    """This improvement was settled already: reload the page to see how."""


def improvement_open(
    *, organization_id: int, cause_id: int, title: str, owner_id: int, now: datetime, due_date: date | None = None
) -> int:
    """This function will open an improvement of a cause; return its id.

    Raises UnableToImprove without a title, for a cause that is not in the tree, and for a day that is over where the
    organization is.
    """
    known = Cause.objects.filter(organization_id=organization_id, id=cause_id, retired_at=None).exists()
    if not title.strip() or not known:
        raise UnableToImprove(UnableToImprove.__doc__)
    zone = Organization.objects.values_list("zone", flat=True).get(id=organization_id)
    if due_date is not None and due_date < now.astimezone(ZoneInfo(zone)).date():
        raise UnableToImprove("That day is over: choose today or a later one.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NUMBER_LOCK, organization_id % 2_147_483_647])
    last = Improvement.objects.filter(organization_id=organization_id).aggregate(last=Max("number"))["last"]
    row = Improvement.objects.create(
        organization_id=organization_id,
        number=(last or 0) + 1,
        cause_id=cause_id,
        title=fitting(title, most=160),
        owner_id=owner_id,
        due_date=due_date,
        opened_at=now,
    )
    _record(organization_id, row.id, "opened", now, owner_id, {"cause": cause_id, "number": row.number})
    return row.id


def improvement_settle(*, organization_id: int, improvement_id: int, state: str, by: int, now: datetime) -> None:
    """This function will settle an open improvement as done or dropped.

    Raises UnableToSettleImprovement if it is not open.
    """
    if state not in ("done", "dropped"):
        raise UnableToSettleImprovement("An improvement ends as done or dropped: choose one.")
    settled = Improvement.objects.filter(organization_id=organization_id, id=improvement_id, state="open").update(
        state=state, settled_at=now
    )
    if not settled:
        raise UnableToSettleImprovement(UnableToSettleImprovement.__doc__)
    _record(organization_id, improvement_id, state, now, by, {})


def _record(
    organization_id: int, improvement_id: int, action: str, at: datetime, by: int, data: dict[str, int]
) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event=f"causes:improvement:{action}",
                subject="improvement",
                subject_id=improvement_id,
                actor_id=by,
                data=data,
            )
        ],
    )
