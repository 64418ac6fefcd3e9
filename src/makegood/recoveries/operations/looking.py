"""Looking after a customer anew: where a recovery begins again, whether they come back is looked for again, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import FollowUp, Recovery

LOOK = "see_return"


def look_again(*, organization_id: int, recovery: Recovery, at: datetime) -> None:
    """Plan the playbook's last look after the customer anew, counted from `at`, unless something is planned or due."""
    rows = FollowUp.objects.filter(organization_id=organization_id, recovery_id=recovery.id)
    if rows.filter(state__in=("planned", "due")).exists():
        return
    playbook = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id)
    looks = [one for one in playbook.follow_ups if one.action != "ask_score" and one.fits(group=recovery.group)]
    if not looks:
        return
    last = max(looks, key=lambda one: (one.action == LOOK, one.days))
    taken: Sequence[int] = list(rows.values_list("position", flat=True))
    FollowUp.objects.create(
        organization_id=organization_id,
        recovery_id=recovery.id,
        position=max(taken, default=0) + 1,
        action=last.action,
        due_at=at + timedelta(days=last.days),
    )
