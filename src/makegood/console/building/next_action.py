"""The one thing to do next on a recovery: always one, the largest on the page, with the words or the form at hand."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.saying import draft_of
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, ClockFace, Field, Form, Link, NextAction
from makegood.customers.queries import CustomerFacts
from makegood.recoveries.queries import Case, MessageLine

WRITES = {"apologise": "apology", "respond": "update", "communicate": "outcome", "stay": "follow_up"}


def draft_open(case: Case) -> MessageLine | None:
    """This function will find the words that wait for a click, those of the next step first."""
    drafts = [one for one in case.messages if one.state == "draft" and one.direction == "out"]
    fitting = [one for one in drafts if one.step == case.next_step or one.kind == WRITES.get(case.next_step)]
    return (fitting or drafts or [None])[0]


def next_of(desk: Desk, case: Case, customer: CustomerFacts) -> NextAction | None:
    """This function will say what comes next, with its deadline."""
    name = (customer.name.split() or ["them"])[0]
    here = words.code(case.number)
    clock = words.clock_face(desk, label="", due_at=case.next_due_at)
    if any(one.to_at is None for one in case.pauses):
        clock = ClockFace(label="", due_at=case.next_due_at, state="paused")
    if case.review:
        return _decide(case, name, here, clock)
    draft = draft_open(case)
    if draft is not None:
        verb = {"apology": f"say sorry to {name}", "offer": f"tell {name} what you offer"}.get(
            draft.kind, f"write to {name}"
        )
        return NextAction(
            title=verb,
            clock=clock,
            draft=draft_of(desk, case, draft),
            dock_label="Send",
            links=(Link(label="Call instead", url=f"tel:{customer.identity('phone')}"),)
            if customer.identity("phone")
            else (),
        )
    return _step(case, name, here, clock)


def _decide(case: Case, name: str, here: str, clock: ClockFace) -> NextAction:
    url = reverse("recovery-decide", args=[here])
    version = ("version", str(case.version))
    return NextAction(
        title=f"decide whether {name} hears from us",
        clock=clock,
        lead="Nothing has been said yet. A needless apology costs more than silence; a failure passed over costs most.",
        action=Action(label="Contact them", url=url, style="go", hidden=(("decision", "contact"), version)),
        instead=(Action(label="Leave it quiet", url=url, hidden=(("decision", "quiet"), version)),),
        links=(Link(label="Why is this to decide?", url=reverse("recovery-why", args=[here, "gate"])),),
        dock_label="Contact them",
    )


def _step(case: Case, name: str, here: str, clock: ClockFace) -> NextAction:
    step = case.next_step
    if step in WRITES:
        kind = WRITES[step]
        title = {"apology": f"say sorry to {name}", "outcome": f"tell {name} how it ended"}.get(
            kind, f"write to {name}"
        )
        return NextAction(
            title=title,
            clock=clock,
            lead="Begin a message here, or record below that it was done another way.",
            action=Action(
                label="Begin a message",
                url=reverse("recovery-say", args=[here]),
                style="go",
                hidden=(("begin", kind),),
            ),
            links=(Link(label="It was done another way", url="#steps"),),
            dock_label="Begin a message",
        )
    if step == "fix":
        return NextAction(
            title=(case.fix[:1].lower() + case.fix[1:]) or "put it right",
            clock=clock,
            form=Form(
                key="fix-now",
                action=reverse("recovery-step", args=[here, "fix", "done"]),
                submit="It is put right",
                fields=(
                    Field(name="version", label="", kind="hidden", value=str(case.version)),
                    Field(name="next", label="", kind="hidden", value="1"),
                    Field(name="fixed", label="What was done", required=True, maxlength=300),
                ),
            ),
            dock_label="Record the fix",
        )
    if step == "make_good":
        waiting = any(one.state == "offered" for one in case.makegoods)
        return NextAction(
            title=f"wait for {name}'s answer" if waiting else f"choose what to give {name}",
            clock=clock,
            lead="They can say yes, swap it or say no on their page."
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
