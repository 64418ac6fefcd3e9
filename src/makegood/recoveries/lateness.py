"""Whether we answered late: then no coupon or credit alone mends it, and a person explains first (EVIDENCE C5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from makegood.core.remedies import Remedy
from makegood.makegoods.giving import Gifts, what_may_i_give
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery
from makegood.store.preparing import prepared

LATE = """
SELECT c.recovery_id FROM unnest(%s::bigint[], %s::timestamptz[]) AS u(recovery_id, at)
JOIN recoveries_recoveryclock c
    ON c.organization_id = %s AND c.recovery_id = u.recovery_id AND c.target = 'acknowledge'
WHERE c.state = 'missed' OR c.state = 'running' AND c.due_at < u.at
"""
VERSIONS = """
SELECT l.recovery_id, r.playbook_id FROM recoveries_recoveryfailure l
JOIN recoveries_recovery r ON r.organization_id = l.organization_id AND r.id = l.recovery_id
WHERE l.organization_id = %s AND l.failure_id = %s
"""


def answered_late(*, organization_id: int, at: Mapping[int, datetime]) -> set[int]:
    """This function will find, of these recoveries, those whose first answer missed its clock by each one's moment."""
    if not at:
        return set()
    with prepared() as cursor:
        cursor.execute(LATE, [list(at), list(at.values()), organization_id])
        return {row[0] for row in cursor.fetchall()}


def gifts_for(
    *,
    organization_id: int,
    failure_id: int,
    member_id: int,
    now: datetime,
    remedies: Sequence[Remedy] | None = None,
) -> Gifts:
    """This function will find what a member may give for a failure, as `what_may_i_give` does, knowing if we were late.

    The catalogue is `remedies`, else that of the recovery's frozen playbook. Raises Failure.DoesNotExist.
    """
    with prepared() as cursor:
        cursor.execute(VERSIONS, [organization_id, failure_id])
        versions: dict[int, int] = dict(cursor.fetchall())
    at = dict.fromkeys(versions, now)
    if remedies is None and versions:
        frozen = playbook_frozen(organization_id=organization_id, version_id=versions[max(versions)])
        remedies = frozen.remedies
    return what_may_i_give(
        organization_id=organization_id,
        failure_id=failure_id,
        member_id=member_id,
        now=now,
        late=bool(answered_late(organization_id=organization_id, at=at)),
        remedies=remedies,
    )


def remedy_named(*, organization_id: int, recovery: Recovery, code: str) -> Remedy | None:
    """This function will find an extra by its code in the playbook that a recovery froze; None if there is none."""
    frozen = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    return next((one for one in frozen.remedies if one.code == code), None)
