"""The shapes in which one recovery is read: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from makegood.core.clock_account import Account
from makegood.core.money import Money
from makegood.core.steps import CloseDecision
from makegood.makegoods.doubts import DoubtFacts
from makegood.messages.settling import LEFT

WORDS = ("acknowledge", "respond", "update")
"""The clocks by which the customer has word from us."""


@attrs.frozen(kw_only=True, slots=True)
class StepLine:
    """One step; `overdue` also where its time has passed and no clock told so."""

    step: str
    state: str
    send: str
    due_at: datetime | None
    done_at: datetime | None
    done_by_id: int | None
    note: str
    overdue: bool
    told: str = ""


@attrs.frozen(kw_only=True, slots=True)
class ClockLine:
    """One clock: running, paused, met, missed or ended."""

    target: str
    state: str
    started_at: datetime
    minutes: int
    due_at: datetime | None
    warn_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    escalations: int
    acknowledged_by_id: int | None


@attrs.frozen(kw_only=True, slots=True)
class OrderOf:
    """The purchase that a failure is of: its number as its source wrote it, where and when; its promise, the first."""

    reference: str
    what: str
    place_id: int | None
    place: str
    at: datetime
    promise_id: int | None


@attrs.frozen(kw_only=True, slots=True)
class FailureLine:
    """One failure that this recovery puts right."""

    id: int
    kind: str
    loss: str
    fault: str
    severity: int
    what: str
    happened_at: datetime
    detected_at: datetime
    complained_at: datetime | None
    withdrawn_at: datetime | None
    found_by_us: bool
    told_by_customer: bool
    gate: str
    gate_reasons: tuple[Mapping[str, Any], ...]
    price: Money | None
    kept_service: bool | None
    cause_id: int | None
    promise_id: int | None
    purchase_id: int | None
    charge_id: int | None
    watched: bool
    """It is a shadow's: its source only watched, and nothing leaves for it."""
    order: OrderOf | None = None


@attrs.frozen(kw_only=True, slots=True)
class MessageLine:
    """Something said, in or out, with what the wording rules found; `leaves_at` is when it goes, while it is queued.

    `next_by_at` is by when its words, as they were begun, promise the next ones.
    `held` says that it waits for the yes or no to a proposed incident; `trouble` is what went wrong with one that
    failed or may not have left. `machine` names what drafted the words, where it was no person. `through` names the
    ticket of a helpdesk that it went out through.
    """

    id: int
    direction: str
    channel: str
    kind: str
    step: str
    state: str
    subject: str
    body: str
    findings: tuple[Any, ...]
    author_id: int | None
    created_at: datetime
    sent_at: datetime | None
    leaves_at: datetime | None
    held: bool
    trouble: str = ""
    through: str = ""
    next_by_at: datetime | None = None
    machine: str = ""
    machine_read: bool = False


@attrs.frozen(kw_only=True, slots=True)
class MakeGoodLine:
    """One remedy: floor (owed), fix or extra."""

    id: int
    failure_id: int
    part: str
    remedy: str
    title: str
    form: str
    value: Money
    cost: Money
    rule: str
    reasons: tuple[Mapping[str, Any], ...]
    state: str
    offered_at: datetime
    due_at: datetime | None
    settled_at: datetime | None
    offered_by_id: int | None


@attrs.frozen(kw_only=True, slots=True)
class FollowUpLine:
    """One contact or check after the make-good."""

    id: int
    position: int
    action: str
    due_at: datetime
    state: str
    done_at: datetime | None
    outcome: str


@attrs.frozen(kw_only=True, slots=True)
class RatingLine:
    """What the customer thought of one delivery; no score yet is unknown."""

    id: int
    makegood_id: int | None
    asked_at: datetime
    answered_at: datetime | None
    score: int | None
    cares: Mapping[str, int]


