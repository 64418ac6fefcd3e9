"""Which source a file is likely to be of, where nothing was said of files of its header yet."""

from __future__ import annotations

from makegood.listen.forms import SOURCE as FORM
from makegood.listen.models import Hook
from makegood.promises.models import Source
from makegood.recoveries.operations.staff_words import SOURCE as BY_HAND


def likely_source(*, organization_id: int) -> tuple[str, str]:
    """This function will find the only source that a file can be of, by its code, and how a new one had better begin.

    A shop or a helpdesk that posts to us knows its orders by other references, and what people write down has none. A
    new source had better only watch ("shadow") while none is live.
    """
    posting = Hook.objects.filter(organization_id=organization_id).values("source_id")
    told = Source.objects.filter(organization_id=organization_id, watchable=True)
    found = told.exclude(code__in=(FORM, BY_HAND))
    codes = list(found.exclude(id__in=posting).order_by("id").values_list("code", flat=True)[:2])
    mode = "live" if found.filter(mode="live").exists() else "shadow"
    return (codes[0] if len(codes) == 1 else ""), mode
