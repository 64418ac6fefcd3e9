"""What is owed by law and not decided, as the pages that ask for the lacking fact show it."""

from __future__ import annotations

import attrs

from makegood.console.viewmodels.forms import Form


@attrs.frozen(kw_only=True)
class DoubtCard:
    """What a pack could not decide: in words, with the question for the lacking fact, and a manager's way out."""

    title: str
    text: str
    ask: Form | None = None
    nothing: Form | None = None
