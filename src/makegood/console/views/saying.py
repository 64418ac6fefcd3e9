"""Saying something: the words are judged while they are typed, mended with a click, and sent by a named person."""

from __future__ import annotations

import secrets

import attrs
from django.http import Http404, HttpRequest, HttpResponse

from makegood.console.asking import whole
from makegood.console.building.next_action import WRITES
from makegood.console.building.saying import draft_of, facts_of, judged, key_of, mended, wording_case
from makegood.console.desk import Desk
from makegood.console.views.frame import Screen, acts, gone_to, tell
from makegood.console.views.recoveries import case_of, recovery_screen, screen_of
from makegood.core.names import described, first_name
from makegood.messages.operations import Outgoing, UnableToSend, message_draft, message_send
from makegood.recoveries.operations.staff_words import word_promise_typed
from makegood.recoveries.queries import Case, MessageLine
from makegood.recoveries.queries.staff_words import words_said

OPENINGS = {
    "apology": ("Our apology", "apologise"),
    "update": ("News about your case", "respond"),
    "outcome": ("How it ended", "communicate"),
    "follow_up": ("Is everything right now?", "stay"),
}


def _draft(request: HttpRequest, case: Case) -> MessageLine:
    wanted = request.POST.get("draft", "")
    for one in case.messages:
        if str(one.id) == wanted and one.direction == "out" and one.state == "draft":
            return one
    raise UnableToSend("This message was sent, stopped or changed meanwhile: reload to see.")


def _typed(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")[:20_000]


def _again(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show the recovery with the words as they were typed, and what the rules think of those."""
    case = case_of(desk, code)
    screen = screen_of(desk, case)
    if request.method != "POST" or "text" not in request.POST or screen.page.next is None:
        return screen
    try:
        draft = draft_of(desk, case, _draft(request, case), text=_typed(request), subject=request.POST.get("subject"))
    except UnableToSend:
        return screen
    return attrs.evolve(screen, page=attrs.evolve(screen.page, next=attrs.evolve(screen.page.next, draft=draft)))


@acts(_again)
def say(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Send the words as they stand: the click of a named person. Or begin new ones."""
    case = case_of(desk, code)
    if request.POST.get("begin"):
        return _begin(request, desk, case, code)
    draft = _draft(request, case)
    sent = message_send(
        organization_id=desk.organization_id,
        message_id=draft.id,
        by=desk.member_id,
        now=desk.facts.now,
        subject=request.POST.get("subject"),
        body=_typed(request),
        override_reason=request.POST.get("keep", ""),
        case=wording_case(case, draft.kind),
    )
    if sent.blocked:
        raise UnableToSend("They have had this apology in the last 90 days. A second one costs more than silence.")
    waits = words_said(organization_id=desk.organization_id, recovery_id=case.id, now=desk.facts.now)
    said = " You promised something in it: put it on the ledger, or say that it is none." if waits else ""
    tell(request, "On its way.", detail=f"It also stands on the page that they follow.{said}")
    return gone_to("recovery", code=code)


def _begin(request: HttpRequest, desk: Desk, case: Case, code: str) -> HttpResponse:
    kind = request.POST["begin"]
    if kind not in WRITES.values():
        raise Http404
    subject, step = OPENINGS[kind]
    facts = facts_of(desk, case)
    opening = f"{facts.sorry} {facts.own} {facts.next}" if kind == "apology" else ""
    first = first_name(name=case.customer)
    greeting = "Hello," if described(name=case.customer) else f"Dear {first or 'customer'},"
    message_draft(
        organization_id=desk.organization_id,
        draft=Outgoing(
            thread_id=case.thread_id,
            customer_id=case.customer_id,
            kind=kind,
            step=step,
            subject=f"{subject}: {desk.facts.organization}",
            body=f"{greeting}\n\n{opening}\n\n{desk.facts.name}\n{desk.facts.organization}\n",
            send="person",
            key=f"begun:{case.id}:{secrets.token_hex(8)}",
            at=desk.facts.now,
            author_id=desk.member_id,
        ),
        now=desk.facts.now,
    )
    return gone_to("recovery", code=code)


def _findings(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show the findings of what was typed so far."""
    case = case_of(desk, code)
    if request.method != "POST":
        return recovery_screen(request, desk, code=code)
    draft = draft_of(desk, case, _draft(request, case), text=_typed(request))
    return Screen(template="console/parts/findings.html", page={"draft": draft}, fragment=True)


lint = acts(recovery_screen)(_findings)


@acts(_again)
def take(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Mend one finding in what was typed, and show the words again; nothing is sent."""
    case = case_of(desk, code)
    draft, text = _draft(request, case), _typed(request)
    linted = judged(desk, case, kind=draft.kind, text=text)
    for finding in linted.findings if linted else ():
        plain = finding.as_dict()
        if key_of(plain) == request.POST.get("take"):
            text = mended(text, plain, facts_of(desk, case))
            break
    shown = draft_of(desk, case, draft, text=text, subject=request.POST.get("subject"))
    screen = screen_of(desk, case)
    if screen.page.next is None:
        return screen
    return attrs.evolve(screen, page=attrs.evolve(screen.page, next=attrs.evolve(screen.page.next, draft=shown)))


@acts(_again)
def word_typed(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Put a promise that stands in what was typed on the ledger, and show the words again; nothing is sent."""
    case = case_of(desk, code)
    word_promise_typed(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        message_id=_draft(request, case).id,
        text=_typed(request),
        start=whole(request.POST.get("word", ""), field="word", least=0, most=20_000),
        by=desk.member_id,
        now=desk.facts.now,
    )
    return _again(request, desk, code=code)
