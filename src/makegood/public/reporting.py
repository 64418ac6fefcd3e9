"""The form with which customers report a problem, at any place or at the one whose sign led them here. No login."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from makegood.core.lengths import TextTooLong, fitting
from makegood.failures.operations import UnableToReportFailure
from makegood.listen.forms import MOST_ADDRESS, FormReport, UnableToTakeReport, form_accept
from makegood.messages.links import status_url
from makegood.organizations.queries import Named, place_coded
from makegood.public.viewmodels import Option, Question, ReportPage
from makegood.public.views import WINDOW, address_of, asked_in, note, of_visitor, too_many
from makegood.rules.phrases import number, phrase
from makegood.store.clocks import now as store_now
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt

REPORTS = 10
"""How many reports one network address may send in a quarter of an hour."""
LONGEST = {"what": 2000, "contact": MOST_ADDRESS, "name": 200, "order": 120}
"""How many characters an answer may have."""
COSTS = ("money", "goods", "service", "time", "attention", "trust")


def _organization(code: str) -> tuple[int, str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, language FROM finder.organization(%s)", [code])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return row


def public_report(request: HttpRequest, organization: str) -> HttpResponse:
    """Take a customer's report of a problem."""
    here, name, its = _organization(organization)
    language = of_visitor(request, its)
    if request.method != "POST":
        return _report_page(request, organization, name, language)
    counted = attempt(key=f"report:{address_of(request)}", limit=REPORTS, window=WINDOW)
    if not counted.allowed:
        return too_many(request, counted.retry_after)
    if request.POST.get("website"):
        return redirect("public-thanks", organization=organization)
    wrong = _unusable(request, language)
    if wrong:
        return _report_page(request, organization, name, language, wrong)
    try:
        with tenant(organization_id=here):
            taken = form_accept(
                organization_id=here,
                report=FormReport(
                    key=request.POST.get("key", "")[:80] or secrets.token_hex(16),
                    what=request.POST["what"],
                    loss=request.POST["cost"],
                    contact=request.POST["contact"],
                    name=request.POST.get("name", ""),
                    order=request.POST.get("order", ""),
                    place=_place_code(request),
                    language=language if asked_in(request) else "",
                ),
                now=store_now(organization_id=here),
            )
    except UnableToTakeReport:
        return _report_page(request, organization, name, language, _missing(language, "contact"))
    except UnableToReportFailure:
        return _report_page(request, organization, name, language, _missing(language, "what"))
    if taken.new:
        request.session["follow"] = status_url(organization_id=here, token=taken.token) if taken.token else ""
        request.session["written"] = taken.known and "@" in request.POST["contact"]
    return redirect("public-thanks", organization=organization)


def _unusable(request: HttpRequest, language: str) -> dict[str, str]:
    given = {name: request.POST.get(name, "").strip() for name in ("what", "cost", "contact")}
    given["cost"] = given["cost"] if given["cost"] in COSTS else ""
    return _missing(language, *(name for name, value in given.items() if not value)) | _too_long(request, language)


def _too_long(request: HttpRequest, language: str) -> dict[str, str]:
    wrong = {}
    for name, most in LONGEST.items():
        try:
            fitting(request.POST.get(name, ""), most=most)
        except TextTooLong:
            wrong[name] = phrase("error.TextTooLong", language=language, most=number(most, language=language))
    return wrong


def _missing(language: str, *names: str) -> dict[str, str]:
    return {name: phrase(f"report.{name}.missing", language=language) for name in names}


def _place_code(request: HttpRequest) -> str:
    """The place that a sign's code named, along with the form."""
    return (request.POST.get("place") or request.GET.get("place") or "")[:60]


def _at(request: HttpRequest, organization: str) -> Named | None:
    code = _place_code(request)
    if not code:
        return None
    here, _, _ = _organization(organization)
    with tenant(organization_id=here):
        return place_coded(organization_id=here, code=code)


def _report_page(
    request: HttpRequest, organization: str, name: str, language: str, wrong: dict[str, str] | None = None
) -> HttpResponse:
    wrong, at = wrong or {}, _at(request, organization)

    def says(name: str) -> str:
        return phrase(name, language=language)

    def ask(field: str, **more: Any) -> Question:
        return Question(
            name=field,
            label=says(f"report.{field}"),
            value=request.POST.get(field, ""),
            error=wrong.get(field, ""),
            maxlength=LONGEST.get(field),
            **more,
        )

    page = ReportPage(
        organization=name,
        about=at.name if at else "",
        title=says("report.title"),
        lead=says("report.lead"),
        url=reverse("public-report", args=[organization]),
        submit=says("report.send"),
        trap="website",
        hidden=(
            ("key", request.POST.get("key", "")[:80] or secrets.token_hex(16)),
            *((("place", _place_code(request)),) if at else ()),
        ),
        lang=language,
        questions=(
            ask("what", kind="textarea", required=True),
            ask(
                "cost",
                kind="radio",
                required=True,
                options=tuple(Option(value=value, label=says(f"cost.{value}")) for value in COSTS),
            ),
            ask(
                "contact",
                required=True,
                autocomplete="email",
                hint=says("report.contact.hint"),
            ),
            ask("name", autocomplete="name"),
            ask("order"),
        ),
    )
    response = render(request, "public/report.html", {"page": page}, status=422 if wrong else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def public_thanks(request: HttpRequest, organization: str) -> HttpResponse:
    """Thank for a report, with the link to follow it by."""
    _, name, its = _organization(organization)
    language = of_visitor(request, its)
    follow = request.session.get("follow", "")
    return note(
        request,
        title="thanks.title",
        text="thanks.followed" if follow else "thanks.written" if request.session.get("written") else "thanks.kept",
        organization=name,
        next_url=follow,
        next_label=phrase("thanks.next", language=language) if follow else "",
        lang=language,
    )
