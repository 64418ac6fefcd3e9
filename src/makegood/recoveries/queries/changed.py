"""Who changed a part of a recovery last, and when: read off the journal."""

from __future__ import annotations

from datetime import datetime

import attrs
from django.db.models import Q

from makegood.journal.models import Entry
from makegood.recoveries.queries.lines import Case

EVENTS = {
    "owner": ("owned",),
    "severity": ("graded", "joined"),
    "fault": ("blamed",),
    "pause": ("paused", "resumed"),
    "step": ("stepped",),
    "follow_up": ("followed",),
}


@attrs.frozen(kw_only=True)
class Changed:
    """Who changed something, None where nobody did by hand, and when."""

    by: int | None
    at: datetime


def part_changed(*, organization_id: int, case: Case, part: str) -> Changed | None:
    """This function will find the last change of one part; None where the journal tells of none."""
    name, _, which = part.partition(":")
    recovery = Q(subject="recovery", subject_id=case.id)
    if name in EVENTS:
        about = recovery & Q(event__in=[f"recoveries:recovery:{one}" for one in EVENTS[name]])
        if name == "step":
            about &= Q(data__step=which)
    elif name == "message":
        about = Q(subject="message", subject_id=int(which))
    elif name == "cause":
        failures = Q(subject="failure", subject_id__in=[one.id for one in case.failures])
        about = failures & Q(event="failures:failure:caused") | recovery & Q(data__step="improve")
    elif name == "customer":
        about = Q(subject="customer", subject_id=case.customer_id)
    else:
        about = recovery & Q(actor_id__isnull=False)
    row = Entry.objects.filter(about, organization_id=organization_id).order_by("-id").first()
    return Changed(by=row.actor_id, at=row.at) if row else None
