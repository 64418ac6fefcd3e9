"""Made good: what was delivered, declined or expired, brought together with the steps, the clocks and the follow-ups.

What puts it right comes before what goes beyond: while the fix is still to be done, an extra alone makes nothing good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.steps import UNDONE
from makegood.journal.operations import Happened
from makegood.recoveries.operations.clocks import Met, clocks_meet
from makegood.recoveries.operations.following import Delivered, follow_ups_from
from makegood.recoveries.operations.rating import latest_delivered
from makegood.recoveries.operations.stepping import Mark, steps_mark
from makegood.store.preparing import prepared

DECLINED = "They declined what was offered."
SETTLED = """
SELECT rf.recovery_id, bool_or(m.state IN ('delivered', 'shadowed'))
FROM recoveries_recoveryfailure rf
JOIN makegoods_makegood m ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id
WHERE rf.organization_id = %s AND rf.recovery_id = ANY(%s) AND m.state NOT IN ('swapped', 'withdrawn')
GROUP BY rf.recovery_id
HAVING bool_or(m.state IN ('delivered', 'shadowed', 'declined'))
    AND bool_and(m.state IN ('delivered', 'shadowed', 'declined')
        OR (m.state = 'expired' AND m.reminded_at IS NOT NULL))
    AND (bool_or(m.part <> 'extra' AND m.state IN ('delivered', 'shadowed')) OR NOT EXISTS (
        SELECT 1 FROM recoveries_step s
        WHERE s.organization_id = %s AND s.recovery_id = rf.recovery_id AND s.step = 'fix' AND s.state = ANY(%s)))
    AND NOT EXISTS (SELECT 1 FROM recoveries_recoveryfailure own JOIN makegoods_floordoubt d
        ON d.organization_id = own.organization_id AND d.failure_id = own.failure_id AND d.settled = ''
        WHERE own.organization_id = %s AND own.recovery_id = rf.recovery_id)
"""


@attrs.frozen(kw_only=True, slots=True)
class Moved:
    """A make-good that was delivered, declined or ended: of which recovery, when, and by whom."""

    recovery_id: int
    part: str
    delivered: bool
    at: datetime
    by: int | None = None


def brought_up_to_date(organization_id: int, moved: Sequence[Moved]) -> None:
    """A delivered fix is the fix done; make good is done once something was delivered and nothing is still open.

    Where the customer declined all there was, it is skipped, and that is why.
    """
    if not moved:
        return
    at: dict[int, datetime] = {}
    for one in moved:
        at[one.recovery_id] = max(at.get(one.recovery_id, one.at), one.at)
    delivered = [one for one in moved if one.delivered]
    clocks_meet(
        organization_id=organization_id,
        met=[Met(recovery_id=one.recovery_id, target="remedy", at=one.at) for one in delivered],
    )
    steps_mark(
        organization_id=organization_id,
        marks=[
            Mark(recovery_id=one.recovery_id, step="fix", at=one.at, by=one.by)
            for one in delivered
            if one.part == "fix"
        ],
    )
    _mark_made_good(organization_id, at)
    follow_ups_from(
        organization_id=organization_id,
        delivered=[Delivered(recovery_id=one.recovery_id, at=one.at) for one in delivered],
    )


def _mark_made_good(organization_id: int, at: dict[int, datetime]) -> None:
    """Those with nothing open any more: something was delivered, or all was declined. Withdrawn is nothing."""
    with prepared() as cursor:
        cursor.execute(SETTLED, [organization_id, sorted(at), organization_id, list(UNDONE), organization_id])
        made_good: dict[int, bool] = dict(cursor.fetchall())
    steps_mark(
        organization_id=organization_id,
        marks=[
            Mark(recovery_id=one, step="make_good", at=at[one])
            if given
            else Mark(recovery_id=one, step="make_good", at=at[one], state="skipped", note=DECLINED)
            for one, given in made_good.items()
        ],
    )


def fixes_heard(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let what was given before the fix count once the fix is done; a handler of `recoveries:recovery:stepped`.

    Only then is the customer asked how well it was put right.
    """
    at = {one.subject_id: one.at for one in entries if one.data["step"] == "fix" and one.data["state"] not in UNDONE}
    if not at:
        return
    _mark_made_good(organization_id, at)
    given = latest_delivered(organization_id, list(at))
    follow_ups_from(
        organization_id=organization_id, delivered=[Delivered(recovery_id=one, at=at[one]) for one in given]
    )
