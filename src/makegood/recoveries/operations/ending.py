"""How it ended, told by itself where the playbook lets it go; called back where it turns out not to have ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from makegood.messages.models import Message
from makegood.messages.operations import UnableToStop, message_stop
from makegood.recoveries.models import Recovery
from makegood.recoveries.saying import outcomes_say
from makegood.recoveries.unanswered import unanswered
from makegood.store.preparing import prepared

ENDS: Final = ("fix", "respond", "make_good")
"""The steps after which there may be nothing left to say but how it ended."""
ENDED: Final = """
SELECT c.recovery_id, f.done_at FROM recoveries_step c
JOIN recoveries_recovery r ON r.organization_id = c.organization_id AND r.id = c.recovery_id
JOIN recoveries_step f ON f.organization_id = c.organization_id AND f.recovery_id = c.recovery_id AND f.step = 'fix'
JOIN recoveries_step g ON g.organization_id = c.organization_id AND g.recovery_id = c.recovery_id
    AND g.step = 'make_good'
WHERE c.organization_id = %s AND c.recovery_id = ANY(%s) AND c.step = 'communicate' AND c.send <> 'person'
    AND c.state IN ('todo', 'overdue') AND f.state = 'done' AND g.state IN ('done', 'skipped')
    AND r.state = 'open' AND NOT r.review
"""


def outcomes_tell(*, organization_id: int, at: Mapping[int, datetime]) -> None:
    """Tell how it ended, each at its moment, where it was put right and made good and the playbook asks no person to.

    Not to a customer who waits for an answer: that only a person gives. It is said once per fix.
    """
    with prepared() as cursor:
        cursor.execute(ENDED, [organization_id, list(at)])
        fixed_at: dict[int, datetime] = dict(cursor.fetchall())
    if not fixed_at:
        return
    waiting = unanswered(organization_id=organization_id, recovery_ids=list(fixed_at))
    told = {recovery_id: at[recovery_id] for recovery_id in fixed_at if recovery_id not in waiting}
    if told:
        outcomes_say(organization_id=organization_id, at=told, fixed_at=fixed_at)


def outcome_call_back(*, organization_id: int, recovery: Recovery, by: int | None, now: datetime) -> None:
    """Stop the word of how it ended that has not left yet and that no person wrote: it has not ended.

    It is told once it has; what a person stopped is theirs to say.
    """
    leaving = Message.objects.filter(
        organization_id=organization_id,
        thread_id=recovery.thread_id,
        kind="outcome",
        direction="out",
        state="queued",
        author_id__isnull=True,
    )
    for message_id in leaving.order_by("id").values_list("id", flat=True):
        with suppress(UnableToStop):
            message_stop(organization_id=organization_id, message_id=message_id, by=by, now=now, again=True)
