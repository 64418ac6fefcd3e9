"""Doing one thing for many recoveries: what to do, how far it is, what became of each."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Action, Link, Pager


@attrs.frozen(kw_only=True)
class Way:
    """One thing that can be done for all of them; `undo` says what can be put back."""

    title: str
    undo: str
    form: Form


@attrs.frozen(kw_only=True)
class BulkCard:
    """One such action in a list: what, by whom, how far."""

    title: str
    url: str
    at: dt.datetime
    by: str
    said: str


@attrs.frozen(kw_only=True)
class SeveralPage:
    """What to do for those chosen; with nothing chosen, only what was done lately."""

    title: str
    lead: str
    back: Link
    ways: tuple[Way, ...] = ()
    recent: tuple[BulkCard, ...] = ()
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SorryWords:
    """The apology as those of one language would read it: one of theirs in full, and what the wording rules say."""

    language: str
    who: str
    subject: str
    body: str
    verdict: str
    held: bool = False
    findings: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SorryPage:
    """Saying sorry to all whom an incident hit: the words, who gets none and why, and the one yes."""

    title: str
    lead: str
    back: Link
    words: tuple[SorryWords, ...] = ()
    refused: tuple[str, ...] = ()
    """For whom it is not said, and why, a sentence for each reason."""
    form: Form | None = None


@attrs.frozen(kw_only=True)
class BulkRowLine:
    """What became of one recovery: a word with its tone, and why."""

    code: str
    url: str
    who: str
    state: str
    tone: str
    why: str = ""


@attrs.frozen(kw_only=True)
class BulkPage:
    """How far one action for many is. `share` is what is done of it, in hundredths; `refresh_url` while it goes on."""

    title: str
    lead: str
    back: Link
    progress: str
    share: int
    going: bool
    rows: tuple[BulkRowLine, ...]
    filters: tuple[Link, ...] = ()
    refresh_url: str = ""
    undo: Action | None = None
    undo_note: str = ""
    stop: Action | None = None
    pager: Pager | None = None
