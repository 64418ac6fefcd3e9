"""Help with a step: its checklist, its forms, its talks; and the page of one talk."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Action, Fact, Link, ReasonLine
from makegood.core.help.facts import Piece


@attrs.frozen(kw_only=True)
class HelpItem:
    """One thing to tick. `act` ticks it or takes the tick back; `by` says who ticked it, and when."""

    says: tuple[Piece, ...]
    ticked: bool = False
    must: bool = False
    by: str = ""
    act: Action | None = None
    reason: ReasonLine | None = None

    @property
    def text(self) -> str:
        """What it says, as one text."""
        return "".join(piece.text for piece in self.says)


@attrs.frozen(kw_only=True)
class HelpList:
    """A checklist."""

    title: str
    items: tuple[HelpItem, ...]


@attrs.frozen(kw_only=True)
class KeptFileLink:
    """A file that came with a form."""

    label: str
    url: str
    size: str


@attrs.frozen(kw_only=True)
class FilledCard:
    """A form as somebody filled it in."""

    by: str
    at: dt.datetime
    answers: tuple[Fact, ...] = ()
    files: tuple[KeptFileLink, ...] = ()


@attrs.frozen(kw_only=True)
class HelpFormCard:
    """A form of the step: what was filled in, the latest first, and the form to fill in, again or for the first time.

    `form_code` is its short name.
    """

    form_code: str
    title: str
    must: bool = False
    filled: tuple[FilledCard, ...] = ()
    form: Form | None = None

    @property
    def earlier(self) -> tuple[FilledCard, ...]:
        """What was filled in before the latest."""
        return self.filled[1:]


@attrs.frozen(kw_only=True)
class TalkTold:
    """How a talk went."""

    by: str
    at: dt.datetime
    answers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class TalkCard:
    """A dialogue of the step: where it begins, and how it went."""

    link: Link
    told: tuple[TalkTold, ...] = ()


@attrs.frozen(kw_only=True)
class HelpPanel:
    """Everything that helps with one step; `needed` says what is missing before it is done."""

    step: str
    lists: tuple[HelpList, ...] = ()
    forms: tuple[HelpFormCard, ...] = ()
    talks: tuple[TalkCard, ...] = ()
    needed: str = ""


@attrs.frozen(kw_only=True)
class SaidSoFar:
    """One turn of a talk that is over: what was said and what they answered; `url` goes back to it."""

    answer: str
    url: str


@attrs.frozen(kw_only=True)
class TalkPage:
    """One turn of a talk: what to say, and the customer's possible answers; or its end, and what to do then.

    `say` is a list of lines, each of pieces that tell the case's own words apart. `keep` notes how it went and goes on.
    """

    title: str
    customer: str
    code: str
    url: str
    back: Link
    say: tuple[tuple[Piece, ...], ...]
    do: str = ""
    answers: tuple[Link, ...] = ()
    so_far: tuple[SaidSoFar, ...] = ()
    previous: Link | None = None
    keep: Action | None = None
    reason: ReasonLine | None = None
    unknown: bool = False
    """Whether something is said in general because the case does not hold it."""
