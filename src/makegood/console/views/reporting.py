"""Report a failure: three answers, and a recovery with an owner and a clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.asking import KINDS, LOSSES, amount, choices, when, when_fields
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.finding import customer_asked, customer_field, language_asked, language_field, named_so
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Choice, Field, Form, FormPage, Link
from makegood.console.views.frame import Screen, acts, tell
from makegood.core.lengths import fitting
from makegood.customers.queries import customer_one
from makegood.failures.operations import Report, failure_report
from makegood.organizations.queries import places_all
from makegood.recoveries.queries.faces import recovery_of_failure

GUESSES = (
    ("wrong_charge", ("charged", "charge", "twice", "overcharged", "double", "invoice", "bill", "refund")),
    ("interaction", ("rude", "ignored", "shouted", "unfriendly", "unhelpful")),
    ("outage", ("down", "out of order", "broken till", "no hot water", "outage", "not working")),
    ("rework", ("again", "redo", "redone")),
    ("not_as_described", ("wrong size", "wrong colour", "wrong item", "not as described", "different")),
    ("broken_promise", ("late", "promised", "did not arrive", "not ready", "never came", "did not come")),
)


def report_page(request: HttpRequest, desk: Desk) -> Screen:
    """Ask who it happened to, what went wrong, and what it cost them."""
    who = request.POST.get("who", "").strip()
    known = ""
    chosen = request.GET.get("customer", "")
    if chosen.isascii() and chosen.isdigit() and not who:
        one = customer_one(organization_id=desk.organization_id, customer_id=int(chosen))
        known = (one.identity("email") or one.identity("phone") or one.called) if one else ""
    matches = named_so(desk, who or known) if who or known else []
    asks = ()
    if matches:
        asks = (
            Field(
                name="customer",
                label="Is it one of these?",
                kind="radio",
                required=True,
                value=chosen if any(str(one.id) == chosen for one in matches) else "",
                choices=(
                    *(
                        Choice(
                            value=str(one.id),
                            label=one.called,
                            hint=", ".join(value for kind, value in one.identities if kind != "token")
                            or f"known since {one.created_at:%-d %B %Y}",
                        )
                        for one in matches
                    ),
                    Choice(value="new", label="Somebody else"),
                ),
            ),
        )
    places = places_all(organization_id=desk.organization_id, only=desk.places, most=100)
    where = ()
    if len(places) > 1:
        where = (
            Field(
                name="place",
                label="Where?",
                kind="select",
                value=str(desk.places[0]) if desk.places else "",
                choices=choices([(str(one.id), one.name) for one in places], first="Not said"),
            ),
        )
    return Screen(
        template="console/form_page.html",
        page=FormPage(
            title="Report a failure",
            lead="Three answers; the rest can wait.",
            big=True,
            back=Link(label="Today", url=reverse("today")),
            form=Form(
                key="report",
                action=reverse("report"),
                submit="Open the recovery",
                draft=True,
                fields=(
                    attrs.evolve(customer_field(known), label="Who?"),
                    *asks,
                    language_field(desk),
                    Field(
                        name="what",
                        label="What went wrong?",
                        kind="textarea",
                        required=True,
                        rows=2,
                        maxlength=160,
                        hint="For your colleagues: letters to the customer say it in words of their own.",
                        placeholder="The till charged her twice",
                    ),
                    Field(
                        name="cost",
                        label="What did it cost them?",
                        kind="radio",
                        required=True,
                        big=True,
                        choices=choices(LOSSES),
                    ),
                    *when_fields(now=desk.facts.now, zone=desk.facts.zone),
                    *where,
                    Field(
                        name="price",
                        label=f"What did they pay, in {desk.facts.currency}?",
                        inputmode="decimal",
                        hint="If you know it; it bounds what may be given.",
                    ),
                ),
            ),
        ),
    )


def reported(desk: Desk, values: Mapping[str, str], *, at: datetime, chosen: str = "") -> int:
    """This function will open a recovery from the answers to `report_page`, given at a moment; return the failure's id.

    `chosen` is whom they meant of those of that name ("new": somebody else). Raises Unanswered.
    """
    who, what, loss = (values.get(name, "").strip() for name in ("who", "what", "cost"))
    wrong = {}
    if not who:
        wrong["who"] = "Say who it happened to."
    if not what:
        wrong["what"] = "Say what went wrong."
    if loss not in {value for value, _, _ in LOSSES}:
        wrong["cost"] = "Choose what it cost them."
    if who and not chosen and named_so(desk, who):
        wrong["customer"] = "Somebody of this name is known: say whether it is one of them."
    happened_at = at
    try:
        happened_at = when(values, now=at, zone=desk.facts.zone)
    except Unanswered as error:
        wrong |= error.wrong
    price = None
    try:
        price = amount(values.get("price", ""), field="price", currency=desk.facts.currency)
    except Unanswered as error:
        wrong |= error.wrong
    if wrong:
        raise Unanswered(wrong)
    language = language_asked(values)
    return failure_report(
        organization_id=desk.organization_id,
        report=Report(
            customer_id=customer_asked(desk, who, chosen=chosen, language=language),
            kind=kind_of(what),
            loss=loss,
            fault="ours",
            what=fitting(what, most=160),
            happened_at=happened_at,
            place_id=_place(values, desk),
            price_minor=price.minor if price else None,
            currency=price.currency if price else "",
            reported_by_id=desk.member_id,
        ),
        now=desk.facts.now,
    )


@acts(report_page)
def report(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open a recovery from three answers; when it happened is now, unless they say otherwise."""
    failure_id = reported(desk, request.POST.dict(), at=desk.facts.now, chosen=request.POST.get("customer", ""))
    number = recovery_of_failure(organization_id=desk.organization_id, failure_id=failure_id)
    if number is None:
        tell(request, "It is written down.", detail="No recovery opens for it; what is owed is still paid.")
        return redirect("today")
    tell(request, f"{words.code(number)} is open, with an owner and a running clock.")
    return redirect("recovery", code=words.code(number))


def _place(values: Mapping[str, str], desk: Desk) -> int | None:
    wanted = values.get("place", "")
    places = places_all(organization_id=desk.organization_id, only=desk.places)
    if wanted and any(str(one.id) == wanted for one in places):
        return int(wanted)
    if desk.places:
        return desk.places[0]
    return places[0].id if len(places) == 1 else None


def kind_of(what: str) -> str:
    """This function will guess the kind of failure from a few plain words."""
    text = what.lower()
    for kind, signs in GUESSES:
        if any(sign in text for sign in signs):
            return kind
    return KINDS[0][0]
