"""One recovery: who, how long, what next, what may be given; and the page that says why."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.clocks import ClockRow
from makegood.console.viewmodels.doubts import DoubtCard
from makegood.console.viewmodels.forms import Field, Form
from makegood.console.viewmodels.helping import HelpPanel
from makegood.console.viewmodels.ledger import PromiseRow
from makegood.console.viewmodels.presence import Others
from makegood.console.viewmodels.shell import (
    Action,
    ClockFace,
    Fact,
    Link,
    ReasonLine,
    StepMark,
    Tag,
    TimelineEntry,
)
from makegood.console.viewmodels.staff_words import DraftWord, SaidWordCard
from makegood.console.viewmodels.staying import CaresPanel, StayPanel, StoryPanel
from makegood.console.viewmodels.today import OrderLine
from makegood.core.money import Money


@attrs.frozen(kw_only=True)
class Finding:
    """What the wording rules want changed: the quoted words, why, and what to say instead (empty: leave it out).

    `must` findings stop the message; the others may be kept, seen. Where nothing is to be said instead, the sentence
    may be left out if it is `removable`. One that `renews` is mended by writing its time anew.
    """

    key: str
    quote: str
    says: str
    suggestion: str = ""
    must: bool = False
    removable: bool = False
    renews: bool = False
    reason: ReasonLine | None = None


@attrs.frozen(kw_only=True)
class MachineHelp:
    """A machine may draft these words: where the button leads, and each fact that would be sent, in words."""

    url: str
    host: str
    sends: tuple[Fact, ...]


@attrs.frozen(kw_only=True)
class MachineWords:
    """A machine drafted these words and nobody has read them: which one, the tick that says so, and the way back."""

    by: str
    read: Field
    back_url: str


@attrs.frozen(kw_only=True)
class MessageDraft:
    """The words to say, and what the rules think of them.

    `send_url` takes the form; `lint_url` answers with the findings of the text typed so far (htmx, a fragment
    `console/parts/findings.html`); `take_url` takes the same form with the pressed finding's key in `take` and answers
    with the page. `channel` says how it travels ("E-mail, in Portuguese"). `keep` is a checkbox asked for when findings
    remain. `hidden` are (name, value) pairs such as the draft's id.
    """

    send_url: str
    lint_url: str
    take_url: str
    text: Field
    subject: Field | None = None
    send_label: str = "Send"
    channel: str = ""
    findings: tuple[Finding, ...] = ()
    elements: tuple[str, ...] = ()
    """The elements of an apology that the text has, in words ("says what went wrong")."""
    missing: tuple[str, ...] = ()
    keep: Field | None = None
    empty: bool = False
    """Whether nothing is written yet but a greeting and a name."""
    unchecked: str = ""
    """What is said where there are no wording rules for the language of the text."""
    words: tuple[DraftWord, ...] = ()
    """The promises that stand in the text."""
    hidden: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    machine: MachineHelp | None = None
    by_machine: MachineWords | None = None

    @property
    def wrong(self) -> tuple[Field, ...]:
        """The fields that have an error."""
        return tuple(field for field in (self.subject, self.text, self.keep) if field and field.error)

    @property
    def refused(self) -> bool:
        """Whether anything is wrong with this form."""
        return bool(self.errors or self.wrong)


@attrs.frozen(kw_only=True)
class NextAction:
    """The one thing to do next: a message to send, or a form to fill, or just a button.

    `say` are words to say aloud, in order; `instead` are other ways ("Call instead").
    """

    title: str
    clock: ClockFace | None = None
    lead: str = ""
    say: tuple[str, ...] = ()
    draft: MessageDraft | None = None
    form: Form | None = None
    action: Action | None = None
    instead: tuple[Action, ...] = ()
    links: tuple[Link, ...] = ()
    call: Form | None = None
    """For recording that they were spoken to by phone, where that answers them."""
    dock_label: str = ""


@attrs.frozen(kw_only=True)
class StepCard:
    """One step in full: what it asks for in this case, and the forms to record or skip it (with a reason).

    `open` shows it opened at once.
    """

    mark: StepMark
    asks: str = ""
    done: Form | None = None
    skip: Form | None = None
    reasons_url: str = ""
    help: HelpPanel | None = None
    open: bool = False

    @property
    def opens(self) -> str:
        """What is found by opening it; "" where there is nothing."""
        if self.skip is not None:
            return "Record it here"
        return "Look" if self.asks or self.reasons_url or self.help or self.done else ""


@attrs.frozen(kw_only=True)
class CustomerCard:
    """Who it happened to, in a glance. `line` is one sentence; `facts` are what it cost and what is good to know."""

    name: str
    url: str
    line: str = ""
    facts: tuple[Fact, ...] = ()
    identify: Form | None = None
    phone_url: str = ""
    status_url: str = ""
    tickets: tuple[Link, ...] = ()
    """Their tickets in helpdesks, each with its page there, where that is known."""
    unreached: str = ""
    """That nobody can reach them, and what to do about it."""
    hand_over: str = ""
    """The whole link of their page, to be handed over where nothing else reaches them."""
    slip_url: str = ""
    """Where that link is printed as a QR code."""
    handed: Form | None = None
    """For recording that they were given it."""
    orders: tuple[OrderLine, ...] = ()
    """The orders that it is about, else those that their letters name."""
    orders_label: str = ""


@attrs.frozen(kw_only=True)
class OwedCard:
    """What is owed by law, contract or guarantee: not a favour. `state` says where it stands ("paid today 09:05")."""

    title: str
    amount: Money | None
    state: str
    source: str
    why_url: str = ""
    done: bool = False
    action: Action | None = None


@attrs.frozen(kw_only=True)
class OfferCard:
    """One extra that may be given: what it costs us, why it fits; `act` offers it, or asks above the limit.

    `value` is what it is worth to the customer, where that is another amount than it costs us.
    """

    title: str
    cost: Money
    why: str
    value: Money | None = None
    act: Action | None = None
    needs: str = ""
    """What stands in the way, where something does ("above your limit: Joris answers in 6 min on average")."""
    reason: ReasonLine | None = None
    best: bool = False


@attrs.frozen(kw_only=True)
class GivenRow:
    """A make-good already offered: offered is not delivered."""

    title: str
    amount: Money | None
    state: str
    tone: str = "plain"
    actions: tuple[Action, ...] = ()


@attrs.frozen(kw_only=True)
class Giving:
    """What you may give: owed first, then offers, then what was given; what is left of the limit and the budget."""

    owed: tuple[OwedCard, ...] = ()
    offers: tuple[OfferCard, ...] = ()
    given: tuple[GivenRow, ...] = ()
    limit: Money | None = None
    limit_left: Money | None = None
    budget: Money | None = None
    budget_left: Money | None = None
    budget_name: str = ""
    bounds: tuple[str, ...] = ()
    """What limits over the recovery and the customer leave, a sentence each."""
    ask: Form | None = None
    asked: tuple[AskedCard, ...] = ()
    none_because: str = ""


@attrs.frozen(kw_only=True)
class ApprovePage:
    """What a colleague asks, for whoever may say yes; `done` once it is answered."""

    title: str
    lead: str
    facts: tuple[Fact, ...]
    yes: Action | None = None
    no: Action | None = None
    more: Link | None = None
    done: bool = False


@attrs.frozen(kw_only=True)
class AskedCard:
    """An extra that waits for a colleague's yes: whom it was asked of; who may answer does so here."""

    title: str
    cost: Money
    said: str
    yes: Action | None = None
    no: Action | None = None


