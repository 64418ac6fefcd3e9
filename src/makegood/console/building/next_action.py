"""The one thing to do next on a recovery: always one, the largest on the page, with the words or the form at hand."""

from __future__ import annotations

from collections.abc import Collection
from textwrap import shorten

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.reaching import hand_over_form
from makegood.console.building.repaying import repaid_of, repay_next, to_repay
from makegood.console.building.saying import draft_of, news_from, news_said, second_news
from makegood.console.building.seeing import seen_field, seen_pair
from makegood.console.building.trouble import send_again, trouble_said, trouble_state
from makegood.console.desk import Desk
from makegood.console.moments import span
from makegood.console.viewmodels import Action, ClockFace, Field, Form, Link, MessageDraft, NextAction
from makegood.core.names import described, first_name
from makegood.customers.queries import CustomerFacts
from makegood.recoveries.queries import Case, MakeGoodLine, MessageLine
from makegood.recoveries.queries.news import WRITES, word_of
from makegood.recoveries.saying import BEGUN

QUOTED = 280
ANSWERS = ("update", "apology", "offer", "outcome")
"""The messages that answer a customer who wrote, the most fitting first."""
ASKS = ("update", "apology", "offer")
"""The messages for one with whom what we did has failed: how it ended is not the word for them."""
FOLLOWS = {
    "ask_score": "they are asked how well we did",
    "check_in": "look in on them",
    "see_return": "see whether they are back",
}
SENDING = {"apology": "the apology to", "offer": "the offer to", "outcome": "how it ended for"}


def draft_open(case: Case) -> MessageLine | None:
    """This function will find the words that wait for a click, those of the next step first."""
    drafts = [one for one in case.messages if one.state == "draft" and one.direction == "out"]
    if case.unanswered_at is not None or case.failed_score is not None:
        fits = ANSWERS if case.failed_score is None else ASKS
        answers = [one for one in drafts if one.kind in fits]
        return min(answers, key=lambda one: ANSWERS.index(one.kind), default=None)
    fitting = [one for one in drafts if one.step == case.next_step or one.kind == _writes(case)]
    return next(iter(fitting or drafts), None)


def sending(case: Case) -> MessageLine | None:
    """This function will find the words that a person sent and that have not left yet."""
    kinds = ANSWERS if case.unanswered_at is not None or case.failed_score is not None else (_writes(case), "offer")
    after_at = case.unanswered_at
    waiting = [
        one
        for one in case.messages
        if one.state == "queued"
        and one.direction == "out"
        and one.kind in kinds
        and (after_at is None or one.author_id is not None or one.created_at >= after_at)
    ]
    return waiting[-1] if waiting else None


def next_of(desk: Desk, case: Case, customer: CustomerFacts, *, colleagues: Collection[str] = ()) -> NextAction | None:
    """This function will say what comes next, with its deadline; `colleagues` are names that may sign a draft."""
    name = "this customer" if described(name=customer.name) else first_name(name=customer.name) or "them"
    here = words.code(case.number)
    clock = words.soonest_face(desk, soonest=case.soonest, soonest_at=case.soonest_at, next_step=case.next_step)
    if any(one.to_at is None for one in case.pauses):
        clock = ClockFace(label="", due_at=case.next_due_at, state="paused")
    if case.review:
        return _decide(case, name, here, clock)
    leaving = sending(case)
    if leaving is not None:
        return _leaving(desk, leaving, name, here)
    if hands_over(case):
        return _link(name, case, clock, phone=customer.identity("phone"))
    message = draft_open(case)
    troubled = _in_trouble(desk, case) if message is None else None
    if troubled is not None:
        return _again(case, troubled, name, clock, phone=customer.identity("phone"))
    draft = draft_of(desk, case, message, colleagues=colleagues) if message else None
    if case.unanswered_at is not None:
        return _answer(desk, case, name, draft, phone=customer.identity("phone"))
    if case.failed_score is not None:
        return _begin_again(desk, case, name, draft, phone=customer.identity("phone"))
    if draft is not None and message is not None:
        verb = _says(message.kind, name)
        waits = _waits(desk, case, message.kind, name, clock)
        return NextAction(
            title=waits.title if waits else verb,
            clock=waits.clock if waits else clock,
            lead=f"{waits.lead} The letter stands ready below." if waits else _why_word(desk, case, message.kind),
            draft=draft,
            dock_label=LETTER,
            links=(Link(label="Call instead", url=f"tel:{customer.identity('phone')}"),)
            if customer.identity("phone")
            else (),
        )
    return _step(desk, case, name, here, clock)


