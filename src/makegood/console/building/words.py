"""The words of the staff's pages, and the small things that many of them show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from makegood.console.desk import Desk
from makegood.console.moments import absolute, due
from makegood.console.viewmodels import ClockFace, Pager, PromiseRow, ReasonLine, RecoveryRow, StepMark, Tag
from makegood.core.evidence import GRADE_MEANS, REGISTER
from makegood.core.money import Money
from makegood.core.steps import FACES, Step
from makegood.promises.queries import PromiseFacts
from makegood.recoveries.queries import FailureLine, Listed

KINDS = {
    "broken_promise": "a promise was not kept",
    "wrong_charge": "charged wrongly",
    "outage": "something was out of order",
    "rework": "work had to be done again",
    "not_as_described": "not as described",
    "interaction": "how we treated them",
    "complaint": "a complaint",
    "low_score": "a low score",
    "silent": "fell silent",
    "other": "something went wrong",
}
LOSSES = {
    "money": "money",
    "goods": "something they bought",
    "service": "the service itself",
    "time": "time",
    "attention": "being looked after",
    "trust": "trust",
}
FAULTS = {
    "ours": "fault: ours",
    "partner": "fault: a partner's",
    "nobody": "fault: nobody's",
    "unknown": "fault: unknown",
}
SEVERITIES = (("1", "1: slight"), ("2", "2: ordinary"), ("3", "3: serious"), ("4", "4: grave"))
GROUPS = {"new": "new customer", "regular": "regular customer", "unknown": "new or regular customer: not known yet"}
NEXT = {
    "decide": "Decide whether to contact them",
    "apologise": "Say sorry",
    "fix": "Put it right",
    "respond": "Tell them what is being done",
    "make_good": "Make it good",
    "improve": "Find the cause",
    "communicate": "Tell them how it ended",
    "stay": "Follow up",
    "done": "Close it",
}
DOES = {
    "apologise": frozenset({"apology"}),
    "respond": frozenset({"update", "outcome"}),
    "communicate": frozenset({"outcome"}),
}
"""Which messages do a step."""
HAND_OVER = "Give them the link"
TARGETS = {
    "acknowledge": "to let them know that we know",
    "own": "to give it an owner",
    "fix": "to put it right",
    "make_good": "to make it good",
    "respond": "to answer them",
    "remedy": "to do or offer something that helps",
    "update": "to give them word",
}
FIRST = {
    "decide": "to decide whether they hear from us",
    "apologise": "to say sorry",
    "improve": "to say why it happened",
    "communicate": "to tell them how it ended",
    "stay": "to follow up",
    "done": "to close it",
}
"""What is due by the time of a step that no clock times."""
PROMISE_STATES = {"open": "on its way", "broken": "broken", "kept": "kept", "released": "released"}
GATES = {
    "waiting": "Waiting: lateness alone decides, and they may not notice it.",
    "contact": "Contact: they are told, and it is put right.",
    "quiet": "Quiet: nothing is said, and what is owed is still paid.",
    "review": "Review: a person decides first.",
}
PER_PAGE = 50


def kind_said(kind: str) -> str:
    """This function will say of a kind of failure what happened; of an unknown kind that something went wrong."""
    return KINDS.get(kind, KINDS["other"])


def code(number: int) -> str:
    """This function will write a recovery's number as people say it."""
    return f"R-{number}"


def incident_code(number: int) -> str:
    """This function will write an incident's number as people say it."""
    return f"I-{number}"


