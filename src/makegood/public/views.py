"""What customers do: follow their case, answer an offer, write back, rate, and report a problem. No login."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import attrs
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from makegood.customers.queries import customer_one
from makegood.failures.operations import UnableToReportFailure
from makegood.listen.forms import FormReport, UnableToTakeReport, form_accept
from makegood.makegoods import operations as makegoods
from makegood.makegoods.queries import Gift, makegoods_of_failures
from makegood.messages.links import Conversation, status_read, status_url
from makegood.messages.operations import message_received
from makegood.messages.queries import thread_messages, thread_named
from makegood.organizations.queries import organization_facts
from makegood.public.building import Letter, status_page
from makegood.public.viewmodels import NotePage, Option, Question, ReportPage
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.operations.tapping import rating_give, rating_may, rating_tap
from makegood.recoveries.queries import Case, recovery_by_thread, recovery_case
from makegood.store.clocks import now as store_now
from makegood.store.secrets import UnknownToken
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt

WINDOW = timedelta(minutes=15)
UNKNOWN, WRITES, REPORTS = 20, 60, 10
"""How often, a quarter of an hour, one network address may try unknown links, post to a page, send reports."""
COSTS = (
    ("money", "Money"),
    ("goods", "Something I bought"),
    ("service", "The service itself"),
    ("time", "Time"),
    ("attention", "I was not looked after"),
    ("trust", "My trust"),
)
LOCALES = {"": "en_GB", "en": "en_GB"}
View = Callable[..., HttpResponse]


@attrs.frozen(kw_only=True)
class Following:
    """One customer's conversation, opened by their link, inside their organization."""

    organization_id: int
    thread_id: int
    case: Case
    signed: str


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def note(request: HttpRequest, *, title: str, text: str, status: int = 200, **more: Any) -> HttpResponse:
    """This function will show a page that says one thing."""
    response = render(request, "public/note.html", {"page": NotePage(title=title, text=text, **more)}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def too_many(request: HttpRequest, retry_after: int) -> HttpResponse:
    """This function will say that a little wait is needed."""
    minutes = max(1, round(retry_after / 60))
    response = note(
        request,
        title="Please wait a little",
        text=f"There were too many tries from your network. Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        status=429,
    )
    response.headers["Retry-After"] = str(retry_after)
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    counted = attempt(key=f"status:unknown:{_address(request)}", limit=UNKNOWN, window=WINDOW)
    if not counted.allowed:
        return too_many(request, counted.retry_after)
    return note(
        request,
        title="This link leads nowhere",
        text="It may have been cut off on its way. Open it again from our message, or answer that message.",
        status=404,
    )


def following(view: View) -> View:
    """Make a view of one conversation: the link is read, its organization opened, and unknown ones are counted.

    A link leads to its page until STATUS_DAYS after the recovery closed.
    """

    @wraps(view)
    def answer(request: HttpRequest, signed: str) -> HttpResponse:
        try:
            named = status_read(signed=signed)
        except UnknownToken:
            return _unknown(request)
        if request.method == "POST":
            counted = attempt(key=f"status:post:{_address(request)}", limit=WRITES, window=WINDOW)
            if not counted.allowed:
                return too_many(request, counted.retry_after)
        try:
            with tenant(organization_id=named.organization_id):
                found = _opened(named, signed)
                if found is not None and _expired(found):
                    return _gone(request, found)
                return _unknown(request) if found is None else view(request, found)
        except ValueError as error:
            if not type(error).__module__.startswith("makegood."):
                raise
            said = str(error)
        with tenant(organization_id=named.organization_id):
            found = _opened(named, signed)
            return _unknown(request) if found is None else _shown(request, found, status=422, said=said)

    return answer


def _expired(found: Following) -> bool:
    closed_at = found.case.closed_at
    lasts = timedelta(days=settings.STATUS_DAYS)
    return closed_at is not None and store_now(organization_id=found.organization_id) >= closed_at + lasts


def _gone(request: HttpRequest, found: Following) -> HttpResponse:
    organization = organization_facts(organization_id=found.organization_id)
    return note(
        request,
        title="This page has ended",
        text=f"What it was about was settled, and such a page stays for {settings.STATUS_DAYS} days after that. "
        "If something is not right, answer our last message or write to us here: you get a page again.",
        status=410,
        organization=organization.name,
        next_url=reverse("public-report", args=[organization.code]),
        next_label="Write to us",
        lang=organization.language[:2] or "en",
    )


def _opened(named: Conversation, signed: str) -> Following | None:
    here = named.organization_id
    thread_id = thread_named(organization_id=here, token=named.token)
    recovery_id = thread_id and recovery_by_thread(organization_id=here, thread_id=thread_id)
    if not recovery_id or not thread_id:
        return None
    case = recovery_case(organization_id=here, recovery_id=recovery_id, now=store_now(organization_id=here))
    return case and Following(organization_id=here, thread_id=thread_id, case=case, signed=signed)


def _shown(request: HttpRequest, found: Following, *, status: int = 200, said: str = "") -> HttpResponse:
    here, case = found.organization_id, found.case
    customer = customer_one(organization_id=here, customer_id=case.customer_id)
    if customer is None or customer.erased_at is not None:
        return note(
            request,
            title="There is nothing here any more",
            text="What we knew of you was erased, as was asked for.",
            status=410,
        )
    organization = organization_facts(organization_id=here)
    rows = makegoods_of_failures(organization_id=here, failure_ids=[one.id for one in case.failures])
    rates, writes = request.path.endswith("/rate"), request.path.endswith("/write")
    page = status_page(
        Letter(
            organization=organization,
            customer=customer,
            case=case,
            makegoods=rows,
            swaps=_swaps(found) if any(row.state == "offered" and row.part == "extra" for row in rows) else (),
            messages=thread_messages(organization_id=here, thread_id=found.thread_id, public=True),
            may_rate=rating_may(organization_id=here, recovery_id=case.id),
            signed=found.signed,
            now=store_now(organization_id=here),
            locale=LOCALES.get(organization.language, organization.language.replace("-", "_")),
            notice=request.session.pop("status_notice", "") if status == 200 else "" if rates or writes else said,
            text=request.POST.get("text", "") if writes else "",
            error=said if writes else "",
            rating_error=said if rates else "",
        )
    )
    response = render(request, "public/status.html", {"page": page}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _swaps(found: Following) -> tuple[Gift, ...]:
    """What the customer may have instead: what fits the same loss and costs no more than what is offered."""
    here, case = found.organization_id, found.case
    row = next(one for one in case.makegoods if one.state == "offered" and one.part == "extra")
    gifts = gifts_for(
        organization_id=here, failure_id=row.failure_id, member_id=case.owner_id, now=store_now(organization_id=here)
    ).gifts
    return tuple(
        gift
        for gift in gifts
        if gift.cost.currency == row.cost.currency
        and gift.cost.minor <= row.cost.minor
        and gift.value.minor <= row.value.minor
    )


@following
def status(request: HttpRequest, found: Following) -> HttpResponse:
    """Show the customer their case."""
    return _shown(request, found)


def _back(request: HttpRequest, found: Following, said: str, *, fragment: str = "") -> HttpResponse:
    request.session["status_notice"] = said
    return redirect(reverse("status", args=[found.signed]) + fragment)


@following
def status_answer(request: HttpRequest, found: Following) -> HttpResponse:
    """Take an offer, swap it, or decline it."""
    if request.method != "POST":
        return _shown(request, found)
    here, now = found.organization_id, store_now(organization_id=found.organization_id)
    act, _, rest = request.POST.get("answer", "").partition(":")
    number, _, remedy = rest.partition(":")
    row = next((one for one in found.case.makegoods if str(one.id) == number and one.part == "extra"), None)
    if row is None:
        raise makegoods.UnableToMoveMakeGood("This offer has changed meanwhile: look again below.")
    if act == "accept":
        makegoods.makegood_accept(organization_id=here, makegood_id=row.id, now=now)
        return _back(request, found, "Thank you. It is yours.")
    if act == "decline":
        makegoods.makegood_decline(organization_id=here, makegood_id=row.id, now=now)
        return _back(request, found, "Thank you for telling us. Nothing else changes.")
    gift = next((one for one in _swaps(found) if act == "swap" and one.remedy == remedy), None)
    if gift is None:
        raise makegoods.UnableToSwap("This cannot be had instead any more: look again below.")
    makegoods.makegood_swap(
        organization_id=here,
        makegood_id=row.id,
        now=now,
        instead=makegoods.Offer(
            failure_id=row.failure_id,
            customer_id=found.case.customer_id,
            part="extra",
            remedy=gift.remedy,
            title=gift.title,
            form=gift.form,
            value_minor=gift.value.minor,
            cost_minor=gift.cost.minor,
            currency=gift.cost.currency,
            at=now,
            offered_by=row.offered_by_id,
        ),
    )
    return _back(request, found, "Thank you. We swapped it.")


class UnableToWrite(ValueError):
    """Write something before you send it."""


@following
def status_write(request: HttpRequest, found: Following) -> HttpResponse:
    """Take what the customer writes back."""
    if request.method != "POST":
        return _shown(request, found)
    text = request.POST.get("text", "").strip()[:5000]
    if not text:
        raise UnableToWrite(UnableToWrite.__doc__)
    here = found.organization_id
    message_received(
        organization_id=here,
        key=f"status:{found.thread_id}:{secrets.token_hex(16)}",
        at=store_now(organization_id=here),
        body=text,
        token=found.case.thread_token,
        channel="status",
    )
    return _back(request, found, f"{found.case.owner} has it now.")


@following
def status_rate(request: HttpRequest, found: Following) -> HttpResponse:
    """Take a score, or one of the five further taps."""
    if request.method != "POST":
        return _shown(request, found)
    here, now = found.organization_id, store_now(organization_id=found.organization_id)
    given = {"organization_id": here, "recovery_id": found.case.id, "now": now}
    if "score" in request.POST:
        reasons = rating_give(**given, score=_tapped(request.POST["score"]))
        if any(one.rule == "score.reopen" for one in reasons):
            return _back(request, found, "Thank you for saying so. Your case is open again: a person answers you.")
        return _back(request, found, "Thank you. We wrote it down.")
    for name in request.POST:
        if name != "csrfmiddlewaretoken":
            rating_tap(**given, name=name, value=_tapped(request.POST[name]))
            return redirect(reverse("status", args=[found.signed]) + f"#cares-{name}")
    return _shown(request, found)


def _tapped(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0


def _organization(code: str) -> tuple[int, str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, language FROM finder.organization(%s)", [code])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return row


def public_report(request: HttpRequest, organization: str) -> HttpResponse:
    """Take a customer's report of a problem."""
    here, name, language = _organization(organization)
    if request.method != "POST":
        return _report_page(request, organization, name, language)
    counted = attempt(key=f"report:{_address(request)}", limit=REPORTS, window=WINDOW)
    if not counted.allowed:
        return too_many(request, counted.retry_after)
    if request.POST.get("website"):
        return redirect("public-thanks", organization=organization)
    wrong = _unanswered(request)
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
                    name=request.POST.get("name", "")[:200],
                    order=request.POST.get("order", "")[:120],
                ),
                now=store_now(organization_id=here),
            )
    except UnableToTakeReport as error:
        return _report_page(request, organization, name, language, {"contact": str(error)})
    except UnableToReportFailure as error:
        return _report_page(request, organization, name, language, {"what": str(error)})
    if taken.token:
        request.session["follow"] = status_url(organization_id=here, token=taken.token)
    return redirect("public-thanks", organization=organization)


def _unanswered(request: HttpRequest) -> dict[str, str]:
    wrong = {}
    if not request.POST.get("what", "").strip():
        wrong["what"] = "Tell us what happened."
    if request.POST.get("cost", "") not in dict(COSTS):
        wrong["cost"] = "Choose what it cost you."
    if not request.POST.get("contact", "").strip():
        wrong["contact"] = "Give an e-mail address or a phone number, so that we can answer you."
    return wrong


def _report_page(
    request: HttpRequest, organization: str, name: str, language: str, wrong: dict[str, str] | None = None
) -> HttpResponse:
    wrong = wrong or {}

    def asked(field: str, label: str, **more: Any) -> Question:
        return Question(
            name=field, label=label, value=request.POST.get(field, "")[:5000], error=wrong.get(field, ""), **more
        )

    page = ReportPage(
        organization=name,
        title="Tell us what went wrong",
        lead="A person reads this. You get a link at once that shows what we do about it.",
        url=reverse("public-report", args=[organization]),
        submit="Send it",
        trap="website",
        hidden=(("key", request.POST.get("key", "")[:80] or secrets.token_hex(16)),),
        lang=language[:2] or "en",
        questions=(
            asked("what", "What happened?", kind="textarea", required=True, maxlength=2000),
            asked(
                "cost",
                "What did it cost you?",
                kind="radio",
                required=True,
                options=tuple(Option(value=value, label=label) for value, label in COSTS),
            ),
            asked(
                "contact",
                "Your e-mail or phone number",
                required=True,
                autocomplete="email",
                hint="Only to answer you about this.",
                maxlength=320,
            ),
            asked("name", "Your name", autocomplete="name", maxlength=200),
            asked("order", "Order, booking or receipt number", maxlength=120),
        ),
    )
    response = render(request, "public/report.html", {"page": page}, status=422 if wrong else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def public_thanks(request: HttpRequest, organization: str) -> HttpResponse:
    """Thank for a report, with the link to follow it by."""
    _, name, language = _organization(organization)
    follow = request.session.get("follow", "")
    return note(
        request,
        title="Thank you. We are on it.",
        text="A person has it now. On the next page you see who, and what happens when."
        if follow
        else "We have it, and will look into it.",
        organization=name,
        next_url=follow,
        next_label="See what we do" if follow else "",
        lang=language[:2] or "en",
    )