def _says(kind: str, name: str) -> str:
    """What a letter of this kind tells them."""
    return {
        "apology": f"say sorry to {name}",
        "offer": f"tell {name} what you offer",
        "update": f"tell {name} what is being done",
        "outcome": f"tell {name} how it ended",
        "follow_up": f"ask {name} whether all is right now",
    }.get(kind, f"write to {name}")


def _why_word(desk: Desk, case: Case, kind: str) -> str:
    """Why who asked nothing hears from us: nobody is without word for longer than the playbook lets them be."""
    due_at = next((one.due_at for one in case.clocks if one.target == "update" and one.met_at is None), None)
    if kind not in ("update", "outcome") or case.next_step != "respond" or due_at is None:
        return ""
    is_due = "is" if due_at >= desk.facts.now else "was"
    return (
        "They asked nothing. But the playbook leaves nobody without word for longer than it says: the next"
        f" {is_due} due {words.said_at(desk, due_at)}."
    )


def _waits(desk: Desk, case: Case, kind: str, name: str, clock: ClockFace) -> NextAction | None:
    """They had other news so short a time ago that this word waits, unless somebody says why it cannot."""
    earlier = second_news(desk, case, kind)
    if earlier is None:
        return None
    return NextAction(
        title=f"nothing now; {_says(kind, name)} from {news_from(desk, earlier)}",
        clock=clock if clock.note else None,
        lead=f"{news_said(desk, earlier)}, and two kinds of news within twelve hours are too much of a good thing."
        " If it cannot wait, it asks you why.",
        action=Action(
            label="Write it now",
            url=reverse("recovery-say", args=[words.code(case.number)]),
            hidden=(("begin", kind),),
        ),
        links=(_by_hand(case),),
        dock_label="Write it now",
    )


def _by_hand(case: Case) -> Link:
    """To the row of the next step, opened, in which it is recorded that it was done another way."""
    url = reverse("recovery", args=[words.code(case.number)])
    return Link(label="It was done another way", url=f"{url}?step={case.next_step}#step-{case.next_step}")


def _in_trouble(desk: Desk, case: Case) -> MessageLine | None:
    """The words that did not arrive, or may not have, where nothing of their kind was said since and they are next."""
    kinds = ANSWERS if case.unanswered_at is not None or case.failed_score is not None else (_writes(case),)
    ours = [one for one in case.messages if one.direction == "out" and one.kind in kinds and one.state != "stopped"]
    last = max(ours, key=lambda one: one.created_at, default=None)
    after_at = case.unanswered_at
    if last is None or last.state not in ("failed", "unknown") or (after_at and last.created_at < after_at):
        return None
    return last if desk.may("mail-decide") else None


def _again(case: Case, message: MessageLine, name: str, clock: ClockFace, *, phone: str) -> NextAction:
    """It was sent and did not arrive: send it again, write another, or tell them some other way."""
    sent = SENDING.get(message.kind, "your words to")
    return NextAction(
        title=f"send {sent} {name} again: it {trouble_state(message)}",
        clock=clock,
        lead=trouble_said(message),
        action=send_again(message, back=words.code(case.number)),
        instead=(
            Action(
                label="Write another",
                url=reverse("recovery-say", args=[words.code(case.number)]),
                hidden=(("begin", message.kind),),
            ),
        )
        if message.kind in BEGUN
        else (),
        links=(*((Link(label="Call instead", url=f"tel:{phone}"),) if phone else ()), _by_hand(case)),
        dock_label="Send it again",
    )


def hands_over(case: Case) -> bool:
    """This function will say whether the next thing is to give the customer the link of what we wrote to them."""
    waits = case.unanswered_at is None and case.failed_score is None and not case.review
    return waits and case.state == "open" and words.waits_for_link(case.next_step, case.waiting)


def _link(name: str, case: Case, clock: ClockFace, *, phone: str) -> NextAction:
    """It was said where they cannot know of it: until they have the link, nothing was."""
    return NextAction(
        title=f"give {name} the link of their page",
        clock=clock,
        lead="What we wrote stands there, and they do not have the link yet: until they do, it does not count as said.",
        form=hand_over_form(case),
        links=(
            *((Link(label="Call them", url=f"tel:{phone}"),) if phone else ()),
            Link(label="Print it as a QR code", url=reverse("recovery-slip", args=[words.code(case.number)])),
            Link(label="The link", url="#hand-over"),
        ),
        dock_label=words.HAND_OVER,
    )


