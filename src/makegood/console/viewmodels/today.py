"""Today and the list of recoveries."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.learning import Figure
from makegood.console.viewmodels.shell import Action, ClockFace, Empty, Link, Pager, StepMark, Tag
from makegood.core.money import Money


@attrs.frozen(kw_only=True)
class RecoveryRow:
    """One recovery in a list. `worth` is the price of what failed, `worth_note` that they are a "new customer".

    `risk` is the expected loss; `risk_note` says what it holds besides what they paid.
    """

    code: str
    url: str
    who: str
    what: str
    note: str = ""
    steps: tuple[StepMark, ...] = ()
    next: str = ""
    clock: ClockFace
    worth: Money | None = None
    worth_note: str = ""
    risk: Money | None = None
    risk_note: str = ""
    owner: str = ""
    tags: tuple[Tag, ...] = ()
    pick: str = ""
    """The id of the form that this row can be chosen for, where several are done at once."""


@attrs.frozen(kw_only=True)
class NoticeRow:
    """What the member was told at one moment: `text`, and each recovery's line as a link; `more` were left out.

    `know` says that they know, where something that it told of is late and nobody knows yet.
    """

    text: str
    at: dt.datetime
    unread: bool
    lines: tuple[Link, ...] = ()
    more: int = 0
    read: Action | None = None
    know: Action | None = None


@attrs.frozen(kw_only=True)
class NoticesPage:
    """What the member was told, the newest first; `read_all` marks all of it read."""

    title: str
    lead: str
    rows: tuple[NoticeRow, ...] = ()
    read_all: Action | None = None
    pager: Pager | None = None
    empty: Empty | None = None


@attrs.frozen(kw_only=True)
class LeavingWords:
    """The first words that a yes lets leave by themselves, as one customer of a language would read them."""

    title: str
    subject: str
    body: str


@attrs.frozen(kw_only=True)
class Proposal:
    """Something the machine doubts, for a person to decide: a silent feed, a burst.

    `held` says what waits and that nothing was sent; `leaving` are the words that a yes lets leave by themselves;
    `confirm` and `dismiss` decide; `look` opens what is held.
    """

    title: str
    held: str
    confirm: Action | None = None
    dismiss: Action | None = None
    look: Link | None = None
    since_at: dt.datetime | None = None
    kind: str = "burst"
    leaving: tuple[LeavingWords, ...] = ()


@attrs.frozen(kw_only=True)
class FailedMail:
    """A mail that did not go out, or whose outcome nobody knows; it is never sent again by itself."""

    to: str
    subject: str
    state: str
    at: dt.datetime
    detail: str
    recovery: Link | None = None
    actions: tuple[Action, ...] = ()


@attrs.frozen(kw_only=True)
class OrderLine:
    """An order that somebody named: its number, what it was, where and when; `url` opens its promise."""

    number: str
    text: str
    url: str = ""


@attrs.frozen(kw_only=True)
class SignalRow:
    """Evidence that a customer may have been failed, which no rule could decide alone; `said` in their own words.

    `orders` are those of their own that they name, and `orders_note` what a yes makes of them.
    """

    text: str
    source: str
    at: dt.datetime
    who: str = ""
    said: str = ""
    actions: tuple[Action, ...] = ()
    why_url: str = ""
    orders: tuple[OrderLine, ...] = ()
    orders_note: str = ""


@attrs.frozen(kw_only=True)
class DoubtLine:
    """What is owed and not decided where nothing is said to the customer; `look` leads to where it is asked for."""

    who: str
    text: str
    at: dt.datetime
    look: Link


@attrs.frozen(kw_only=True)
class SilentLine:
    """Somebody who was told again and again and never answers: why that is said, and what is theirs meanwhile."""

    who: str
    text: str
    why: str
    since_at: dt.datetime
    look: Link | None = None
    hand_over: Action | None = None


@attrs.frozen(kw_only=True)
class SetUpLeft:
    """What of setting up is not done yet, for admins: `go` leads back to it, `dismiss` ends the reminder."""

    text: str
    go: Link
    dismiss: Action


@attrs.frozen(kw_only=True)
class FileLine:
    """A file of which something could not be taken in; `look` leads to where it is seen to."""

    name: str
    text: str
    at: dt.datetime
    look: Link


@attrs.frozen(kw_only=True)
class TodayPage:
    """What to do now. `title` is a sentence ("Eleven customers need us before six").

    `refresh_url` is this page's own address, asked again while it is looked at.
    """

    title: str
    lead: str
    rows: tuple[RecoveryRow, ...]
    proposals: tuple[Proposal, ...] = ()
    mails: tuple[FailedMail, ...] = ()
    signals: tuple[SignalRow, ...] = ()
    doubts: tuple[DoubtLine, ...] = ()
    silent: tuple[SilentLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    figures: tuple[Figure, ...] = ()
    all_url: str = ""
    all_label: str = "All recoveries"
    refresh_url: str = ""
    scope: tuple[Link, ...] = ()
    empty: Empty | None = None
    set_up: SetUpLeft | None = None


@attrs.frozen(kw_only=True)
class Several:
    """The bar under a list for doing something for several: those chosen, or `all_label`, all that match.

    `hidden` says again what the list was narrowed to.
    """

    url: str
    all_label: str
    hidden: tuple[tuple[str, str], ...] = ()
    recent_url: str = ""


@attrs.frozen(kw_only=True)
class SavedViews:
    """Ways to look at a list that were saved under a name, one's own and the shared ones, with how many each holds.

    `save` keeps the present one; `rename` and `delete` are for the one that is open, where it is one's own.
    """

    links: tuple[Link, ...] = ()
    save: Form | None = None
    rename: Form | None = None
    delete: Action | None = None


@attrs.frozen(kw_only=True)
class RecoveriesPage:
    """The list of recoveries with its filters."""

    title: str
    rows: tuple[RecoveryRow, ...]
    filters: tuple[Link, ...] = ()
    search: Form | None = None
    pager: Pager | None = None
    empty: Empty | None = None
    export_url: str = ""
    several: Several | None = None
    narrow: Form | None = None
    saved: SavedViews | None = None
