"""What the ticker calls, inside one unit of work of one organization; each returns how many rows it handled."""

from __future__ import annotations

from makegood.recoveries.operations.approving import approvals_pass_on
from makegood.recoveries.operations.confirming import incidents_ask_again
from makegood.recoveries.operations.escalating import clocks_escalate
from makegood.recoveries.operations.following import follow_ups_come_due
from makegood.recoveries.operations.opening import unopened_retry
from makegood.recoveries.operations.reckoning import expected_losses_reckon
from makegood.recoveries.operations.renewing import drafts_renew
from makegood.recoveries.operations.words_overdue import words_escalate

BATCH = 1000


def unopened_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will try again to open recoveries for failures that were left."""
    return unopened_retry(organization_id=organization_id, limit=limit)


def clocks_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will warn of clocks that run out and tell of those that ran out."""
    return clocks_escalate(organization_id=organization_id, limit=limit)


def drafts_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will write anew the drafts that nobody wrote in and that promise what is over."""
    return drafts_renew(organization_id=organization_id, limit=limit)


def follow_ups_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will ask for scores, bring check-ins to their owners, and see who came back."""
    return follow_ups_come_due(organization_id=organization_id, limit=limit)


def expected_loss_refresh(*, organization_id: int, limit: int = 2 * BATCH) -> int:
    """This function will reckon anew the expected losses that are stale."""
    return expected_losses_reckon(organization_id=organization_id, limit=limit)


def approvals_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will ask a deputy where who was asked for a yes gave no answer in time."""
    return approvals_pass_on(organization_id=organization_id, limit=limit)


def incidents_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will ask once more whether what was proposed is one incident."""
    return incidents_ask_again(organization_id=organization_id, limit=limit)


def staff_words_due(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will tell of what staff promised and did not do, until somebody acknowledges it."""
    return words_escalate(organization_id=organization_id, limit=limit)
