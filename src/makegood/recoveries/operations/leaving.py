"""Leaving a failure that no recovery could be opened for: the others go on, a manager is told, it is tried again."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from datetime import datetime, timedelta

from makegood.failures.models import Failure
from makegood.journal.operations import Happened, record
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.staff import notices_write
from makegood.organizations.models import Member
from makegood.recoveries.models import Unopened
from makegood.store.clocks import now as store_now
from makegood.store.preparing import prepared

LONGEST_MINUTES = 60
MANAGER = 2

log = logging.getLogger("makegood")


FORGET = "DELETE FROM recoveries_unopened WHERE organization_id = %s AND failure_id = ANY(%s)"


def left_write(*, organization_id: int, left: Mapping[int, Exception], tried: Mapping[int, datetime]) -> None:
    """Write which of the failures that were tried, each at its moment, are left, and forget those that are not.

    The first time, managers are told. Each next try comes twice as late as the one before, up to an hour.
    """
    if not left:
        with prepared() as cursor:
            cursor.execute(FORGET, [organization_id, list(tried)])
        return
    rows = Unopened.objects.filter(organization_id=organization_id, failure_id__in=list(tried))
    now = store_now(organization_id=organization_id)
    before = {row.failure_id: row for row in rows}
    rows.exclude(failure_id__in=list(left)).delete()
    for failure_id, error in left.items():
        at, known = tried[failure_id], before.get(failure_id)
        tries = known.tries + 1 if known else 1
        trace = "".join(traceback.format_tb(error.__traceback__))
        log.error("no recovery could be opened for failure %s: %s\n%s", failure_id, type(error).__name__, trace)
        Unopened.objects.update_or_create(
            organization_id=organization_id,
            failure_id=failure_id,
            defaults={
                "since_at": known.since_at if known else at,
                "next_at": now + timedelta(minutes=min(2**tries, LONGEST_MINUTES)),
                "tries": tries,
                "error": type(error).__name__[:60],
            },
        )
    new = [failure_id for failure_id in left if failure_id not in before]
    record(
        organization_id=organization_id,
        entries=[
            Happened(at=tried[failure_id], event="recoveries:failure:left", subject="failure", subject_id=failure_id)
            for failure_id in new
        ],
    )
    if new:
        _tell(organization_id, {failure_id: tried[failure_id] for failure_id in new})


def _tell(organization_id: int, new: Mapping[int, datetime]) -> None:
    managers = Member.objects.filter(organization_id=organization_id, active=True, tier__gte=MANAGER).order_by("id")
    whose = dict(
        Failure.objects.filter(organization_id=organization_id, id__in=list(new)).values_list("id", "customer_id")
    )
    wanted = [
        Wanted(
            kind="staff",
            idempotency_key=f"staff:{member_id}:unopened:{failure_id}:{at.isoformat()}",
            subject="member",
            subject_id=member_id,
            run_at=at,
            payload={"member": member_id, "unopened": whose[failure_id]},
        )
        for member_id in managers.values_list("id", flat=True)
        for failure_id, at in sorted(new.items())
    ]
    effects_add(organization_id=organization_id, wanted=wanted)
    notices_write(
        organization_id=organization_id, told=[(one.idempotency_key, one.payload, one.run_at) for one in wanted]
    )