@attrs.frozen(kw_only=True, slots=True)
class PauseLine:
    """A time that did not count."""

    reason: str
    note: str
    from_at: datetime
    to_at: datetime | None
    by_id: int


@attrs.frozen(kw_only=True, slots=True)
class TimelineLine:
    """One entry of the journal about this recovery, or about what was given in it."""

    at: datetime
    event: str
    actor_id: int | None
    data: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Case:
    """One recovery in full. `fix` is what puts it right, by the playbook that it froze; `language` the customer's."""

    id: int
    number: int
    version: int
    state: str
    review: bool
    customer_id: int
    customer: str
    token_customer: bool
    owner_id: int
    owner: str
    owner_tier: int
    owner_reasons: tuple[Mapping[str, Any], ...]
    place: str
    place_id: int | None
    incident_id: int | None
    incident: str
    thread_id: int
    thread_token: str
    playbook: str
    playbook_version: int
    fix: str
    group: str
    kind: str
    loss: str
    fault: str
    severity: int
    clock_from: datetime
    opened_at: datetime
    due_at: datetime
    next_step: str
    next_due_at: datetime
    price: Money | None
    expected_loss: Money | None
    returned: str
    closed_at: datetime | None
    close_reason: str
    close_note: str
    failures: tuple[FailureLine, ...]
    steps: tuple[StepLine, ...]
    clocks: tuple[ClockLine, ...]
    messages: tuple[MessageLine, ...]
    makegoods: tuple[MakeGoodLine, ...]
    follow_ups: tuple[FollowUpLine, ...]
    ratings: tuple[RatingLine, ...]
    pauses: tuple[PauseLine, ...]
    timeline: tuple[TimelineLine, ...]
    gifts: tuple[TimelineLine, ...]
    """What was offered, accepted, handed over; the title of each stands in the data."""
    closing: CloseDecision | None
    unanswered_at: datetime | None = None
    """Since when what the customer wrote waits for an answer; None where nothing does."""
    failed_score: int | None = None
    """The score under 4 that opened it again and that nobody has answered yet."""
    word_at: datetime | None = None
    language: str = ""
    """By when a member promised the customer a call or a message that is still to come."""
    soonest: str = ""
    soonest_at: datetime | None = None
    """The clock or step that is due first, and when, as lists show it."""
    doubts: tuple[DoubtFacts, ...] = ()
    """What may be owed by law and is not decided, since a fact is lacking."""
    link_at: datetime | None = None
    """Since when the customer is known to have the link of their page."""
    tickets: tuple[tuple[str, str], ...] = ()
    """The tickets of helpdesks that it is: how each is called, and its page there, where that is known."""
    test: bool = False
    """Whether it is a test failure's, walked by who sent it."""

    @property
    def words_due(self) -> dict[str, datetime]:
        """By when the customer is to have word from us: by the clocks that wait for it, and as a member promised."""
        due = {
            one.target: one.due_at
            for one in self.clocks
            if one.target in WORDS and one.met_at is None and one.state in ("running", "missed") and one.due_at
        }
        return due | ({"promised": self.word_at} if self.word_at else {})

    @property
    def shadow(self) -> bool:
        """Whether it is a shadow: all of it is worked out, and nothing of it reaches anybody."""
        return bool(self.failures) and all(one.watched for one in self.failures)

    @property
    def waiting(self) -> frozenset[str]:
        """The kinds of messages that stand on the page of a customer who does not have its link."""
        return frozenset(
            one.kind
            for one in self.messages
            if self.link_at is None and one.direction == "out" and one.channel == "status" and one.state in LEFT
        )


@attrs.frozen(kw_only=True)
class ClockWhy:
    """Why a clock says what it says: its deadline reckoned anew, the reasons, and what was journalled about it.

    `account` takes it apart into pieces that re-add to the deadline.
    """

    clock: ClockLine
    account: Account
    due_at: datetime | None
    reasons: tuple[Mapping[str, Any], ...]
    history: tuple[TimelineLine, ...]
