"""Giving back, on a recovery, what was charged wrongly: once it is paid, the fix is done."""

from __future__ import annotations

from datetime import datetime

from makegood.core.money import Money
from makegood.makegoods.repaying import WRONG_CHARGE, UnableToRepay, repayment_make
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations.changing import recovery_for_change, recovery_touch


def wrong_charge_repay(*, organization_id: int, recovery_id: int, amount: Money, by: int, now: datetime) -> int:
    """This function will give back what was charged wrongly, as the recovery's fix; return the make-good's id.

    The playbook that the recovery froze names it. Raises UnableToRepay where nothing was charged wrongly, or not that
    much, and UnableToChangeRecovery.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.review:
        raise UnableToRepay("Decide first whether they hear from us: until then nothing is given back.")
    failure_id = (
        RecoveryFailure.objects.filter(
            organization_id=organization_id,
            recovery_id=recovery.id,
            failure__kind=WRONG_CHARGE,
            failure__withdrawn_at=None,
        )
        .order_by("id")
        .values_list("failure_id", flat=True)
        .first()
    )
    if failure_id is None:
        raise UnableToRepay("Nothing was charged wrongly here: see below what may be given.")
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    makegood_id = repayment_make(
        organization_id=organization_id,
        failure_id=failure_id,
        title=playbook.fix(WRONG_CHARGE).title,
        amount=amount,
        by=by,
        now=now,
    )
    recovery_touch(organization_id=organization_id, recovery_id=recovery.id)
    return makegood_id
