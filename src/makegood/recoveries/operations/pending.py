"""What is still to leave: under a stepped clock, what may meet a clock or move a follow-up is carried out before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Min

from makegood.journal.models import Effect
from makegood.store.clocks import Moment


def carried_until(*, organization_id: int, moment: Moment, kinds: Sequence[str]) -> datetime:
    """Return the last moment up to which no effect of these kinds waits to leave; now, unless the clock is stepped."""
    if not moment.stepped:
        return moment.now
    waiting = Effect.objects.filter(
        organization_id=organization_id,
        kind__in=kinds,
        state="pending",
        held_for__isnull=True,
        run_at__lte=moment.now,
    ).aggregate(first=Min("run_at"))["first"]
    return min(moment.now, waiting - timedelta(microseconds=1)) if waiting else moment.now
