"""Promises, incidents and customers."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.doubts import DoubtCard
from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.settings import Table
from makegood.console.viewmodels.shell import (
    Action,
    ClockFace,
    Empty,
    Fact,
    Link,
    Pager,
    ReasonLine,
    Tag,
    TimelineEntry,
)
from makegood.console.viewmodels.today import FailedMail, LeavingWords, RecoveryRow, SavedViews
from makegood.core.money import Money


@attrs.frozen(kw_only=True)
class PromiseRow:
    """One promise. `state` is open, risk, broken, kept or released; `state_word` how that reads ("on its way")."""

    what: str
    due_at: dt.datetime
    state: str
    state_word: str
    url: str = ""
    who: str = ""
    expected_at: dt.datetime | None = None
    worth: Money | None = None
    source: str = ""
    actions: tuple[Action, ...] = ()


@attrs.frozen(kw_only=True)
class PromisesPage:
    """The ledger of promises with its filters; `make_url` opens the form for a new one."""

    title: str
    rows: tuple[PromiseRow, ...]
    filters: tuple[Link, ...] = ()
    search: Form | None = None
    make_url: str = ""
    pager: Pager | None = None
    empty: Empty | None = None
    saved: SavedViews | None = None


@attrs.frozen(kw_only=True)
class PromisePage:
    """One promise and what became of it; `gate` are the reasons why a broken one led to contact or stayed quiet."""

    title: str
    promise: PromiseRow
    facts: tuple[Fact, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    gate: tuple[ReasonLine, ...] = ()
    decision: str = ""
    recovery: Link | None = None
    forms: tuple[Form, ...] = ()
    doubts: tuple[DoubtCard, ...] = ()
    """What is owed and not decided, where no recovery asks for it."""


@attrs.frozen(kw_only=True)
class PayoutsPage:
    """The money that waits to be paid by hand, and the charges that were not stopped; `note` says when more waits."""

    title: str
    lead: str
    table: Table
    note: str = ""
    charges: Table | None = None
    books: Link | None = None


@attrs.frozen(kw_only=True)
class BooksPage:
    """The ledger of a period: a table of accounts for each currency, and the way to its lines as a file."""

    title: str
    lead: str
    period: Form
    tables: tuple[Table, ...]
    empty: Empty
    download: Link | None


@attrs.frozen(kw_only=True)
class IncidentRow:
    """One incident in the list. `state` is proposed, open, closed or dismissed."""

    code: str
    title: str
    url: str
    state: str
    state_word: str
    began_at: dt.datetime
    affected: int
    owner: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class IncidentsPage:
    """The list of incidents; `open_url` opens the form for one by hand."""

    title: str
    rows: tuple[IncidentRow, ...]
    filters: tuple[Link, ...] = ()
    open_url: str = ""
    pager: Pager | None = None
    empty: Empty | None = None
    saved: SavedViews | None = None


@attrs.frozen(kw_only=True)
class IncidentPage:
    """One cause that hit many: what is held until someone says yes, one plan for all, everyone affected."""

    code: str
    title: str
    state_word: str
    lead: str
    tags: tuple[Tag, ...] = ()
    clock: ClockFace | None = None
    facts: tuple[Fact, ...] = ()
    reasons: tuple[ReasonLine, ...] = ()
    confirm: Form | None = None
    leaving: tuple[LeavingWords, ...] = ()
    """The words that leave with the yes, by language; none where nothing leaves by itself."""
    dismiss: Form | None = None
    plan: tuple[Fact, ...] = ()
    plan_form: Form | None = None
    rows: tuple[RecoveryRow, ...] = ()
    affected: int = 0
    pager: Pager | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    close: Form | None = None
    for_all: tuple[Form, ...] = ()
    """What one form does for every open recovery: the fix recorded, the same extra offered."""
    sorry: Link | None = None
    """To where the apology to all who have none yet is shown, and said with one yes."""


@attrs.frozen(kw_only=True)
class CustomerRow:
    """One customer in a search's answer."""

    name: str
    url: str
    known_by: str
    group: str = ""
    purchases: int = 0
    recoveries: int = 0
    last_at: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class CustomersPage:
    """Looking for a customer."""

    title: str
    search: Form
    rows: tuple[CustomerRow, ...] = ()
    asked: str = ""
    pager: Pager | None = None
    empty: Empty | None = None


@attrs.frozen(kw_only=True)
class PurchaseRow:
    """A purchase, a charge or a visit."""

    at: dt.datetime
    what: str
    amount: Money | None = None
    state: str = ""


@attrs.frozen(kw_only=True)
class WorthCard:
    """Of which group a customer is and what they are likely to spend, each with why.

    `expected`, `low` and `high` are None where that is not known, for the reason `unknown`. `ahead` is over how long,
    `alive` how likely they still buy here where that says anything, `learnt` from whom it was learnt.
    """

    group: str
    reasons: tuple[ReasonLine, ...]
    expected: Money | None = None
    low: Money | None = None
    high: Money | None = None
    ahead: str = ""
    alive: str = ""
    learnt: str = ""
    unknown: str = ""


@attrs.frozen(kw_only=True)
class CustomerPage:
    """Everything known of one customer, in one page; `erase` opens the page that asks once more."""

    name: str
    line: str
    facts: tuple[Fact, ...] = ()
    worth: WorthCard | None = None
    known: tuple[Fact, ...] = ()
    """Facts that could make a make-good relevant, each with source and consent."""
    fact_form: Form | None = None
    purchases: tuple[PurchaseRow, ...] = ()
    promises: tuple[PromiseRow, ...] = ()
    failures: tuple[TimelineEntry, ...] = ()
    recoveries: tuple[RecoveryRow, ...] = ()
    report_url: str = ""
    erase: Link | None = None
    whole: Link | None = None
    """Leads to everything that is held of them, as a file."""
    proof: Link | None = None
    erased_at: dt.datetime | None = None
    correct_form: Form | None = None
    mails: tuple[FailedMail, ...] = ()
    """What did not arrive, or may not have."""
