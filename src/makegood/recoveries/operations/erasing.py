"""Forgetting what members wrote about a customer: notes, forms and their files, and stories of their recoveries."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.journal.operations import Happened
from makegood.recoveries.models import HelpFile, HelpForm, Pause, Recovery, Step, Story
from makegood.recoveries.operations.owning import HANDED, HANDED_OVER


def recoveries_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank notes, typed reasons and forms of erased customers' recoveries, take out files and stories; states stay.

    A handler of customers:customer:erased.
    """
    theirs = Recovery.objects.filter(
        organization_id=organization_id, customer_id__in=[entry.subject_id for entry in entries]
    )
    ids = list(theirs.values_list("id", flat=True))
    theirs.update(close_note="")
    for row in theirs.filter(owner_reasons__contains=[{"rule": HANDED}]):
        row.owner_reasons = [
            one | {"text": HANDED_OVER} if one.get("rule") == HANDED else one for one in row.owner_reasons
        ]
        row.save(update_fields=["owner_reasons"])
    Step.objects.filter(organization_id=organization_id, recovery_id__in=ids).update(note="", told="")
    Pause.objects.filter(organization_id=organization_id, recovery_id__in=ids).update(note="")
    Story.objects.filter(organization_id=organization_id, recovery_id__in=ids).delete()
    HelpFile.objects.filter(organization_id=organization_id, filled__recovery_id__in=ids).delete()
    HelpForm.objects.filter(organization_id=organization_id, recovery_id__in=ids).update(answers={})
