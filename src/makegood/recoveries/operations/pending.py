"""What is still to leave: under a stepped clock, what may meet a clock or move a follow-up is carried out before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from makegood.store.clocks import Moment
from makegood.store.preparing import prepared

WAITING = """
SELECT min(run_at) FROM journal_effect
WHERE organization_id = %s AND kind = ANY(%s) AND state = 'pending' AND held_for IS NULL AND run_at <= %s
"""


def carried_until(*, organization_id: int, moment: Moment, kinds: Sequence[str]) -> datetime:
    """Return the last moment up to which no effect of these kinds waits to leave; now, unless the clock is stepped."""
    if not moment.stepped:
        return moment.now
    with prepared() as cursor:
        cursor.execute(WAITING, [organization_id, list(kinds), moment.now])
        (waiting,) = cursor.fetchone()
    return min(moment.now, waiting - timedelta(microseconds=1)) if waiting else moment.now
