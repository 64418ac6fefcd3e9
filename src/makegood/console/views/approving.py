"""Answering what a colleague may not give alone: by one tap from a mail or phone, or on the recovery's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from makegood.console import sessions
from makegood.console.building.words import code as code_of
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Action, ApprovePage, Fact, Link, Notice, Reader, Shell
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import gone_to, tell
from makegood.console.views.merging import act
from makegood.console.views.recoveries import case_of
from makegood.messages.links import ToApprove, approval_read
from makegood.organizations.queries import organization_facts
from makegood.recoveries.operations.approving import approval_ask, approval_decide
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.approvals import AskedLine, approval_for, approvals_waiting
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.secrets import UnknownToken
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt

WRONG_LINKS = 20
"""How often, a quarter of an hour, one network address may open links that are none."""
ENDED = "This link counts no more. Sign in and look at the recovery: what still waits for a yes stands there."
ANSWERED = {
    "approved": "It was answered already: yes. Nothing more is to do here.",
    "refused": "It was answered already: no. Nothing more is to do here.",
    "over": "The recovery ended, or the same was offered, before anybody answered. Nothing more is to do here.",
}


def approve(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, and take the answer when it is posted: opening the link, as scanners do, answers nothing."""
    key = f"approve:address:{sessions.network_address(request)}"
    try:
        sessions.peek(key=key, limit=WRONG_LINKS)
        link = approval_read(signed=token)
    except sessions.TooManyTries as error:
        return error_answer(request, status=429, retry_after=error.retry_after)
    except UnknownToken:
        attempt(key=key, limit=WRONG_LINKS, window=sessions.WINDOW)
        return error_answer(request, status=404, text=ENDED)
    wrong = ""
    answer = request.POST.get("answer", "")
    if request.method == "POST" and answer in ("yes", "no"):
        try:
            return _answered(request, token, link, yes=answer == "yes")
        except ValueError as error:
            if not type(error).__module__.startswith("makegood."):
                raise
            wrong = str(error)
    with tenant(organization_id=link.organization_id):
        asked = _asked(link)
        return (
            error_answer(request, status=404, text=ENDED)
            if asked is None
            else _page(request, token, link, asked, wrong=wrong)
        )


def _asked(link: ToApprove) -> AskedLine | None:
    return approval_for(
        organization_id=link.organization_id,
        approval_id=link.approval_id,
        member_id=link.member_id,
        now=store_now(organization_id=link.organization_id),
    )


def _answered(request: HttpRequest, token: str, link: ToApprove, *, yes: bool) -> HttpResponse:
    with tenant(organization_id=link.organization_id):
        asked = _asked(link)
        if asked is None:
            return error_answer(request, status=404, text=ENDED)
        approval_decide(
            organization_id=link.organization_id,
            approval_id=link.approval_id,
            yes=yes,
            by=link.member_id,
            now=store_now(organization_id=link.organization_id),
        )
        said = f"{asked.asked_by} is told, and offers it to the customer." if yes else f"{asked.asked_by} is told."
        done = ApprovePage(title="You said yes." if yes else "You said no.", lead=said, facts=(), done=True)
        return _drawn(request, link, done)


def _page(request: HttpRequest, token: str, link: ToApprove, asked: AskedLine, *, wrong: str) -> HttpResponse:
    if asked.state != "waiting":
        page = ApprovePage(title="Answered", lead=ANSWERED[asked.state], facts=(), done=True)
        return _drawn(request, link, page, wrong=wrong)
    reader = Reader(now=store_now(organization_id=link.organization_id))
    url = reverse("approve", args=[token])
    page = ApprovePage(
        title=f"May {asked.asked_by} give this?",
        lead="It is given out of your own limits. The fix goes on whatever you answer.",
        facts=(
            Fact(label="What", value=asked.title),
            Fact(label="Costs us", value=written(asked.cost, reader)),
            *((Fact(label="Worth to them", value=written(asked.value, reader)),) if asked.value else ()),
            Fact(label="Recovery", value=f"R-{asked.number}"),
        ),
        yes=Action(label="Yes, give it", url=url, style="go", hidden=(("answer", "yes"),)),
        no=Action(label="No", url=url, hidden=(("answer", "no"),)),
        more=Link(label=f"Look at R-{asked.number} first", url=reverse("recovery", args=[f"R-{asked.number}"])),
    )
    return _drawn(request, link, page, wrong=wrong)


def _drawn(request: HttpRequest, link: ToApprove, page: ApprovePage, *, wrong: str = "") -> HttpResponse:
    house = organization_facts(organization_id=link.organization_id)
    notices = (Notice(text=wrong, tone="bad"),) if wrong else ()
    shell = Shell(organization=house.name, reader=Reader(now=wall_now(), zone=house.zone), notices=notices)
    response = render(
        request, "console/approve.html", {"page": page, "shell": shell}, status=422 if wrong and page.yes else 200
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@act
def decide(request: HttpRequest, desk: Desk, *, code: str, approval_id: int, answer: str) -> HttpResponse:
    """Answer on the recovery's page, as who is signed in."""
    case = case_of(desk, code)
    waiting = {one.id: one for one in approvals_waiting(organization_id=desk.organization_id, recovery_id=case.id)}
    if approval_id not in waiting or answer not in ("yes", "no"):
        return error_answer(request, status=404)
    approval_decide(
        organization_id=desk.organization_id,
        approval_id=approval_id,
        yes=answer == "yes",
        by=desk.member_id,
        now=desk.facts.now,
    )
    asked = waiting[approval_id]
    tell(request, f"You said {answer}.", detail=f"{asked.asked_by} is told.")
    return gone_to("recovery", code=code)


def ask_for(request: HttpRequest, desk: Desk, case: Case, remedy: str) -> HttpResponse:
    """Ask for an extra of the playbook, in one click."""
    asked = approval_ask(
        organization_id=desk.organization_id, recovery_id=case.id, remedy=remedy, by=desk.member_id, now=desk.facts.now
    )
    later = f"A deputy is asked at {said_at(desk, asked.deputy_at)}. The fix goes on meanwhile."
    tell(request, f"{asked.approver} is asked.", detail=later)
    return gone_to("recovery", code=code_of(case.number))
