"""The customer's page as a letter: what happened, who is on it, what comes and when, what is owed and offered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import attrs
from django.urls import reverse

from makegood.core.names import first_name
from makegood.core.scores import CARES
from makegood.core.steps import FACES, UNDONE
from makegood.customers.queries import CustomerFacts
from makegood.makegoods.offering import EXPIRE_AFTER
from makegood.makegoods.queries import Gift, MakeGoodRow
from makegood.makegoods.repaying import REPAYMENT
from makegood.messages.queries import MessageRow
from makegood.organizations.queries import OrganizationFacts
from makegood.public.staying import Staying
from makegood.public.viewmodels import (
    Answer,
    CaresItem,
    Line,
    Offer,
    Owed,
    Piece,
    RatingForm,
    Reader,
    Said,
    StatusPage,
    StepMark,
    Waited,
    Writing,
)
from makegood.recoveries.queries import Case, FailureLine, PauseLine, StepLine
from makegood.recoveries.words import failed, fixed
from makegood.rules.phrases import amount, fix_told, in_sentence, phrase, shipped

TIMED = ("apologise", "fix", "respond", "make_good", "communicate")
"""The next steps that are told with the moment by which they are done."""
NEXT = ("decide", *TIMED, "improve", "stay", "done")
OWED = ("accepted", "delivered", "withdrawn")
ANSWERED = ("accepted", "delivered", "declined", "expired")
MENDED = ("done", "skipped")
ENDED = re.compile(r"[ \t]*(?:\n|\Z)")
"""What follows an address that ends its line."""


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
    language: str
    locale: str
    notice: str = ""
    text: str = ""
    wrong: str = ""
    wrong_in: str = ""
    """The form that was sent wrongly: writing or rating; "" is none of these, or one that is not on the page."""
    staying: Staying | None = None

    def says(self, name: str, /, **facts: object) -> str:
        """One phrase in the customer's language."""
        return phrase(name, language=self.language, **facts)


def status_page(letter: Letter) -> StatusPage:
    """This function will write the letter."""
    case, organization, says = letter.case, letter.organization, letter.says
    open_now = case.state == "open"
    zone = letter.customer.zone or organization.zone
    paused = next((one for one in case.pauses if one.to_at is None), None) if open_now else None
    next_name, next_at = next_word(case, paused, now=letter.now)
    steps, rating = _steps(letter), _rating(letter)
    return StatusPage(
        organization=organization.name,
        about=f"R-{case.number}",
        title=_title(letter),
        reader=Reader(now=letter.now, zone=zone, locale=letter.locale),
        promise=says(next_name),
        promise_at=next_at,
        story=_story(letter) if open_now else (),
        steps=steps,
        seam=_seam(letter, steps),
        done=_done(letter),
        coming=_coming(letter, next_at, timed=paused is None) if open_now else (),
        who=case.owner if open_now else "",
        who_line=says("who") if open_now else "",
        owed=tuple(
            Owed(
                text=says("owed.repaid") if row.part == "fix" else shipped(row.title, language=letter.language),
                amount=row.value,
                state=says(f"owed.{row.state}") if row.state in OWED else "",
                source=row.rule,
            )
            for row in letter.makegoods
            if row.part == "floor" or row.remedy == REPAYMENT
        ),
        offer=_offer(letter),
        paused=_waits(letter, paused) if paused else "",
        paused_at=paused.from_at if paused else None,
        waited=tuple(
            Waited(text=says(f"waited.{one.reason}"), from_at=one.from_at, to_at=one.to_at)
            for one in case.pauses
            if one.to_at is not None
        ),
        conversation=tuple(_said(one, letter) for one in letter.messages[-12:]),
        writing=Writing(
            url=reverse("status-write", args=[letter.signed]),
            title=says("write", name=case.owner.split()[0] if case.owner else organization.name),
            promise=says("write.promise"),
            text=letter.text,
            error=letter.wrong if letter.wrong_in == "writing" else "",
        ),
        rating=rating,
        staying=letter.staying,
        notice=letter.notice,
        wrong="" if letter.wrong_in == "writing" or (letter.wrong_in == "rating" and rating) else letter.wrong,
        foot=says("foot", organization=organization.name),
        lang=letter.language,
    )


