"""What customers do: follow their case, answer an offer, write back and rate. No login."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from types import MappingProxyType
from typing import Any

import attrs
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from makegood.core.lengths import TextTooLong, fitting
from makegood.customers.queries import customer_one
from makegood.makegoods import operations as makegoods
from makegood.makegoods.queries import Gift, makegoods_of_failures
from makegood.messages.handing import Given, links_given
from makegood.messages.links import Conversation, status_read
from makegood.messages.operations import message_received
from makegood.messages.queries import thread_messages, thread_named
from makegood.organizations.queries import OrganizationFacts, organization_facts
from makegood.public.building import Letter, status_page
from makegood.public.staying import staying_of
from makegood.public.viewmodels import MOST_WRITTEN, NotePage, StatusPage
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.operations.tapping import rating_give, rating_may, rating_tap
from makegood.recoveries.queries import Case, recovery_by_thread, recovery_case
from makegood.rules.phrases import accepted, locale_for, number, phrase, spoken
from makegood.store.clocks import now as store_now
from makegood.store.secrets import UnknownToken
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt, client_address

WINDOW = timedelta(minutes=15)
UNKNOWN, WRITES = 20, 60
"""How often, a quarter of an hour, one network address may try unknown links and post to a page."""
ERRORS = ("UnableToMoveMakeGood", "UnableToSwap", "UnableToWrite", "UnableToRate", "UnusableScore", "TextTooLong")
"""What a customer's click may come upon that has a sentence of its own; anything else shares one."""
NO_FACTS: Mapping[str, int] = MappingProxyType({})
View = Callable[..., HttpResponse]


@attrs.frozen(kw_only=True)
class Following:
    """One customer's conversation, opened by their link, inside their organization."""

    organization_id: int
    thread_id: int
    case: Case
    signed: str


def address_of(request: HttpRequest) -> str:
    """This function will return the network address that a request came from."""
    return client_address(request.META)


def asked_in(request: HttpRequest) -> tuple[str, ...]:
    """This function will list the languages that a browser asks for."""
    return accepted(request.headers.get("Accept-Language", ""))


def of_visitor(request: HttpRequest, organization: str = "") -> str:
    """This function will choose a language for a stranger: what the browser asks for, else the organization's."""
    return spoken(*asked_in(request), organization)