def _leaving(desk: Desk, message: MessageLine, name: str, here: str) -> NextAction:
    """It was sent and has not left yet: until then it can be stopped."""
    title = f"wait, {SENDING.get(message.kind, 'your words to')} {name}"
    if message.leaves_at is not None and message.held:
        return NextAction(title=title, lead=HELD, action=_stop(message, here), dock_label="Stop it")
    if message.leaves_at is None or message.leaves_at <= desk.facts.now:
        return NextAction(
            title=title,
            lead="Being sent. Nothing more to click: it stands below on its way, and on their page once it has left.",
            dock_label="Being sent",
        )
    leaves = words.said_at(desk, message.leaves_at)
    return NextAction(
        title=title,
        lead=f"It leaves by itself {leaves}, unless you stop it.",
        action=_stop(message, here),
        dock_label="Stop it",
    )


LETTER = "Read the letter"
"""What a phone's one button says of a letter that is below the fold: nobody sends what they have not seen."""
HELD = "Held: many were let down at once, and whether it is one incident waits for a yes or a no. It leaves after that."


def _stop(message: MessageLine, here: str) -> Action:
    return Action(
        label="Stop it",
        about=message.subject,
        url=reverse("recovery-say", args=[here]),
        style="plain",
        hidden=(("stop", str(message.id)),),
    )


def _by_phone(case: Case) -> Form:
    """What was said on the phone: it answers them as well as a message does."""
    return Form(
        key="call",
        action=reverse("recovery-call", args=[words.code(case.number)]),
        submit="They are answered",
        style="plain",
        fields=(Field(name="call", label="What was said", kind="textarea", rows=2, required=True, maxlength=2000),),
    )


def _begin_again(desk: Desk, case: Case, name: str, draft: MessageDraft | None, *, phone: str) -> NextAction:
    """They rated under 4: a person asks them, whatever the plan had next."""
    target = next((one for one in case.clocks if one.target == "respond"), None)
    return NextAction(
        title=f"answer {name}, who gave us {case.failed_score} of 7",
        clock=words.clock_face(desk, label="", due_at=target.due_at) if target else None,
        lead="The case is open again, one level up: under 4 what we did has failed. Ask what would put it right.",
        draft=draft,
        action=None if draft else _answer_begun(case),
        links=(Link(label="Call instead", url=f"tel:{phone}"),) if phone else (),
        call=_by_phone(case),
        dock_label=LETTER if draft else "Begin the answer",
    )


def _answer_begun(case: Case) -> Action:
    return Action(
        label="Begin the answer",
        url=reverse("recovery-say", args=[words.code(case.number)]),
        style="go",
        hidden=(("begin", "update"),),
    )


def _answer(desk: Desk, case: Case, name: str, draft: MessageDraft | None, *, phone: str) -> NextAction:
    """They wrote: that goes before whatever the plan had next."""
    target = next((one for one in case.clocks if one.target == "respond"), None)
    wrote = next((one for one in reversed(case.messages) if one.direction == "in"), None)
    at = wrote.created_at if wrote else case.unanswered_at or desk.facts.now
    said = " ".join(wrote.body.split()) if wrote else ""
    return NextAction(
        title=f"answer {name}, who wrote {span((desk.facts.now - at).total_seconds())} ago",
        clock=words.clock_face(desk, label="", due_at=target.due_at) if target else None,
        lead=f"“{shorten(said, QUOTED, placeholder=' …')}”" if said else "",
        draft=draft,
        action=None if draft else _answer_begun(case),
        links=(Link(label="Call instead", url=f"tel:{phone}"),) if phone else (),
        call=_by_phone(case),
        dock_label=LETTER if draft else "Begin the answer",
    )


def _decide(case: Case, name: str, here: str, clock: ClockFace) -> NextAction:
    url = reverse("recovery-decide", args=[here])
    seen = seen_pair(case, "persons")
    return NextAction(
        title=f"decide whether {name} hears from us",
        clock=clock,
        lead="Nothing has been said yet. A needless apology costs more than silence; a failure passed over costs most.",
        action=Action(label="Contact them", url=url, style="go", hidden=(("decision", "contact"), seen)),
        instead=(Action(label="Leave it quiet", url=url, hidden=(("decision", "quiet"), seen)),),
        links=(Link(label="Why is this to decide?", url=reverse("recovery-why", args=[here, "gate"])),),
        dock_label="Contact them",
    )


