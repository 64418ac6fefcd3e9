"""The customer's page as a letter: what happened, who is on it, what comes and when, what is owed and offered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import attrs
from babel.numbers import format_currency
from django.urls import reverse

from makegood.core.money import EXPONENTS, Money
from makegood.core.names import first_name
from makegood.core.scores import CARES
from makegood.core.steps import FACES, Step
from makegood.customers.queries import CustomerFacts
from makegood.makegoods.offering import EXPIRE_AFTER
from makegood.makegoods.queries import Gift, MakeGoodRow
from makegood.messages.queries import MessageRow
from makegood.organizations.queries import OrganizationFacts
from makegood.public.viewmodels import (
    Answer,
    CaresItem,
    Line,
    Offer,
    Owed,
    RatingForm,
    Reader,
    Said,
    StatusPage,
    StepMark,
    Waited,
    Writing,
)
from makegood.recoveries.queries import Case, FailureLine, PauseLine

QUESTIONS = {
    "communication": "Did we tell you clearly what was happening?",
    "accountability": "Did we own up to it?",
    "responsiveness": "Were we quick enough?",
    "empathy": "Did we understand what it meant for you?",
    "solution": "Did it put things right?",
}
DONE = {
    "apologise": "We said sorry",
    "fix": "What went wrong is put right",
    "respond": "We answered you",
    "make_good": "We made it good",
    "improve": "We know why it happened",
    "communicate": "We told you how it ended",
    "stay": "We looked in on you",
}
COMING = {
    "apologise": "A person writes to you",
    "fix": "We put right what went wrong",
    "respond": "We answer you",
    "make_good": "We make it good",
    "improve": "We find out why it happened",
    "communicate": "We tell you how it ended",
    "stay": "We look in on you",
}
NEXT = {
    "decide": "We are looking into it, and tell you what we find.",
    "apologise": "A person is on it, and writes to you by",
    "fix": "We are putting it right. It is done by",
    "respond": "We answer you by",
    "make_good": "It is put right. What makes it good comes by",
    "improve": "It is put right, and we are finding out why it happened.",
    "communicate": "It is put right, and we tell you how it ended by",
    "stay": "It is put right. We look in on you later.",
    "done": "It is put right.",
}
WAITS = {
    "customer": "we wait for your answer.",
    "third_party": "we wait for somebody who works with us.",
    "incident": "we first mend what hit many customers at once.",
    "other": "we wait for something that is not in our hands.",
}
WAITED = {
    "customer": "We waited for your answer",
    "third_party": "We waited for somebody who works with us",
    "incident": "We first mended what hit many customers at once",
    "other": "We waited for something that was not in our hands",
}
WAITING = "It stands still for now. You hear from us again by"
STILL = "It stands still for now, and goes on as soon as that is over."
OWED = {"accepted": "On its way to you.", "delivered": "Paid.", "withdrawn": "No longer owed."}
ANSWERED = {
    "accepted": "You said yes. It is on its way.",
    "delivered": "You have it.",
    "declined": "You said no, thank you. Nothing else changes.",
    "expired": "This offer has ended.",
}


@attrs.frozen(kw_only=True)
class Letter:
    """Everything that the letter is written from."""

    organization: OrganizationFacts
    customer: CustomerFacts
    case: Case
    makegoods: Sequence[MakeGoodRow]
    swaps: Sequence[Gift]
    messages: Sequence[MessageRow]
    may_rate: bool
    signed: str
    now: datetime
    locale: str
    notice: str = ""
    text: str = ""
    error: str = ""
    rating_error: str = ""


def status_page(letter: Letter) -> StatusPage:
    """This function will write the letter."""
    case, organization = letter.case, letter.organization
    open_now = case.state == "open"
    zone = letter.customer.zone or organization.zone
    paused = next((one for one in case.pauses if one.to_at is None), None) if open_now else None
    next_line, next_at = _next(case, paused)
    return StatusPage(
        organization=organization.name,
        about=f"R-{case.number}",
        title=_title(letter),
        reader=Reader(now=letter.now, zone=zone, locale=letter.locale),
        promise=next_line if case.state != "withdrawn" else "It turned out that nothing went wrong.",
        promise_at=next_at,
        story=(case.fix + ".",) if open_now and case.fix and case.next_step in ("apologise", "fix") else (),
        steps=_steps(case),
        done=tuple(
            Line(text=DONE[one.step], at=one.done_at) for one in case.steps if one.state == "done" and one.step in DONE
        ),
        coming=_coming(case, timed=paused is None) if open_now else (),
        who=case.owner if open_now else "",
        who_line="looks after this, from start to end." if open_now else "",
        owed=tuple(
            Owed(text=row.title, amount=row.value, state=OWED.get(row.state, ""), source=row.rule)
            for row in letter.makegoods
            if row.part == "floor"
        ),
        offer=_offer(letter),
        paused=_waits(paused) if paused else "",
        paused_at=paused.from_at if paused else None,
        waited=tuple(
            Waited(text=WAITED[one.reason], from_at=one.from_at, to_at=one.to_at)
            for one in case.pauses
            if one.to_at is not None
        ),
        conversation=tuple(_said(one, letter) for one in letter.messages[-12:]),
        writing=Writing(
            url=reverse("status-write", args=[letter.signed]),
            title=f"Write to {case.owner.split()[0] if case.owner else organization.name}",
            promise="A person reads this and answers.",
            text=letter.text,
            error=letter.error,
        ),
        rating=_rating(letter),
        notice=letter.notice,
        foot=f"{organization.name} keeps this page for you. It sells nothing.",
        lang=organization.language[:2] or "en",
    )


def _next(case: Case, paused: PauseLine | None) -> tuple[str, datetime | None]:
    """What comes next and by when; while it stands still, by when they have word from us."""
    if case.state != "open":
        return "It is put right, and closed.", None
    said = NEXT.get(case.next_step, "We are on it.")
    if not said.endswith("by"):
        return said, None
    if paused is None:
        return said, case.next_due_at
    word = next((one for one in case.clocks if one.target == "update" and one.state == "running"), None)
    return (WAITING, word.due_at) if word else (STILL, None)


def _waits(paused: PauseLine) -> str:
    """Why it stands still: the reason, and what the colleague who paused it wrote of it."""
    note = paused.note.strip()
    return f"{WAITS[paused.reason]} {note}" if note else WAITS[paused.reason]


def _title(letter: Letter) -> str:
    case = letter.case
    first = first_name(name=letter.customer.name)
    failure = case.failures[0] if case.failures else None
    said = _what(failure)
    sentence = f"{first}, {said}" if first else said[:1].upper() + said[1:]
    return f"{sentence} That was our mistake." if case.fault == "ours" else sentence


def _what(failure: FailureLine | None) -> str:
    what = (failure.what if failure else "").strip().rstrip(".")
    if failure is not None and failure.promise_id is not None:
        return f"what we promised you did not come in time: {what}." if what else "we did not keep our promise to you."
    if not what:
        return "something went wrong."
    return f"we know what went wrong: “{what}”."


def _steps(case: Case) -> tuple[StepMark, ...]:
    marks = []
    for one in case.steps:
        state = "done" if one.state in ("done", "skipped") else "todo"
        if state == "todo" and one.step == case.next_step and case.state == "open":
            state = "now"
        marks.append(StepMark(key=one.step, name=FACES[Step(one.step)].title, state=state))
    return tuple(marks)


def _coming(case: Case, *, timed: bool) -> tuple[Line, ...]:
    todo = [
        one for one in case.steps if one.state in ("todo", "overdue") and one.step in ("apologise", "fix", "make_good")
    ]
    return tuple(Line(text=COMING[one.step], at=one.due_at if timed and not one.overdue else None) for one in todo)


def _amount(money: Money, locale: str) -> str:
    places = EXPONENTS.get(money.currency, 2)
    return format_currency(Decimal(money.minor).scaleb(-places), money.currency, locale=locale)


def _offer(letter: Letter) -> Offer | None:
    rows = [row for row in letter.makegoods if row.part == "extra" and row.state != "swapped"]
    if not rows:
        return None
    row = next((one for one in rows if one.state == "offered"), rows[-1])
    url = reverse("status-answer", args=[letter.signed])
    worth = f", worth {_amount(row.value, letter.locale)}" if row.value.minor else ""
    text = f"We would like to give you: {row.title[:1].lower() + row.title[1:]}{worth}."
    if row.state != "offered":
        return Offer(text=text, url=url, state=ANSWERED.get(row.state, ""))
    swaps = tuple(
        Answer(
            label=f"I would rather have: {gift.title[:1].lower() + gift.title[1:]}",
            value=f"swap:{row.id}:{gift.remedy}",
        )
        for gift in letter.swaps
        if gift.remedy != row.remedy
    )
    return Offer(
        text=text,
        url=url,
        answers=(
            Answer(label="Yes, please", value=f"accept:{row.id}", style="go"),
            *swaps[:2],
            Answer(label="No, thank you", value=f"decline:{row.id}"),
        ),
        expires_at=_ends_at(row),
    )


def _ends_at(row: MakeGoodRow) -> datetime | None:
    """When an offer ends: its next moment is the one reminder, and after that its end."""
    if row.next_at is None or row.reminded_at is not None:
        return row.next_at
    return row.next_at + EXPIRE_AFTER


def _said(message: MessageRow, letter: Letter) -> Said:
    ours = message.direction == "out"
    return Said(
        who=letter.organization.name if ours else "You",
        text=message.body.strip(),
        at=message.sent_at or message.created_at,
        ours=ours,
    )


def _rating(letter: Letter) -> RatingForm | None:
    url = reverse("status-rate", args=[letter.signed])
    if letter.may_rate:
        return RatingForm(url=url, error=letter.rating_error)
    answered = [one for one in letter.case.ratings if one.score is not None]
    if not answered:
        return None
    last = answered[-1]
    return RatingForm(
        url=url,
        rated=last.score,
        error=letter.rating_error,
        cares=tuple(CaresItem(key=key, question=QUESTIONS[key], rated=last.cares.get(key)) for key in CARES),
    )
