"""What goes in and out of the API: strict shapes, so that a misspelt name or a wrong type is refused, not guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, StrictBool, StrictInt, StrictStr, WithJsonSchema

from makegood.core.money import Money
from makegood.failures.models import FAULTS, LOSSES
from makegood.failures.operations import KINDS
from makegood.recoveries.models import STEPS

LARGEST_ID = 2**63 - 1


def _plain(text: str) -> str:
    text = text.strip()
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("holds a character that is none")
    return text


def _filled(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def read_moment(value: object) -> datetime:
    """Return the moment that an ISO 8601 text with an offset names, in UTC.

    Raises ValueError.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-11-22") else None
        utc = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None:
        raise ValueError("must be an ISO 8601 time with an offset, such as 2026-11-22T09:00:00Z")
    if not 1990 <= utc.year <= 2200:
        raise ValueError("must lie between the years 1990 and 2200")
    return utc


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; use one such as Europe/Lisbon")
    return name


def _text(longest: int, *, filled: bool = False) -> Any:
    """Return the type of a text of at most so many characters."""
    checks = (AfterValidator(_plain), AfterValidator(_filled)) if filled else (AfterValidator(_plain),)
    return Annotated[(StrictStr, Field(min_length=1 if filled else 0, max_length=longest), *checks)]


