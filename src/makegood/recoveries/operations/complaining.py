"""A customer tells us, elsewhere than in its conversation, of a failure that we know: its recovery hears of it."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.failures.models import Failure
from makegood.failures.operations import Report, failure_report
from makegood.journal.operations import Happened
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.clocks import clock_start
from makegood.recoveries.operations.closing import reopened_or_open
from makegood.recoveries.operations.telling import StaffNote, staff_tell


def complaints_heard(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Bring what customers told us to the owner, with a clock to answer; a handler of `failures:failure:complained`.

    A complaint opens again what was closed; where a person had decided to leave it quiet, it is a failure of its own.
    A low score tells the owner, and opens nothing. A failure without a recovery goes its way through the gate.
    """
    links = dict(
        RecoveryFailure.objects.filter(
            organization_id=organization_id, failure_id__in=[entry.subject_id for entry in entries]
        ).values_list("failure_id", "recovery_id")
    )
    for entry in entries:
        if entry.subject_id in links:
            recovery = Recovery.objects.select_for_update().get(
                organization_id=organization_id, id=links[entry.subject_id]
            )
            _hear(organization_id, recovery, entry)


def _hear(organization_id: int, recovery: Recovery, entry: Happened) -> None:
    complaint = entry.data["kind"] == "complaint"
    if recovery.state == "withdrawn" and complaint:
        _anew(organization_id, entry)
        return
    if recovery.state == "closed" and complaint:
        recovery = reopened_or_open(organization_id=organization_id, recovery=recovery, why="complaint", at=entry.at)
    due_at = None
    if recovery.state == "open":
        due_at = clock_start(organization_id=organization_id, recovery=recovery, target="respond", at=entry.at)
    owner_id = Recovery.objects.values_list("owner_id", flat=True).get(organization_id=organization_id, id=recovery.id)
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(
                member_id=owner_id,
                recovery_id=recovery.id,
                what="complaint" if complaint else "review",
                at=entry.at,
                due_at=due_at,
                turn=entry.data["signal"],
            )
        ],
    )


def _anew(organization_id: int, entry: Happened) -> None:
    known = Failure.objects.get(organization_id=organization_id, id=entry.subject_id)
    report = Report(
        customer_id=known.customer_id,
        kind="complaint",
        loss=known.loss,
        what=known.what or "a complaint",
        happened_at=known.happened_at,
        fault=known.fault,
        severity=known.severity,
        place_id=known.place_id,
        purchase_id=known.purchase_id,
        visit_id=known.visit_id,
        source_id=known.source_id,
        price_minor=known.price_minor,
        currency=known.currency,
    )
    failure_report(organization_id=organization_id, report=report, now=entry.at)
