"""Sign-in, setting up, settings, the demo's inbox, and the small pages: a form, a question, an error."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Action, Empty, Fact, Link, Notice, Pager, Tag


@attrs.frozen(kw_only=True)
class SignInPage:
    """Sign-in; `demo` are the people of the demo, one click each. `go` leads on to where somebody is known."""

    form: Form | None = None
    go: Link | None = None
    title: str = "Sign in"
    lead: str = ""
    demo: tuple[Action, ...] = ()
    set_up: Link | None = None
    below: Link | None = None
    """Another way in, under the form."""
    other: Link | None = None
    """One more way in."""
    passkey: Form | None = None


@attrs.frozen(kw_only=True)
class SetUpStep:
    """One step of setting up; `state` is done, now or todo."""

    name: str
    state: str
    url: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class SetUpPage:
    """Setting up one's own organization, a step at a time; `made` lists what this step has made so far.

    `files` are texts behind what is chosen here, each with its title, for who wants to see them.
    """

    title: str
    lead: str
    steps: tuple[SetUpStep, ...]
    form: Form | None = None
    made: tuple[Fact, ...] = ()
    made_title: str = "So far"
    files: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()
    """Where what is shown is changed, or done otherwise."""
    actions: tuple[Action, ...] = ()
    on: Link | None = None
    later: Link | None = None


@attrs.frozen(kw_only=True)
class TableRow:
    """One row: the first cell is its heading. `url` opens it."""

    cells: tuple[str, ...]
    url: str = ""
    tag: Tag | None = None
    actions: tuple[Action, ...] = ()


@attrs.frozen(kw_only=True)
class Table:
    """A plain table; `numeric` are the indexes of columns that hold numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[TableRow, ...] = ()
    numeric: tuple[int, ...] = ()
    empty: Empty | None = None


@attrs.frozen(kw_only=True)
class SettingsSection:
    """One part of the settings: whatever of a table, facts, a text, forms and buttons it needs."""

    title: str
    lead: str = ""
    key: str = "section"
    table: Table | None = None
    facts: tuple[Fact, ...] = ()
    text: str = ""
    text_label: str = ""
    secret: str = ""
    """A key shown this once."""
    forms: tuple[Form, ...] = ()
    actions: tuple[Action, ...] = ()
    links: tuple[Link, ...] = ()
    checks: str = ""
    """The id of the place where what is typed into the forms is judged while typing."""
    danger: bool = False


@attrs.frozen(kw_only=True)
class AccountPage:
    """How one signs in, and what one can change of it."""

    sections: tuple[SettingsSection, ...]
    title: str = "Your sign-in"
    lead: str = ""
    back: Link | None = None
    picture: str = ""
    """The address of a QR code for a device to scan."""
    devices: bool = False
    """Whether a form on it adds a browser that takes pushes."""
    passkeys: bool = False
    """Whether a form on it takes a passkey."""


@attrs.frozen(kw_only=True)
class PrintPage:
    """A sheet to print: who it is from, what it says in the reader's language, a QR code and its address in letters.

    `title` and `lead` are for who prints it, and so is `form`; `at` is the place it is for;
    `warning` is why nobody could follow the address.
    """

    title: str
    lead: str
    lang: str
    organization: str
    head: str
    says: str
    picture: str
    url: str
    back: Link
    at: str = ""
    warning: str = ""
    form: Form | None = None


@attrs.frozen(kw_only=True)
class SettingsPage:
    """One page of the settings; `pages` are all of them. With `refresh_url` it is fetched anew every two seconds."""

    title: str
    lead: str
    pages: tuple[Link, ...]
    sections: tuple[SettingsSection, ...]
    refresh_url: str = ""


@attrs.frozen(kw_only=True)
class FormPage:
    """A page that asks one thing: report a failure, make a promise, open an incident, open an improvement.

    `big` lays it out for one thumb, as Report a failure is; `aside` are things good to know while filling it in.
    """

    title: str
    lead: str
    form: Form
    back: Link | None = None
    big: bool = False
    aside: tuple[Fact, ...] = ()


@attrs.frozen(kw_only=True)
class ClosedDaysPage:
    """The public holidays of one country or region: `place` asks which one, `form` on which of them to close."""

    title: str
    lead: str
    place: Form
    form: Form | None
    back: Link


@attrs.frozen(kw_only=True)
class CounterPage:
    """The counter: the short report that a phone keeps while the line is down, and what may be given.

    `member` is whose it is, by id, and `name` by name; `gives` are titles, worths and costs, by what was lost; `as_of`
    is when this was true.
    """

    title: str
    lead: str
    member: str
    name: str
    form: Form | None = None
    gives: tuple[Table, ...] = ()
    as_of: str = ""
    left: str = ""


@attrs.frozen(kw_only=True)
class ConfirmPage:
    """Asks once more before something that cannot be undone, saying what will happen and what stays."""

    title: str
    lead: str
    will: tuple[str, ...]
    stays: tuple[str, ...] = ()
    stays_title: str = "What stays"
    table: Table | None = None
    form: Form
    back: Link


@attrs.frozen(kw_only=True)
class ProofPage:
    """What was done for somebody who was erased, and what was looked through afterwards."""

    title: str
    lead: str
    tone: str
    found: str
    facts: tuple[Fact, ...]
    table: Table
    files: tuple[Link, ...]
    back: Link


@attrs.frozen(kw_only=True)
class InboxMessage:
    """A mail as it went out, for the demo."""

    key: str
    to: str
    subject: str
    sent_at: dt.datetime
    text: str = ""
    url: str = ""
    status_url: str = ""
    current: bool = False
    reply: Form | None = None


@attrs.frozen(kw_only=True)
class InboxPage:
    """The demo's inbox: what was sent, to read and to answer in the customer's place."""

    title: str
    lead: str
    messages: tuple[InboxMessage, ...] = ()
    shown: InboxMessage | None = None
    pager: Pager | None = None
    empty: Empty | None = None


@attrs.frozen(kw_only=True)
class ErrorPage:
    """Something went wrong: what, and what to do."""

    status: int
    title: str
    text: str
    links: tuple[Link, ...] = ()
    reference: str = ""
    notice: Notice | None = None
