"""What the customers' pages receive: plain frozen data, filled by views, never model instances.

Every page is rendered with the one name `page`. Texts are written for the customer: whole sentences, no case words.
Times are aware datetimes and amounts are `Money`; templates write both for the page's `reader`. A link or a form never
carries more than the signed token in its address.
"""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.core.money import Money
from makegood.public.staying import Staying


@attrs.frozen(kw_only=True)
class Reader:
    """Who reads: the organization's `now`, an IANA zone, a locale such as `pt_PT`."""

    now: dt.datetime
    zone: str = "UTC"
    locale: str = "en_GB"


@attrs.frozen(kw_only=True)
class StepMark:
    """One of the seven steps, for the seam. `state` is done, skipped, now, overdue or todo."""

    key: str
    name: str
    state: str
    at: dt.datetime | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class Line:
    """One thing that is done or that comes: `at` is when it was done, or by when it will be."""

    text: str
    at: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class Waited:
    """One time in which it stood still, and why."""

    text: str
    from_at: dt.datetime
    to_at: dt.datetime


@attrs.frozen(kw_only=True)
class Owed:
    """What the customer is owed, which is no gift: `state` says where it stands ("on its way to your card")."""

    text: str
    amount: Money | None = None
    state: str = ""
    source: str = ""


@attrs.frozen(kw_only=True)
class Answer:
    """One button of an offer: the whole sentence that it says, and the value that it posts under the name `answer`."""

    label: str
    value: str
    style: str = "plain"


@attrs.frozen(kw_only=True)
class Offer:
    """What we would like to give: one offer at a time, with honest ways to take it, swap it or say no.

    Once answered, `answers` is empty and `state` says what was chosen and what happens now.
    """

    text: str
    url: str
    answers: tuple[Answer, ...] = ()
    state: str = ""
    expires_at: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class Piece:
    """A piece of what was said; `link` is where it leads, if anywhere."""

    text: str
    link: str = ""


@attrs.frozen(kw_only=True)
class Said:
    """One message of the conversation, in pieces of which some are links; `ours` when we wrote it."""

    who: str
    pieces: tuple[Piece, ...]
    at: dt.datetime
    ours: bool


MOST_WRITTEN = 5000
"""How many characters a customer may write at once."""


@attrs.frozen(kw_only=True)
class Writing:
    """The way to write back: posts `text` to `url`; `promise` says who reads it and by when they answer."""

    url: str
    title: str
    promise: str
    text: str = ""
    error: str = ""
    most: int = MOST_WRITTEN


@attrs.frozen(kw_only=True)
class CaresItem:
    """One of the five optional questions. `key` is posted with the chosen number 1-7; `rated` is what was chosen."""

    key: str
    question: str
    rated: int | None = None


@attrs.frozen(kw_only=True)
class RatingForm:
    """The score, asked once per delivery: posts `score` 1-7 to `url`, then the five, each on its own, to the same.

    `rated` is the score already given; the five show only then. `error` is one sentence.
    """

    url: str
    rated: int | None = None
    cares: tuple[CaresItem, ...] = ()
    error: str = ""

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven numbers to tap."""
        return tuple(range(1, 8))


@attrs.frozen(kw_only=True)
class Preview:
    """For a member who looks at a customer's page, in the members' language: whose it is, and the way back."""

    label: str
    title: str
    text: str
    back_url: str
    back: str


@attrs.frozen(kw_only=True)
class StatusPage:
    """The letter. `title` says what happened and, where the fault is ours, that it was our mistake.

    `promise` is what comes next, in one sentence with its time; `story` the paragraphs under it; `who` the named
    person; `paused` the reason of a pause and `paused_at` since when; `waited` the pauses that are over; `rating` only
    after delivery; `wrong` what was wrong with their last click where no form of the page says it; `seam` how far the
    steps are, in words; `preview` only where a member looks at it.
    """

    organization: str
    about: str
    title: str
    reader: Reader
    promise: str
    promise_at: dt.datetime | None = None
    story: tuple[str, ...] = ()
    steps: tuple[StepMark, ...] = ()
    seam: str = ""
    done: tuple[Line, ...] = ()
    coming: tuple[Line, ...] = ()
    who: str = ""
    who_line: str = ""
    owed: tuple[Owed, ...] = ()
    offer: Offer | None = None
    paused: str = ""
    paused_at: dt.datetime | None = None
    waited: tuple[Waited, ...] = ()
    conversation: tuple[Said, ...] = ()
    writing: Writing | None = None
    rating: RatingForm | None = None
    staying: Staying | None = None
    closed: str = ""
    notice: str = ""
    wrong: str = ""
    foot: str = ""
    preview: Preview | None = None
    lang: str = "en"


@attrs.frozen(kw_only=True)
class Option:
    """One answer to choose in the report form."""

    value: str
    label: str
    chosen: bool = False


@attrs.frozen(kw_only=True)
class Question:
    """One question of the report form. `kind` is text, email, tel, textarea or radio; `error` says what to do."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    autocomplete: str = ""
    options: tuple[Option, ...] = ()
    maxlength: int | None = None


@attrs.frozen(kw_only=True)
class ReportPage:
    """Where a customer tells of a problem. `trap` is the name of a field that people leave empty and robots fill.

    `about` is the place that they report from, where its sign led them here.
    """

    organization: str
    about: str = ""
    title: str
    lead: str
    url: str
    submit: str
    questions: tuple[Question, ...]
    errors: tuple[str, ...] = ()
    trap: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    lang: str = "en"

    @property
    def wrong(self) -> tuple[Question, ...]:
        """The questions that have an error."""
        return tuple(question for question in self.questions if question.error)


@attrs.frozen(kw_only=True)
class NotePage:
    """A page that says one thing: thanks, an expired link, an error. `next_url` goes on with `next_label`.

    `ask_url` takes a POST that sends a fresh link to the address we already know.
    """

    title: str
    text: str
    organization: str = ""
    details: tuple[str, ...] = ()
    next_url: str = ""
    next_label: str = ""
    ask_url: str = ""
    ask_label: str = ""
    rating: RatingForm | None = None
    reference: str = ""
    lang: str = "en"
