"""What the page of a recovery says of CARES, of the customer's return and of its story; and the page of all stories."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Action, Empty, Link, Pager


@attrs.frozen(kw_only=True)
class CaresRow:
    """One of the five: what the record shows beside what the customer gave, and what it means."""

    title: str
    record: str
    customer: str
    missed: tuple[str, ...]
    checks: tuple[str, ...]
    found: str


@attrs.frozen(kw_only=True)
class CaresPanel:
    """CARES twice: from the record and from the customer; never mixed into one number."""

    rows: tuple[CaresRow, ...]
    lead: str


@attrs.frozen(kw_only=True)
class StayPanel:
    """Whether the customer is back: the word, how it is known, why, when it is looked for again; a form to say it."""

    word: str
    tone: str
    how: str
    at: dt.datetime | None = None
    because: str = ""
    found: str = ""
    again_at: dt.datetime | None = None
    form: Form | None = None


@attrs.frozen(kw_only=True)
class StoryPanel:
    """A closed recovery's story: the consent, and then the words; `withdraw` takes both out at once."""

    lead: str
    allow: Form | None = None
    tell: Form | None = None
    withdraw: Action | None = None


@attrs.frozen(kw_only=True)
class StoryRow:
    """One story of the collection; `url` leads to its recovery for who may see that."""

    title: str
    paragraphs: tuple[str, ...]
    about: str
    at: dt.datetime
    url: str = ""


@attrs.frozen(kw_only=True)
class StoriesPage:
    """The collection, searched by words; `tell` sends everybody a notice of what is new."""

    title: str
    lead: str
    rows: tuple[StoryRow, ...]
    search: Form
    pager: Pager | None = None
    empty: Empty | None = None
    tell: Action | None = None
    all: Link | None = None