Moment = Annotated[datetime, BeforeValidator(read_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Zone = Annotated[StrictStr, Field(max_length=60, examples=["Europe/Lisbon"]), AfterValidator(_zone)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
BodyId = Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]
Code = _text(60, filled=True)
Reference = _text(120, filled=True)
Title = _text(120, filled=True)
Kind = _text(30, filled=True)
What = _text(160, filled=True)
Note = _text(4000, filled=True)
Text10, Text40, Text60, Text120, Text160, Text200, Text300, Text320 = map(_text, (10, 40, 60, 120, 160, 200, 300, 320))


class In(Schema):
    """What is sent: names that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


class MoneyIn(In):
    """An amount in the currency's smallest unit."""

    minor: Annotated[StrictInt, Field(ge=0, lt=10**15)]
    currency: Annotated[StrictStr, Field(pattern="^[A-Z]{3}$")]


class CustomerIn(In):
    """A customer by at least one identity; a new one is made where none is known by any of them."""

    email: Text320 = ""
    phone: Text320 = ""
    loyalty: Text320 = ""
    order: Text320 = ""
    handle: Text320 = ""
    token: Text320 = ""
    name: Text200 = ""
    language: Text10 = ""
    zone: Zone = ""


class PromiseIn(In):
    """A promise as its source makes it; the same source and reference name the same promise."""

    source: Code
    reference: Reference
    customer: CustomerIn
    due_at: Moment
    made_at: Moment | None = None
    kind: Text40 = "delivery"
    what: Text160 = ""
    purchase: Text120 = ""
    visit: Text120 = ""
    place: Text60 = ""
    product: Text60 = ""
    partner: Text60 = ""
    value: MoneyIn | None = None


class HappenedIn(In):
    """Word of a promise: when it happened, now if nothing is said."""

    happened_at: Moment | None = None


class ChangeIn(HappenedIn):
    """A new due time; `agreed` says that the customer agreed to it."""

    due_at: Moment
    agreed: StrictBool = False


class ExpectIn(HappenedIn):
    """When it is now expected to be kept; later than due, the promise is at risk."""

    expected_at: Moment


class PromiseState(Schema):
    """Where a promise stands."""

    id: int
    state: Literal["open", "kept", "broken", "released"]
    due_at: datetime
    first_due_at: datetime
    expected_at: datetime | None
    fulfilled_at: datetime | None
    settled_at: datetime | None


class MoneyOut(Schema):
    """An amount in the currency's smallest unit."""

    minor: int
    currency: str


def money_out(minor: int | None, currency: str) -> dict[str, Any] | None:
    """Return an amount as the API shows it."""
    return None if minor is None else {"minor": minor, "currency": currency}


def money_shown(money: Money | None) -> dict[str, Any] | None:
    """Return an amount as the API shows it."""
    return None if money is None else {"minor": money.minor, "currency": money.currency}


class PromiseOut(PromiseState):
    """A promise."""

    source: str
    kind: str
    what: str
    customer_id: int
    place: str
    made_at: datetime
    value: MoneyOut | None


class FailureIn(In):
    """A report that a customer was failed."""

    customer: CustomerIn
    kind: Literal[KINDS]
    loss: Literal[LOSSES]
    what: What
    happened_at: Moment
    fault: Literal[FAULTS] = "unknown"
    severity: Annotated[StrictInt, Field(ge=1, le=4)] = 2
    place: Text60 = ""
    price: MoneyIn | None = None
    kept_service: StrictBool | None = None
    found_by_us: StrictBool = False


class FailureState(Schema):
    """What became of a report: the gate's decision, and the recovery that it opened or joined, if any."""

    id: int
    gate: Literal["waiting", "contact", "quiet", "review"]
    gate_at: datetime
    recovery_id: int | None


class ReasonOut(Schema):
    """Why something was decided so."""

    rule: str
    text: str
    evidence: str | None = None
    grade: str | None = None


class FailureOut(FailureState):
    """A failure with the gate's reasons."""

    kind: str
    loss: str
    fault: str
    severity: int
    what: str
    customer_id: int
    promise_id: int | None
    incident_id: int | None
    cause_id: int | None
    price: MoneyOut | None
    found_by_us: bool
    happened_at: datetime
    detected_at: datetime
    complained_at: datetime | None
    withdrawn_at: datetime | None
    gate_reasons: list[ReasonOut]


class RecoveryLine(Schema):
    """A recovery in a list."""

    id: int
    number: int
    state: Literal["open", "closed", "withdrawn"]
    customer_id: int
    owner_id: int
    kind: str
    severity: int
    opened_at: datetime
    due_at: datetime
    next_step: str
    next_due_at: datetime
    closed_at: datetime | None
    version: int
    shadow: bool


class StepOut(Schema):
    """One of the seven steps."""

    step: str
    state: str
    overdue: bool
    due_at: datetime | None
    done_at: datetime | None
    note: str


class ClockOut(Schema):
    """One running target."""

    target: str
    state: str
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None


class MakeGoodOut(Schema):
    """One remedy."""

    id: int
    part: str
    title: str
    form: str
    value: MoneyOut
    state: str


class RecoveryOut(RecoveryLine):
    """A recovery in full."""

    owner: str
    owner_reasons: list[ReasonOut]
    price: MoneyOut | None
    expected_loss: MoneyOut | None
    failure_ids: list[int]
    steps: list[StepOut]
    clocks: list[ClockOut]
    makegoods: list[MakeGoodOut]


class NoteIn(In):
    """What a member notes on a recovery; only staff see it."""

    by: BodyId
    text: Note


class StepIn(In):
    """That a member did a step. With `version`, only if the recovery still has the one that was read.

    `anyway` is a manager's reason to record it though its checklist or form is not done.
    """

    by: BodyId
    note: Text300 = ""
    anyway: Text200 = ""
    version: Annotated[StrictInt, Field(ge=1, le=2_147_483_647)] | None = None


class RecoveryState(Schema):
    """Where a recovery stands after a change."""

    id: int
    state: str
    next_step: str
    version: int


class MessageOut(Schema):
    """Something said, in or out."""

    id: int
    direction: Literal["in", "out"]
    channel: str
    kind: str
    state: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None


class ReceivedOut(Schema):
    """What became of a mail: the message, and the recovery that it belongs to, if it answers one."""

    message_id: int
    recovery_id: int | None
    kind: Literal["person", "auto-reply", "bounce", "list"]
    new: bool


class IdentityOut(Schema):
    """One way in which a customer is known."""

    kind: str
    value: str


class CustomerOut(Schema):
    """A customer."""

    id: int
    name: str
    language: str
    zone: str
    identities: list[IdentityOut]
    purchases: int
    first_purchase_at: datetime | None
    created_at: datetime
    erased_at: datetime | None


class Made(Schema):
    """The id of what was made, or found."""

    id: int


class PurchaseIn(In):
    """A purchase as its source tells it."""

    source: Code
    reference: Reference
    customer: CustomerIn
    placed_at: Moment
    total: MoneyIn
    what: Text120 = ""
    place: Text60 = ""


class PlaceIn(In):
    """A place; the same code names the same place, which is then brought up to date."""

    code: Code
    name: Title
    kind: Kind = "store"
    parent: Text60 = ""
    zone: Zone = ""


class PlaceOut(Schema):
    """A place."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    zone: str


class AcceptedOut(Schema):
    """How many events were new, and how many had been taken before."""

    new: int
    known: int


class ProblemOut(Schema):
    """RFC 9457: what is wrong, in one sentence that says what to do."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[dict[str, Any]] | None = None


class Promises(Schema):
    """A page."""

    items: list[PromiseOut]
    next: str | None


class Failures(Schema):
    """A page."""

    items: list[FailureOut]
    next: str | None


class Recoveries(Schema):
    """A page."""

    items: list[RecoveryLine]
    next: str | None


class Customers(Schema):
    """A page."""

    items: list[CustomerOut]
    next: str | None


class Places(Schema):
    """A page."""

    items: list[PlaceOut]
    next: str | None


STEP_NAMES = Literal[STEPS]
