"""The counter: a short report that a phone keeps while the line is down, and what may be given, both to be installed.

A phone sends what it kept one by one, in the order in which it was written, each under its own key: what comes twice
is taken once. A phone's clock may be wrong, so it says how long ago each was written, and ours says when that was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse

from makegood.console.asking import LOSSES
from makegood.console.building import words
from makegood.console.building.playbooks import playbook_remedies
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import CounterPage, Empty, Table, TableRow
from makegood.console.views.frame import Screen, staff, typed_of
from makegood.console.views.reporting import report_page, reported
from makegood.core.limits import Room, refusing
from makegood.core.remedies import Remedy
from makegood.listen.counter import report_kept, report_once
from makegood.makegoods.beforehand import rooms_beforehand
from makegood.organizations.queries import member_places, place_playbooks
from makegood.recoveries.queries.faces import recovery_of_failure

KEY = re.compile(r"[0-9a-f-]{16,64}")
MILLISECONDS = re.compile(r"\d{1,15}")
KEPT = timedelta(days=60)
"""How long ago a phone may have written what it sends."""
BEYOND = {
    "day": "more than is left of your day",
    "recovery": "more than you may give in one recovery",
    "customer": "more than you may give one customer in a year",
    "budget": "more than is left of the budget",
}
"""By kind of limit: why somebody is to be asked."""


@staff
def counter(request: HttpRequest, desk: Desk) -> Screen:
    """Show the short report; it goes to the phone's own queue, or straight to the report page without JavaScript."""
    form = report_page(request, desk).page.form
    page = CounterPage(
        title="The counter",
        lead="Report what went wrong. While the line is down this phone keeps it, and sends it when the line is back.",
        member=str(desk.member_id),
        name=desk.facts.name,
        form=attrs.evolve(form, key="counter", draft=False, submit="Report it", action=reverse("report")),
    )
    return Screen(template="console/counter.html", page=page)


@staff
def give(request: HttpRequest, desk: Desk) -> Screen:
    """Show what may be given for each loss where this member works, and what their limits leave them."""
    here, place_id = desk.organization_id, _only_place(desk)
    rooms = rooms_beforehand(organization_id=here, member_id=desk.member_id, place_id=place_id, at=desk.facts.now)
    chosen = place_playbooks(organization_id=here, place_ids=[place_id] if place_id else [])
    remedies = playbook_remedies(organization_id=here, code=next(iter(chosen.values()), ""))
    gives = tuple(
        Table(
            caption=f"They lost: {label.lower()}",
            head=("What", "Worth to them", "Costs us", "Without asking"),
            rows=tuple(
                TableRow(
                    cells=(
                        one.title,
                        written(one.value, desk.reader),
                        written(one.cost, desk.reader),
                        _without_asking(one, rooms),
                    )
                )
                for one in remedies
                if loss in one.losses
            ),
            numeric=(1, 2),
            empty=Empty(title="Nothing is listed for this", text="Put it right, say sorry, and ask a manager."),
        )
        for loss, label, _ in LOSSES
    )
    page = CounterPage(
        title="What may I give?",
        lead="Put it right first; what is owed by law comes by itself. Then one of these, that fits what they lost."
        " Whoever was given something before may get less: offering it says so.",
        member=str(desk.member_id),
        name=desk.facts.name,
        gives=gives,
        as_of=f"{desk.facts.now.astimezone(ZoneInfo(desk.facts.zone)):%-d %B %Y, %H:%M}",
        left=written(rooms[0].left, desk.reader),
    )
    return Screen(template="console/counter.html", page=page)


def _only_place(desk: Desk) -> int | None:
    """The one place that this member serves; None where they serve several or all."""
    served = member_places(organization_id=desk.organization_id, member_id=desk.member_id)
    return served[0] if len(served) == 1 else None


def _without_asking(remedy: Remedy, rooms: Sequence[Room]) -> str:
    refused = refusing(rooms, cost=remedy.cost)
    return "yes" if refused is None else f"ask first: {BEYOND[refused.kind]}"


@staff
def present(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say who is signed in here, and give the token that a report is sent with."""
    return _json({"csrf": get_token(request), "member": str(desk.member_id)})


def reports(request: HttpRequest) -> HttpResponse:
    """Take one report that a phone kept: 201 the first time, 200 again, 422 with a sentence for one that cannot be."""
    try:
        return staff(_taken)(request)
    except Exception as error:
        typed = typed_of(request, error)
        if typed is None:
            raise
        return _json({"error": typed.error or " ".join(typed.wrong.values())}, status=422)


def _taken(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        return _json({"error": "Post a report here."}, status=405)
    key = request.POST.get("key", "")
    if not KEY.fullmatch(key):
        raise Unanswered({"key": "This report has no key: write it anew."})
    at = _written_at(request, desk.facts.now)
    raw_id = report_once(organization_id=desk.organization_id, key=key, now=desk.facts.now)
    if raw_id is None:
        return _json({"again": True})
    failure_id = reported(desk, request.POST.dict(), at=at, chosen="new")
    report_kept(organization_id=desk.organization_id, raw_id=raw_id, failure_id=failure_id, happened_at=at)
    number = recovery_of_failure(organization_id=desk.organization_id, failure_id=failure_id)
    return _json({"code": words.code(number) if number else ""}, status=201)


def _written_at(request: HttpRequest, now: datetime) -> datetime:
    """When it was written, by our clock: the phone says how long ago that was when it sent it."""
    typed, sent = request.POST.get("written", ""), request.POST.get("sent", "")
    if not MILLISECONDS.fullmatch(typed) or not MILLISECONDS.fullmatch(sent):
        raise Unanswered({"written": "This report does not say when it was written: write it anew."})
    ago = timedelta(milliseconds=int(sent) - int(typed)) if int(sent) >= int(typed) else timedelta()
    if ago > KEPT:
        raise Unanswered({"written": f"This was written more than {KEPT.days} days ago: report it on a computer."})
    return now - ago


def worker(request: HttpRequest) -> HttpResponse:
    """Give the phone's own worker, which may look after the counter's pages and nothing else."""
    response = render(request, "console/counter_worker.js", content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _json(said: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = JsonResponse(said, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
