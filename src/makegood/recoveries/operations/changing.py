"""Changing one recovery: locked, and refused if somebody changed it since it was read."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.recoveries.models import Recovery
from makegood.store.preparing import prepared
from makegood.store.reading import locked

TOUCH = "UPDATE recoveries_recovery SET version = version + 1 WHERE organization_id = %s AND id = ANY(%s)"


class UnableToChangeRecovery(ValueError):
    """Somebody changed this recovery meanwhile: reload it and try again."""


def recovery_for_change(
    *, organization_id: int, recovery_id: int, version: int | None = None, states: tuple[str, ...] = ("open",)
) -> Recovery:
    """This function will lock a recovery until the transaction ends.

    `version` is the one that the person saw. Raises UnableToChangeRecovery if it is another by now, if there is no
    such recovery, or if it is in none of `states`.
    """
    recovery = locked(Recovery, organization_id=organization_id, row_id=recovery_id)
    if recovery is None:
        raise UnableToChangeRecovery("There is no such recovery here: look for it in the list.")
    if version is not None and recovery.version != version:
        raise UnableToChangeRecovery(UnableToChangeRecovery.__doc__)
    if recovery.state not in states:
        raise UnableToChangeRecovery(f"This recovery is {recovery.state}: reload it to see what can be done.")
    return recovery


def recovery_hold(*, organization_id: int, number: int) -> int | None:
    """This function will lock the recovery of a number until the transaction ends; return its id, if there is one."""
    rows = Recovery.objects.filter(organization_id=organization_id, number=number)
    return rows.select_for_update(of=("self",)).values_list("id", flat=True).first()


def recovery_touch(*, organization_id: int, recovery_id: int) -> None:
    """This function will count one more change by a person, so that a form read before it is refused."""
    recoveries_touch(organization_id=organization_id, recovery_ids=[recovery_id])


def recoveries_touch(*, organization_id: int, recovery_ids: Sequence[int]) -> None:
    """This function will count one more change of each of these recoveries, however it came about."""
    with prepared() as cursor:
        cursor.execute(TOUCH, [organization_id, list(recovery_ids)])
