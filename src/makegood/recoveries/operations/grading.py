"""How grave a recovery is: changed by a named person who knows more than the rules did when it opened."""

from __future__ import annotations

from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch


def severity_change(
    *, organization_id: int, recovery_id: int, severity: int, by: int, now: datetime, version: int | None = None
) -> None:
    """This function will change how grave a recovery is, from 1 to 4; clocks that run stay as they are.

    Raises UnableToChangeRecovery for any other number, or the one that it has already.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if severity not in (1, 2, 3, 4):
        raise UnableToChangeRecovery("A severity is 1, 2, 3 or 4: choose one.")
    if recovery.severity == severity:
        raise UnableToChangeRecovery("It is as grave as that already.")
    Recovery.objects.filter(organization_id=organization_id, id=recovery_id).update(severity=severity)
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:graded",
                subject="recovery",
                subject_id=recovery_id,
                data={"severity": severity, "was": recovery.severity},
                actor_id=by,
            )
        ],
    )
