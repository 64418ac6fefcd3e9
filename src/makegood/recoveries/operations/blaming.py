"""Whose fault we say it was: changed by a named person once the cause is known, and the unsent apology with it."""

from __future__ import annotations

from datetime import datetime

from makegood.failures.models import FAULTS
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.saying import apology_redraft


def fault_change(
    *, organization_id: int, recovery_id: int, fault: str, by: int, now: datetime, version: int | None = None
) -> bool:
    """This function will change whose fault a recovery says it was; return whether an unsent apology changed with it.

    What the customer's page and the wording rules go by follows; what was sent stays, and so does what was counted
    about the failures themselves. Raises UnableToChangeRecovery for an unknown fault, or one that it says already.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if fault not in FAULTS:
        raise UnableToChangeRecovery(f"Fault is one of {', '.join(FAULTS)}: choose one.")
    if recovery.fault == fault:
        raise UnableToChangeRecovery("It says so already.")
    Recovery.objects.filter(organization_id=organization_id, id=recovery_id).update(fault=fault)
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:blamed",
                subject="recovery",
                subject_id=recovery_id,
                data={"fault": fault, "was": recovery.fault},
                actor_id=by,
            )
        ],
    )
    return apology_redraft(organization_id=organization_id, recovery_id=recovery_id, by=by, now=now)
