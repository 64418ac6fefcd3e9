"""Joining: a further failure of the same customer and happening, or a promise that was broken inside a recovery."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from makegood.core.plans import raised
from makegood.failures.operations import failures_shadow
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.closing import reopened_or_open
from makegood.recoveries.operations.deciding import contact_decided
from makegood.recoveries.operations.owning import owner_raise
from makegood.recoveries.taken import Taken
from makegood.store.bulk import insert


@attrs.frozen(kw_only=True, slots=True)
class Joining:
    """One failure on its way into a recovery that is there; `doubled` if it was failed inside that recovery."""

    recovery_id: int
    taken: Taken
    doubled: bool


def doubled_join(*, organization_id: int, parent_id: int, doubled: Sequence[Taken]) -> None:
    """Join failures inside a recovery to it; what was closed goes on, or the one open for its happening by now does.

    It never opens a nested recovery.
    """
    recovery = Recovery.objects.select_for_update().get(organization_id=organization_id, id=parent_id)
    if recovery.state == "closed":
        recovery = reopened_or_open(
            organization_id=organization_id, recovery=recovery, why="doubled", at=doubled[-1].at
        )
    joining_apply(
        organization_id=organization_id,
        joins=[Joining(recovery_id=recovery.id, taken=one, doubled=True) for one in doubled],
    )


def joining_apply(*, organization_id: int, joins: Sequence[Joining]) -> None:
    """Join failures to their recoveries, each written once.

    The severity rises to the gravest. What joins a shadow is one. A failure inside a recovery (a double deviation,
    EVIDENCE D3) raises severity and owner tier by one each.
    """
    recoveries = {
        row.id: row
        for row in Recovery.objects.select_for_update()
        .filter(organization_id=organization_id, id__in={one.recovery_id for one in joins})
        .order_by("id")
    }
    insert(
        RecoveryFailure,
        ("organization_id", "recovery_id", "failure_id"),
        [(organization_id, one.recovery_id, one.taken.failure_id) for one in joins],
    )
    failures_shadow(
        organization_id=organization_id,
        failure_ids=[one.taken.failure_id for one in joins if recoveries[one.recovery_id].shadow],
    )
    by_recovery: dict[int, list[Joining]] = {}
    for one in joins:
        by_recovery.setdefault(one.recovery_id, []).append(one)
    entries: list[Happened] = []
    for recovery_id, mine in by_recovery.items():
        entries += _join(organization_id, recoveries[recovery_id], mine)
    record(organization_id=organization_id, entries=entries)


def _join(organization_id: int, recovery: Recovery, joins: Sequence[Joining]) -> list[Happened]:
    at = joins[-1].taken.at
    doubled = any(one.doubled for one in joins)
    severity = max([recovery.severity, *(one.taken.severity for one in joins)])
    if doubled:
        severity = raised(level=severity)
    Recovery.objects.filter(organization_id=organization_id, id=recovery.id).update(severity=severity)
    if doubled:
        owner_raise(organization_id=organization_id, recovery=recovery, at=at, by=None, why="doubled")
    if recovery.review and any(one.taken.gate == "contact" for one in joins):
        contact_decided(organization_id=organization_id, recovery=recovery, at=at, by=None)
    return [
        Happened(
            at=one.taken.at,
            event="recoveries:recovery:joined",
            subject="recovery",
            subject_id=recovery.id,
            data={"failure": one.taken.failure_id, "severity": severity, "doubled": one.doubled},
        )
        for one in joins
    ]