@attrs.frozen(kw_only=True)
class MissingItem:
    """What keeps a recovery from closing, and where to do it. What is `idle` asks nothing here: it is only said."""

    text: str
    url: str
    met: bool = False
    idle: bool = False


@attrs.frozen(kw_only=True)
class ClosePanel:
    """What closing asks for. `close` is there once nothing is missing; `by_manager` closes with a written reason."""

    items: tuple[MissingItem, ...]
    close: Action | None = None
    by_manager: Form | None = None


@attrs.frozen(kw_only=True)
class CauseChooser:
    """Why it happened: what is linked, and the form to link or change it."""

    current: str = ""
    current_url: str = ""
    form: Form | None = None
    decision: str = ""
    fault_ask: str = ""
    fault_change: Action | None = None
    """What to do where the cause speaks of another fault than what the customer is told."""


@attrs.frozen(kw_only=True)
class FollowUpRow:
    """One contact that stays after the fix. `state` is planned, done, missed or cancelled with a word."""

    at: dt.datetime
    text: str
    state: str = "planned"
    form: Form | None = None


@attrs.frozen(kw_only=True)
class PauseClock:
    """The clock's pause: the form to pause it (a reason the customer reads), or the way to run again."""

    form: Form | None = None
    resume: Action | None = None
    since_at: dt.datetime | None = None
    because: str = ""


@attrs.frozen(kw_only=True)
class Exchange:
    """The ways to change hands: to a person, or to whom the rules choose."""

    owner: str
    form: Form | None = None
    take: Action | None = None


@attrs.frozen(kw_only=True)
class RecoveryPage:
    """The case. `title` is a sentence with the customer's name in it; `kind` the short line above it.

    `clock` is the one to made good; `over` says how it ended, for a closed one.
    """

    code: str
    title: str
    kind: str
    clock: ClockFace
    steps: tuple[StepMark, ...]
    customer: CustomerCard
    tags: tuple[Tag, ...] = ()
    next: NextAction | None = None
    help: HelpPanel | None = None
    """What helps with the step that is due."""
    step_cards: tuple[StepCard, ...] = ()
    promises: tuple[PromiseRow, ...] = ()
    promise_form: Form | None = None
    said: tuple[SaidWordCard, ...] = ()
    """What members said that they will do, and that waits for a person."""
    doubts: tuple[DoubtCard, ...] = ()
    """What may be owed by law and is not decided."""
    giving: Giving | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    note_form: Form | None = None
    closing: ClosePanel | None = None
    cause: CauseChooser | None = None
    follow_ups: tuple[FollowUpRow, ...] = ()
    follow_up_note: str = ""
    exchange: Exchange | None = None
    pause: PauseClock | None = None
    grave: Form | None = None
    """For saying how grave it is."""
    others: Others | None = None
    clocks: tuple[ClockRow, ...] = ()
    incident: Link | None = None
    score: str = ""
    over: str = ""
    cares: CaresPanel | None = None
    stay: StayPanel | None = None
    story: StoryPanel | None = None
    test_end: Action | None = None
    """Ends the test that it is."""


@attrs.frozen(kw_only=True)
class WhyPage:
    """Why a gate, an owner or an amount is what it is."""

    title: str
    decision: str
    reasons: tuple[ReasonLine, ...]
    inputs: tuple[Fact, ...] = ()
    back: Link