def number_of(text: str, letter: str) -> int | None:
    """This function will read such a number back; None for anything else."""
    digits = text.upper().removeprefix(f"{letter}-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def reason_line(reason: Mapping[str, Any]) -> ReasonLine:
    """This function will show one reason with the finding behind it."""
    evidence = reason.get("evidence")
    finding = REGISTER.get(evidence or "")
    grade = reason.get("grade")
    return ReasonLine(
        text=reason.get("text") or "",
        rule=reason.get("rule") or "",
        evidence=evidence,
        grade=grade,
        grade_means=GRADE_MEANS.get(grade or "", ""),
        found=finding.found if finding else "",
        source=finding.source if finding else "",
    )


def reason_lines(reasons: Iterable[Mapping[str, Any]]) -> tuple[ReasonLine, ...]:
    """This function will show reasons in their order."""
    return tuple(reason_line(reason) for reason in reasons)


def heat(*, due_at: datetime | None, now: datetime) -> str:
    """This function will say how warm a deadline is: an hour is hot, four are warm."""
    if due_at is None:
        return "calm"
    left = due_at - now
    return "hot" if left < timedelta(hours=1) else "warm" if left < timedelta(hours=4) else "calm"


def clock_face(
    desk: Desk, *, label: str, due_at: datetime | None, paused: bool = False, why_url: str = "", note: str = ""
) -> ClockFace:
    """This function will show a clock that runs, is paused, or ran out."""
    now = desk.facts.now
    state = "paused" if paused else "none" if due_at is None else "missed" if due_at < now else "running"
    shown = heat(due_at=due_at, now=now)
    return ClockFace(label=label, due_at=due_at, state=state, heat=shown, why_url=why_url, note=note)


def soonest_face(desk: Desk, *, soonest: str, soonest_at: datetime | None, next_step: str) -> ClockFace:
    """This function will show what is due first, saying what it is where that is not the next step itself."""
    label = TARGETS.get(soonest, "")
    note = "" if soonest in (next_step, "respond") else label
    return clock_face(desk, label=label, due_at=soonest_at, note=note)


def step_name(step: str) -> str:
    """This function will name a step."""
    return FACES[Step(step)].title


def marks(steps: Iterable[Any], *, next_step: str, open_now: bool) -> tuple[StepMark, ...]:
    """This function will lay steps along the seam."""
    return tuple(
        StepMark(
            key=one.step,
            name=step_name(one.step),
            means=FACES[Step(one.step)].means,
            state="overdue"
            if one.state == "overdue" and open_now
            else "now"
            if one.step == next_step and one.state == "todo" and open_now
            else "todo"
            if one.state == "overdue"
            else one.state,
        )
        for one in steps
    )


def who(name: str) -> str:
    """This function will name a customer, also one whom nobody can name."""
    return name or "A customer we cannot name yet"


def whom(name: str) -> str:
    """This function will name a customer inside a sentence."""
    return name or "a customer we cannot name yet"


def positive(amount: Money | None) -> Money | None:
    """This function will leave out an amount of nothing."""
    return amount if amount and amount.minor else None


def recovery_row(desk: Desk, row: Listed) -> RecoveryRow:
    """This function will show one recovery in a list."""
    tags = [Tag(text="test" if row.test else "shadow", tone="gold")] if row.shadow else []
    if row.review:
        tags.append(Tag(text="to decide", tone="gold"))
    if row.severity >= 4:
        tags.append(Tag(text="grave", tone="clay"))
    if row.unanswered_at is not None:
        tags.append(Tag(text="wrote to us, unanswered", tone="clay"))
    if row.waiting and row.state == "open":
        tags.append(Tag(text="does not have their link", tone="gold"))
    if row.failed_score is not None:
        tags.append(Tag(text=f"open again: gave us {row.failed_score} of 7", tone="clay"))
    if row.state == "open":
        face = soonest_face(desk, soonest=row.soonest, soonest_at=row.soonest_at, next_step=row.next_step)
    else:
        face = ClockFace(label="", due_at=None, state="none")
    if row.word_waits and row.word_from is not None:
        face = ClockFace(label="", due_at=row.word_from, note="until it may leave")
    return RecoveryRow(
        code=code(row.number),
        url=reverse("recovery", args=[code(row.number)]),
        who=who(row.customer),
        what=row.what or kind_said(row.kind),
        note=", ".join(part for part in (code(row.number), row.place, "incident" if row.incident_id else "") if part),
        steps=marks(row.steps, next_step=row.next_step, open_now=row.state == "open"),
        next=_next(desk, row) if row.state == "open" else row.state.capitalize(),
        clock=face,
        worth=row.price,
        worth_note="new customer" if row.group == "new" else "",
        risk=positive(row.expected_loss),
        risk_note=_risk_note(row),
        owner=row.owner,
        tags=tuple(tags),
    )


def _risk_note(row: Listed) -> str:
    """What is at risk besides what they paid: what is owed or offered to them, or what such a failure usually costs."""
    if row.expected_loss is None or row.expected_loss.minor <= 0:
        return ""
    if row.price is None:
        return "as is usual"
    return "with what they have yet to get" if row.expected_loss.minor > row.price.minor else ""


def _next(desk: Desk, row: Listed) -> str:
    """What is to be done next, in a few words."""
    if row.unanswered_at or row.failed_score:
        return "Answer them"
    if waits_for_link(row.next_step, row.waiting):
        return HAND_OVER
    return f"{NEXT[row.next_step]}, from {said_at(desk, row.word_from)}" if row.word_from else NEXT[row.next_step]


def waits_for_link(step: str, waiting: Collection[str]) -> bool:
    """This function will say whether a step's words stand on a page whose link the customer does not have."""
    return not DOES.get(step, frozenset()).isdisjoint(waiting)


def promise_row(promise: PromiseFacts) -> PromiseRow:
    """This function will show one promise in a list."""
    state = "risk" if promise.at_risk else promise.state
    return PromiseRow(
        what=promise.what or promise.kind.replace("_", " ").capitalize(),
        due_at=promise.due_at,
        state="kept" if state == "released" else state,
        state_word="at risk" if promise.at_risk else PROMISE_STATES[promise.state],
        url=reverse("promise", args=[promise.id]),
        who=who(promise.customer),
        expected_at=promise.expected_at,
        worth=Money(minor=promise.value_minor, currency=promise.currency)
        if promise.value_minor is not None and promise.currency
        else None,
        source=promise.member or promise.source,
    )


def happened_said(desk: Desk, failure: FailureLine) -> str:
    """This function will write when a failure happened: a promise's, by when it was due."""
    written = due if failure.promise_id else absolute
    return written(failure.happened_at, desk.reader)


def with_capital(text: str) -> str:
    """This function will let a text begin with a capital, and leave the rest as it is: "Flight EV4901"."""
    return text[:1].upper() + text[1:]


def said_at(desk: Desk, at: datetime) -> str:
    """This function will write a moment in words, in the reader's zone."""
    return absolute(at, desk.reader)


def page_of(text: str | None) -> int:
    """This function will read which page of a list is asked for, from 1 to 200."""
    return min(200, max(1, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 5 else 1


def pager(*, path: str, query: str, page: int, shown: int, more: bool, total: int | None = None) -> Pager | None:
    """This function will say where in a long list the reader is; nothing where one page holds it all."""
    if page == 1 and not more:
        return None
    first = (page - 1) * PER_PAGE
    of = f" of {total:,}" if total else ""
    join = f"{path}?{query}&" if query else f"{path}?"
    return Pager(
        summary=f"{first + 1}-{first + shown}{of}",
        previous_url=f"{join}page={page - 1}" if page > 1 else None,
        next_url=f"{join}page={page + 1}" if more else None,
    )