def note(
    request: HttpRequest, *, title: str, text: str, status: int = 200, lang: str = "", facts: Any = None, **more: Any
) -> HttpResponse:
    """This function will show a page that says one thing: `title` and `text` are phrases, `facts` fill the text.

    The language is `lang`, else what the browser asks for.
    """
    lang = lang or of_visitor(request)
    page = NotePage(
        title=phrase(title, language=lang), text=phrase(text, language=lang, **facts or {}), lang=lang, **more
    )
    response = render(request, "public/note.html", {"page": page}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def too_many(request: HttpRequest, retry_after: int) -> HttpResponse:
    """This function will say that a little wait is needed."""
    minutes = max(1, round(retry_after / 60))
    response = note(
        request,
        title="wait.title",
        text="wait.minutes" if minutes > 1 else "wait.minute",
        facts={"minutes": minutes},
        status=429,
    )
    response.headers["Retry-After"] = str(retry_after)
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    counted = attempt(key=f"status:unknown:{address_of(request)}", limit=UNKNOWN, window=WINDOW)
    if not counted.allowed:
        return too_many(request, counted.retry_after)
    return note(
        request,
        title="unknown.title",
        text="unknown.text",
        status=404,
    )


def following(view: View) -> View:
    """Make a view of one conversation: the link is read, its organization opened, and unknown ones are counted.

    A link leads to its page until STATUS_DAYS after the recovery closed, unless the customer was erased.
    """

    @wraps(view)
    def answer(request: HttpRequest, signed: str) -> HttpResponse:
        try:
            named = status_read(signed=signed)
        except UnknownToken:
            return _unknown(request)
        if request.method == "POST":
            counted = attempt(key=f"status:post:{address_of(request)}", limit=WRITES, window=WINDOW)
            if not counted.allowed:
                return too_many(request, counted.retry_after)
        try:
            with tenant(organization_id=named.organization_id):
                found = _opened(named, signed)
                if found is None:
                    return _unknown(request)
                return _ended(request, found) or view(request, _had(request, named, found))
        except ValueError as error:
            if not type(error).__module__.startswith("makegood."):
                raise
            said, facts = type(error).__name__, _facts(error)
        with tenant(organization_id=named.organization_id):
            found = _opened(named, signed)
            if found is not None and _forgotten(found):
                return _erased(request, found)
            return _unknown(request) if found is None else _shown(request, found, status=422, said=said, facts=facts)

    return answer


def _facts(error: ValueError) -> dict[str, int]:
    """The numbers that the sentence of an error tells."""
    return {"most": error.most} if isinstance(error, TextTooLong) else {}


def _ended(request: HttpRequest, found: Following) -> HttpResponse | None:
    if _expired(found):
        return _gone(request, found)
    return _erased(request, found) if _forgotten(found) else None


def _had(request: HttpRequest, named: Conversation, found: Following) -> Following:
    """Keep that the customer opened their page, the first time; a member who looks at it, or a program, is not them."""
    if found.case.link_at is not None or request.method not in ("GET", "POST") or "member" in request.session:
        return found
    if "prefetch" in f"{request.headers.get('Sec-Purpose', '')}{request.headers.get('Purpose', '')}":
        return found
    now = store_now(organization_id=found.organization_id)
    opened = Given(thread_id=found.thread_id, at=now, how="opened")
    links_given(organization_id=found.organization_id, given=[opened])
    return _opened(named, found.signed) or found


def _expired(found: Following) -> bool:
    closed_at = found.case.closed_at
    lasts = timedelta(days=settings.STATUS_DAYS)
    return closed_at is not None and store_now(organization_id=found.organization_id) >= closed_at + lasts


def _forgotten(found: Following) -> bool:
    """Whether the customer was erased: nothing is shown to them, nor taken from them."""
    customer = customer_one(organization_id=found.organization_id, customer_id=found.case.customer_id)
    return customer is None or customer.erased_at is not None


def _erased(request: HttpRequest, found: Following) -> HttpResponse:
    organization = organization_facts(organization_id=found.organization_id)
    lang = of_visitor(request, organization.language)
    return note(request, title="erased.title", text="erased.text", status=410, lang=lang)


def _gone(request: HttpRequest, found: Following) -> HttpResponse:
    organization = organization_facts(organization_id=found.organization_id)
    lang = _language(found, organization)
    return note(
        request,
        title="ended.title",
        text="ended.text",
        facts={"days": settings.STATUS_DAYS},
        status=410,
        organization=organization.name,
        next_url=reverse("public-report", args=[organization.code]),
        next_label=phrase("ended.next", language=lang),
        lang=lang,
    )


def _language(found: Following, organization: OrganizationFacts) -> str:
    """The customer's own language, else the organization's."""
    customer = customer_one(organization_id=found.organization_id, customer_id=found.case.customer_id)
    return spoken(customer.language if customer else "", organization.language)


def _opened(named: Conversation, signed: str) -> Following | None:
    here = named.organization_id
    thread_id = thread_named(organization_id=here, token=named.token)
    recovery_id = thread_id and recovery_by_thread(organization_id=here, thread_id=thread_id)
    if not recovery_id or not thread_id:
        return None
    case = recovery_case(organization_id=here, recovery_id=recovery_id, now=store_now(organization_id=here))
    if case is not None and case.shadow and not (case.test and case.state != "withdrawn"):
        return None
    return case and Following(organization_id=here, thread_id=thread_id, case=case, signed=signed)


def _shown(
    request: HttpRequest, found: Following, *, status: int = 200, said: str = "", facts: Mapping[str, int] = NO_FACTS
) -> HttpResponse:
    return laid(request, letter_page(request, found, said=said, facts=facts, told=status == 200), status=status)


def laid(request: HttpRequest, page: StatusPage, *, status: int = 200) -> HttpResponse:
    """This function will render a customer's page, which nothing on the way may keep."""
    response = render(request, "public/status.html", {"page": page}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def letter_page(
    request: HttpRequest, found: Following, *, said: str = "", facts: Mapping[str, int] = NO_FACTS, told: bool = False
) -> StatusPage:
    """This function will write a customer's page: `said` names an error; `told` tells what their last click came to.

    `facts` fill the error's sentence.
    """
    here, case = found.organization_id, found.case
    customer = customer_one(organization_id=here, customer_id=case.customer_id)
    organization = organization_facts(organization_id=here)
    assert customer is not None, "every recovery has a customer"
    language = spoken(customer.language, organization.language)
    own = customer.language if spoken(customer.language) == language else ""
    if said:
        numbers = {name: number(value, language=language) for name, value in facts.items()}
        said = phrase(f"error.{said}" if said in ERRORS else "error.other", language=language, **numbers)
    rows = makegoods_of_failures(organization_id=here, failure_ids=[one.id for one in case.failures])
    rates, writes = request.path.endswith("/rate"), request.path.endswith("/write")
    return status_page(
        Letter(
            staying=staying_of(organization_id=here, case=case, signed=found.signed),
            organization=organization,
            customer=customer,
            case=case,
            makegoods=rows,
            swaps=_swaps(found) if any(row.state == "offered" and row.part == "extra" for row in rows) else (),
            messages=thread_messages(organization_id=here, thread_id=found.thread_id, public=True),
            may_rate=rating_may(organization_id=here, recovery_id=case.id),
            signed=found.signed,
            now=store_now(organization_id=here),
            language=language,
            locale=locale_for(own or organization.language),
            notice=_notice(request, language) if told else "",
            text=request.POST.get("text", "") if writes else "",
            wrong=said,
            wrong_in="writing" if writes else "rating" if rates else "",
        )
    )


def _notice(request: HttpRequest, language: str) -> str:
    """What the last click came to, told once."""
    name, owner = request.session.pop("status_told", ("", ""))
    return phrase(name, language=language, owner=owner) if name else ""


def _swaps(found: Following) -> tuple[Gift, ...]:
    """What the customer may have instead: what fits the same loss and costs no more than what is offered.

    What is offered is held for them already, so that nothing has to be left of any limit or budget.
    """
    here, case = found.organization_id, found.case
    row = next(one for one in case.makegoods if one.state == "offered" and one.part == "extra")
    found_for = gifts_for(
        organization_id=here, failure_id=row.failure_id, member_id=case.owner_id, now=store_now(organization_id=here)
    )
    return tuple(
        gift
        for gift in (*found_for.gifts, *found_for.beyond)
        if gift.cost.currency == row.cost.currency
        and gift.cost.minor <= row.cost.minor
        and gift.value.minor <= row.value.minor
    )


@following
def status(request: HttpRequest, found: Following) -> HttpResponse:
    """Show the customer their case."""
    return _shown(request, found)


def _back(request: HttpRequest, found: Following, said: str) -> HttpResponse:
    request.session["status_told"] = (f"notice.{said}", found.case.owner)
    return redirect(reverse("status", args=[found.signed]))


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
        raise makegoods.UnableToMoveMakeGood("There is no such offer here.")
    if act == "accept":
        makegoods.makegood_accept(organization_id=here, makegood_id=row.id, now=now)
        return _back(request, found, "accepted")
    if act == "decline":
        makegoods.makegood_decline(organization_id=here, makegood_id=row.id, now=now)
        return _back(request, found, "declined")
    gift = next((one for one in _swaps(found) if act == "swap" and one.remedy == remedy), None)
    if gift is None:
        raise makegoods.UnableToSwap("There is no such gift to swap it for.")
    makegoods.makegood_swap(
        organization_id=here,
        makegood_id=row.id,
        now=now,
        instead=gift.offer(
            failure_id=row.failure_id, customer_id=found.case.customer_id, at=now, offered_by=row.offered_by_id
        ),
    )
    return _back(request, found, "swapped")


class UnableToWrite(ValueError):
    """Write something before you send it."""


@following
def status_write(request: HttpRequest, found: Following) -> HttpResponse:
    """Take what the customer writes back."""
    if request.method != "POST":
        return _shown(request, found)
    text = fitting(request.POST.get("text", ""), most=MOST_WRITTEN)
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
    return _back(request, found, "written")


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
            return _back(request, found, "reopened")
        return _back(request, found, "rated")
    for name in request.POST:
        if name != "csrfmiddlewaretoken":
            rating_tap(**given, name=name, value=_tapped(request.POST[name]))
            return redirect(reverse("status", args=[found.signed]) + f"#cares-{name}")
    return _shown(request, found)


def _tapped(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0