def next_word(case: Case, paused: PauseLine | None, *, now: datetime) -> tuple[str, datetime | None]:
    """The name of the phrase that says what comes next, and by when: the earliest word that they were promised.

    What they wrote comes before all else; who asked nothing gets no answer, but hears from us. Where a promised word is
    past, it says so, and when the next one comes.
    """
    if case.state != "open":
        return "next.withdrawn" if case.state == "withdrawn" else "next.closed", None
    plain = f"next.{case.next_step}" if case.next_step in NEXT else "next.other"
    if case.next_step == "respond":
        plain = "next.word"
    if case.next_step == "decide":
        return plain, None
    words = case.words_due
    promised = list(words.values())
    if case.next_step == "respond" and not promised:
        return "next.other", None
    if paused is None and case.next_step in TIMED and case.next_step != "respond":
        promised.append(case.next_due_at)
    if any(at < now for at in promised):
        return _late([at for at in words.values() if at >= now])
    if "respond" in words:
        return "next.respond", min(words.values())
    if paused is not None:
        return ("next.waiting", min(words.values())) if words else ("next.still", None)
    if case.next_step not in TIMED:
        return plain, None
    soonest = min(promised)
    return (plain if soonest == case.next_due_at or case.next_step == "apologise" else "next.word"), soonest


def _late(to_come: Sequence[datetime]) -> tuple[str, datetime | None]:
    return ("next.late", min(to_come)) if to_come else ("next.late.still", None)


def _waits(letter: Letter, paused: PauseLine) -> str:
    """Why it stands still: the reason, and what the colleague who paused it wrote of it."""
    return " ".join(part for part in (letter.says(f"paused.{paused.reason}"), paused.note.strip()) if part)


def _story(letter: Letter) -> tuple[str, ...]:
    case = letter.case
    if not case.fix or case.next_step not in ("apologise", "fix"):
        return ()
    if any(one.step == "fix" and one.state not in UNDONE for one in case.steps):
        return ()
    return (fix_told(case.fix, language=letter.language) + ".",)


def _done(letter: Letter) -> tuple[Line, ...]:
    """What was done, in order of time, and no more than is true: who asked nothing was answered nothing."""
    done = [one for one in letter.case.steps if one.state == "done" and one.step in FACES]
    ended_at = next((one.done_at for one in done if one.step == "communicate"), None)
    asked = any(one.direction == "in" for one in letter.messages)
    lines = []
    for one in done:
        if one.step == "fix":
            lines.append(Line(text=_put_right(letter, one.told), at=one.done_at))
        elif one.step != "respond" or asked:
            lines.append(Line(text=letter.says(f"done.{one.step}"), at=one.done_at))
        elif one.done_at != ended_at:
            lines.append(Line(text=letter.says("done.word"), at=one.done_at))
    return tuple(sorted(lines, key=lambda line: line.at or letter.now))


def _put_right(letter: Letter, told: str) -> str:
    """What was put right, by what they lost, and in what words a colleague wrote of it for them.

    What a colleague noted for colleagues is not ours to say to them.
    """
    said = fixed(loss=letter.case.loss, language=letter.language)
    said = said[:1].upper() + said[1:]
    return f"{said}. {told}" if told else said


def _seam(letter: Letter, steps: tuple[StepMark, ...]) -> str:
    done = sum(one.state in MENDED for one in steps)
    now = next((one for one in steps if one.state == "now"), None)
    if now is None:
        return letter.says("seam", done=done, all=len(steps))
    return letter.says("seam.now", done=done, all=len(steps), step=now.name)


def _title(letter: Letter) -> str:
    case = letter.case
    first = first_name(name=letter.customer.name)
    said = _what(letter, case.failures[0] if case.failures else None)
    sentence = letter.says("title.named", name=first, sentence=said) if first else said[:1].upper() + said[1:]
    return f"{sentence} {letter.says('title.ours')}" if case.fault == "ours" else sentence


def _what(letter: Letter, failure: FailureLine | None) -> str:
    """What went wrong, in our words: what they wrote, or a colleague noted, is not said back to them."""
    if failure is None:
        return letter.says("title.something")
    what = failure.what.strip().rstrip(".")
    if failure.promise_id is not None:
        return letter.says("title.late", what=what) if what else letter.says("title.broken")
    if failure.told_by_customer:
        return letter.says("title.told")
    return failed(kind=failure.kind, language=letter.language) + "."


def _steps(letter: Letter) -> tuple[StepMark, ...]:
    case = letter.case
    marks = []
    for one in case.steps:
        state = "done" if one.state in MENDED else "todo"
        if state == "todo" and one.step == case.next_step and case.state == "open":
            state = "now"
        marks.append(StepMark(key=one.step, name=letter.says(f"step.{one.step}"), state=state))
    return tuple(marks)


