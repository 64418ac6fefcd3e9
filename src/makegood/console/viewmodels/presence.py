"""Who else is at a recovery, and what changed since the page was drawn."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Others:
    """`people` and `changes` are sentences; `url` is asked again every few seconds; `page_url` shows what changed."""

    url: str
    page_url: str
    people: tuple[str, ...] = ()
    changed: bool = False
    changes: tuple[str, ...] = ()
