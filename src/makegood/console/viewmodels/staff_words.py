"""What staff said that they will do: in a draft, and once it was said."""

from __future__ import annotations

import attrs

from makegood.console.viewmodels.shell import Action


@attrs.frozen(kw_only=True)
class DraftWord:
    """A promise found in what is typed; `url` takes the form and puts it on the ledger, and is empty once it is."""

    key: str
    what: str
    by: str
    url: str = ""


@attrs.frozen(kw_only=True)
class SaidWordCard:
    """A promise that a member gave: to be put on the ledger by a click, or overdue until somebody knows of it."""

    text: str
    quote: str = ""
    overdue: bool = False
    actions: tuple[Action, ...] = ()