def _coming(letter: Letter, next_at: datetime | None, *, timed: bool) -> tuple[Line, ...]:
    """What is to come; a person's letter comes with the next word, where that is sooner."""
    todo = [one for one in letter.case.steps if one.state in UNDONE and one.step in ("apologise", "fix", "make_good")]
    return tuple(
        Line(text=letter.says(f"coming.{one.step}"), at=_by(one, next_at) if timed and not one.overdue else None)
        for one in todo
    )


def _by(step: StepLine, next_at: datetime | None) -> datetime | None:
    if step.step != "apologise" or next_at is None or step.due_at is None:
        return step.due_at
    return min(step.due_at, next_at)


def _offer(letter: Letter) -> Offer | None:
    rows = [row for row in letter.makegoods if row.part == "extra" and row.state != "swapped"]
    if not rows:
        return None
    row = next((one for one in rows if one.state == "offered"), rows[-1])
    url = reverse("status-answer", args=[letter.signed])
    title, says = _named(row.title, letter), letter.says
    if row.value.minor:
        title = says("offer.worth", title=title, amount=amount(row.value, language=letter.locale))
    text = says(f"offer.text.{row.state}" if row.state in ANSWERED else "offer.text", title=title)
    if row.state != "offered":
        return Offer(text=text, url=url, state=says(f"offer.{row.state}") if row.state in ANSWERED else "")
    swaps = tuple(
        Answer(
            label=says("offer.rather", title=_worth(gift, letter)),
            value=f"swap:{row.id}:{gift.remedy}",
        )
        for gift in letter.swaps
        if gift.remedy != row.remedy
    )
    return Offer(
        text=text,
        url=url,
        answers=(
            Answer(label=says("offer.yes"), value=f"accept:{row.id}", style="go"),
            *swaps[:2],
            Answer(label=says("offer.no"), value=f"decline:{row.id}"),
        ),
        expires_at=_ends_at(row),
    )


def _worth(gift: Gift, letter: Letter) -> str:
    """What may be had instead, with what it is worth where that is an amount."""
    title = _named(gift.title, letter)
    return f"{title} ({amount(gift.value, language=letter.locale)})" if gift.value else title


def _named(title: str, letter: Letter) -> str:
    """What is offered, as it stands inside a sentence."""
    return in_sentence(shipped(title, language=letter.language), language=letter.language)


def _ends_at(row: MakeGoodRow) -> datetime | None:
    """When an offer ends: its next moment is the one reminder, and after that its end."""
    if row.next_at is None or row.reminded_at is not None:
        return row.next_at
    return row.next_at + EXPIRE_AFTER


def _pieces(text: str, letter: Letter) -> tuple[Piece, ...]:
    """What was said, with a link to the top in place of the address of the page that it is read on.

    A paragraph of nothing else goes whole. Inside a sentence it is this page; after a colon or a full stop, a hint.
    """
    address = rf"https?://[^\s/]+/s/{re.escape(letter.signed)}(?![\w-])"
    said = re.sub(rf"(?:\A|\n[ \t]*\n)\s*{address}[,.]?[ \t]*(?=\n[ \t]*\n|\Z)", "", text).strip()
    before, *found = re.split(rf"(?<!\s)(\s*){address}", said)
    pieces = [Piece(text=before)]
    for gap, after in zip(found[::2], found[1::2], strict=True):
        alone = not before.strip() or before.rstrip().endswith((":", ".", "!", "?"))
        words = letter.says("write.here" if alone else "write.this")
        ended = "." if ENDED.match(after) else ""
        pieces += [Piece(text=" " if gap else ""), Piece(text=words, link="#next"), Piece(text=ended + after)]
        before = after
    return tuple(one for one in pieces if one.text)


def _said(message: MessageRow, letter: Letter) -> Said:
    ours = message.direction == "out"
    return Said(
        who=letter.organization.name if ours else letter.says("write.you"),
        pieces=_pieces(message.body.strip(), letter) if ours else (Piece(text=message.body.strip()),),
        at=message.sent_at or message.created_at,
        ours=ours,
    )


def _rating(letter: Letter) -> RatingForm | None:
    url = reverse("status-rate", args=[letter.signed])
    error = letter.wrong if letter.wrong_in == "rating" else ""
    if letter.may_rate:
        return RatingForm(url=url, error=error)
    answered = [one for one in letter.case.ratings if one.score is not None]
    if not answered:
        return None
    last = answered[-1]
    return RatingForm(
        url=url,
        rated=last.score,
        error=error,
        cares=tuple(
            CaresItem(key=key, question=letter.says(f"cares.{key}"), rated=last.cares.get(key)) for key in CARES
        ),
    )
