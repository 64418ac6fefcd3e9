"""Two people changed the same thing: what it was, what the other made of it, what you did, and the ways on."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Link


@attrs.frozen(kw_only=True)
class MergePart:
    """One thing that both changed. `by` and `at` say who did so first; `since` tells what happened, line by line."""

    label: str
    was: str
    theirs: str
    mine: str
    by: str = ""
    at: dt.datetime | None = None
    since: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class MergePage:
    """Nothing is lost: `keep` posts mine again over theirs, `together` asks with both filled in, `take` leaves theirs.

    `keep` is missing where theirs cannot be changed any more; `note` keeps what was typed for colleagues.
    """

    title: str
    lead: str
    back: Link
    parts: tuple[MergePart, ...]
    take: Link
    keep: Form | None = None
    together: Form | None = None
    note: Form | None = None