def _hand_over(wanted: MakeGoodLine, name: str, here: str, clock: ClockFace) -> NextAction:
    """They said yes: promised is not delivered."""
    return NextAction(
        title=f"hand it over to {name}: {wanted.title[:1].lower() + wanted.title[1:]}",
        clock=clock,
        lead="They said yes. Record it once they have it; until then it is a promise.",
        action=Action(
            label="They have it",
            about=wanted.title,
            style="go",
            url=reverse("recovery-make-good", args=[here, wanted.id, "delivered"]),
        ),
        dock_label="They have it",
    )


def _writes(case: Case) -> str:
    """Which message does the next step; "" where none does."""
    return word_of(next_step=case.next_step, states={one.step: one.state for one in case.steps})


def _look(desk: Desk, case: Case, name: str) -> NextAction | None:
    """Nothing is to be done now: what is planned comes back by itself."""
    planned = [one for one in case.follow_ups if one.state == "planned" and one.due_at > desk.facts.now]
    if not planned or case.next_step != "stay":
        return None
    first = min(planned, key=lambda one: one.due_at)
    return NextAction(
        title=f"nothing now; {FOLLOWS[first.action]} {words.said_at(desk, first.due_at)}",
        lead=f"All that {name} was to have from us is done. What comes then is back on Today by itself.",
        links=(Link(label="What is planned", url="#follow-up"),),
        dock_label="What is planned",
    )


def _step(desk: Desk, case: Case, name: str, here: str, clock: ClockFace) -> NextAction:
    step = case.next_step
    look = _look(desk, case, name)
    if look is not None:
        return look
    if step not in ("apologise", "fix", "respond") and desk.may("recovery-make-good"):
        wanted = next(
            (o for o in case.makegoods if o.part == "extra" and o.state == "accepted" and o.form != "money"), None
        )
        if wanted is not None:
            return _hand_over(wanted, name, here, clock)
    if step in WRITES:
        kind = _writes(case)
        waits = _waits(desk, case, kind, name, clock)
        if waits is not None:
            return waits
        return NextAction(
            title=_says(kind, name),
            clock=clock,
            lead=f"{_why_word(desk, case, kind)} Begin a message here, or record that it was done another way.".strip(),
            action=Action(
                label="Begin a message",
                url=reverse("recovery-say", args=[here]),
                style="go",
                hidden=(("begin", kind),),
            ),
            links=(_by_hand(case),),
            call=_by_phone(case) if step == "respond" else None,
            dock_label="Begin a message",
        )
    if step == "fix" and desk.may("recovery-repay") and ((to_repay(case) and case.price) or repaid_of(case)):
        return repay_next(desk, case, clock, _by_hand(case))
    if step == "fix":
        return NextAction(
            title=(case.fix[:1].lower() + case.fix[1:]) or "put it right",
            clock=clock,
            lead="What they had paid is not known here: give it back where it was taken, and say how much."
            if to_repay(case)
            else "",
            form=Form(
                key="fix-now",
                action=reverse("recovery-step", args=[here, "fix", "done"]),
                submit="It is put right",
                fields=(
                    seen_field(case, "step:fix"),
                    Field(name="next", label="", kind="hidden", value="1"),
                    Field(name="fixed", label="What was done", required=True, maxlength=300),
                    Field(
                        name="fixed_told",
                        label="The same in words for the customer",
                        hint="They read it on their page. Left empty, it says there only that it was put right.",
                        maxlength=300,
                    ),
                ),
                draft=True,
            ),
            dock_label="Record the fix",
        )
    if step == "make_good":
        waiting = any(one.state == "offered" for one in case.makegoods)
        return NextAction(
            title=f"wait for {name}'s answer" if waiting else f"choose what to give {name}",
            clock=clock,
            lead="They can say yes or no on their page."
            if waiting
            else "What is owed goes out by itself. Something small that fits what they lost does more than its price.",
            links=(Link(label="What you may give", url="#give"),),
            dock_label="What you may give",
        )
    if step == "improve":
        return NextAction(
            title="say why it happened",
            clock=clock,
            lead="Link the cause, so that it is counted and can be made to go away.",
            links=(Link(label="Link the cause", url="#cause"),),
            dock_label="Link the cause",
        )
    return NextAction(
        title="close it",
        lead="Every step is done. What still keeps it open stands below.",
        links=(Link(label="What closing asks for", url="#close"),),
        dock_label="Close",
    )
