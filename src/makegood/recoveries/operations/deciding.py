"""Deciding a review: whether the customer is contacted, or it stays quiet. Nothing goes out before."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from makegood.journal.operations import Happened, record
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.closing import closed_write
from makegood.recoveries.operations.stepping import next_steps_set
from makegood.recoveries.plan import plan_start
from makegood.recoveries.planned import planned_of


def review_decide(
    *,
    organization_id: int,
    recovery_id: int,
    decision: Literal["contact", "quiet"],
    by: int,
    now: datetime,
    version: int | None = None,
) -> None:
    """Decide a recovery under review: contact starts its plan, quiet withdraws it with nothing said.

    What is owed posts either way. Raises UnableToChangeRecovery if there is nothing to decide.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if not recovery.review or decision not in ("contact", "quiet"):
        raise UnableToChangeRecovery("There is nothing to decide here any more: reload the recovery.")
    if decision == "contact":
        contact_decided(organization_id=organization_id, recovery=recovery, at=now, by=by)
        recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
        return
    _record(organization_id, recovery_id, "quiet", now, by)
    closed_write(organization_id=organization_id, closed=[recovery_id], state="withdrawn", why="quiet", at=now, by=by)


def contact_decided(*, organization_id: int, recovery: Recovery, at: datetime, by: int | None) -> None:
    """Take a recovery out of review and start its plan."""
    Recovery.objects.filter(organization_id=organization_id, id=recovery.id).update(review=False)
    next_steps_set(organization_id=organization_id, recovery_ids=[recovery.id])
    _record(organization_id, recovery.id, "contact", at, by)
    planned = planned_of(organization_id=organization_id, at={recovery.id: at})
    plan_start(organization_id=organization_id, planned=planned)


def _record(organization_id: int, recovery_id: int, how: str, at: datetime, by: int | None) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="recoveries:recovery:decided",
                subject="recovery",
                subject_id=recovery_id,
                data={"how": how},
                actor_id=by,
            )
        ],
    )
