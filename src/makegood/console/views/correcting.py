"""Correcting a customer, and saying that two customers are one person."""

from __future__ import annotations

import re

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console import permissions
from makegood.console.building.mails import mails_in_trouble
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import ConfirmPage, Field, Form, Link
from makegood.console.views.customers import customer_page, may_correct
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, acts, gone_to, tell
from makegood.customers.correcting import (
    CHANNELS,
    Correct,
    KnownOtherwise,
    UnableToCorrect,
    customer_correct,
    emails_read,
    person_of,
    phones_read,
    reached_by,
)
from makegood.customers.operations import customer_merge
from makegood.customers.queries import CustomerFacts, customer_one
from makegood.messages.readdressing import drafts_waiting
from makegood.recoveries.queries import customer_recoveries
from makegood.rules.phrases import languages

NUMBER = re.compile(r"[0-9]{1,18}")
WHAT = {
    "name": "the name",
    "language": "the language",
    "channel": "how they are written to",
    "email": "the e-mail addresses",
    "phone": "the phone numbers",
}


def _known(desk: Desk, customer_id: int) -> CustomerFacts:
    found = customer_one(organization_id=desk.organization_id, customer_id=customer_id)
    if found is None:
        raise Http404
    return found


@acts(customer_page)
def correct(request: HttpRequest, desk: Desk, *, customer_id: int) -> HttpResponse | Screen:
    """Correct a customer; where an address is another's, a manager is asked whether they are one person."""
    one = _known(desk, customer_id)
    opened = customer_recoveries(organization_id=desk.organization_id, customer_id=one.id)
    if not may_correct(desk, one, opened):
        return error_answer(request, status=403)
    try:
        changed = customer_correct(
            organization_id=desk.organization_id,
            customer_id=one.id,
            correct=_typed(request, one),
            now=desk.facts.now,
            by=desk.member_id,
        )
    except KnownOtherwise as error:
        return _asked(desk, one, error)
    if not changed:
        tell(request, "Nothing was changed.")
        return gone_to("customer", customer_id=one.id)
    people = person_of(organization_id=desk.organization_id, customer_id=one.id)
    spoken = "language" in changed
    waiting = drafts_waiting(organization_id=desk.organization_id, customer_ids=people)
    failed = "email" in changed and bool(mails_in_trouble(desk, customer_ids=people))
    hints = [
        "What waits to be sent goes there." if "email" in changed or "channel" in changed else "",
        "What did not arrive is below: send it again." if failed else "",
        "Drafts were begun with the old name: read them before you send them." if "name" in changed else "",
        "The draft that waits is written anew in it." if spoken and waiting.planned else "",
        "What else was drafted waits in the old language: stop it, and begin it anew."
        if spoken and waiting.drafted
        else "",
        "What somebody began or wrote in stays in the language that it is in: read it before you send it."
        if spoken and waiting.written
        else "",
    ]
    tell(
        request,
        f"Corrected: {', '.join(said for what, said in WHAT.items() if what in changed)}.",
        detail=" ".join(filter(None, hints)),
    )
    return gone_to("customer", customer_id=one.id)


def _typed(request: HttpRequest, one: CustomerFacts) -> Correct:
    wrong, read = {}, {}
    for name, reading in (("emails", emails_read), ("phones", phones_read)):
        try:
            read[name] = reading(text=request.POST.get(name, ""))
        except UnableToCorrect as error:
            wrong[name] = str(error)
    language, channel = request.POST.get("language", ""), request.POST.get("channel", "")
    if language not in ("", one.language, *languages()):
        wrong["language"] = "Choose one from the list."
    if channel not in CHANNELS:
        wrong["channel"] = "Choose how they are written to."
    if wrong:
        raise Unanswered(wrong)
    return Correct(
        name=request.POST.get("name", ""),
        language=language,
        channel=channel,
        emails=read["emails"],
        phones=read["phones"],
        seen_emails=_seen(request, "emails"),
        seen_phones=_seen(request, "phones"),
    )


def _seen(request: HttpRequest, name: str) -> tuple[str, ...]:
    return tuple(request.POST.get(f"seen.{name}", "").splitlines())


def _asked(desk: Desk, one: CustomerFacts, error: KnownOtherwise) -> Screen:
    """Say whose the address is; who may not merge is sent to a manager."""
    other = _known(desk, error.owner_id)
    field = "emails" if error.kind == "email" else "phones"
    if other.erased_at is not None:
        raise Unanswered({field: f"{error.value} is of somebody who was erased: it is not written down again."})
    if desk.facts.role not in permissions.MERGES:
        said = "take it out, or ask a manager whether they are one person."
        raise Unanswered({field: f"{error.value} is {other.called_inside}'s already: {said}"})
    return _screen(one, other, f"{error.value} is {other.called_inside}'s already. This cannot be undone.")


def _screen(one: CustomerFacts, other: CustomerFacts, lead: str) -> Screen:
    back = Link(label=one.called, url=reverse("customer", args=[one.id]))
    return Screen(
        template="console/confirm.html",
        current="customers",
        page=ConfirmPage(
            title=f"Are {one.called_inside} and {other.called_inside} one person?",
            lead=lead,
            will=(
                f"Everything of {one.called_inside} counts as {other.called_inside}'s from now on: "
                "recoveries, apologies, gifts.",
                f"{other.called}'s name stands on the pages that they follow.",
            ),
            stays=("Each recovery, with its owner, its words and its promises.",),
            form=Form(
                key="merge-customers",
                action=reverse("customer-merge", args=[one.id]),
                submit="They are one person",
                style="danger",
                fields=(
                    Field(name="into", label="", kind="hidden", value=str(other.id)),
                    Field(
                        name="sure",
                        label="I have checked that they are one person",
                        kind="checkbox",
                        required=True,
                    ),
                ),
                cancel=Link(label="No: keep them apart, and correct the address", url=back.url),
            ),
            back=back,
        ),
    )


def merge_page(request: HttpRequest, desk: Desk, *, customer_id: int) -> Screen:
    """Ask once more before two customers become one."""
    one, other = _both(request, desk, customer_id)
    return _screen(one, other, "This cannot be undone.")


def _both(request: HttpRequest, desk: Desk, customer_id: int) -> tuple[CustomerFacts, CustomerFacts]:
    said = request.POST.get("into") or request.GET.get("into") or ""
    one, other = _known(desk, customer_id), _known(desk, int(said) if NUMBER.fullmatch(said) else 0)
    if one.id == other.id or one.erased_at is not None or other.erased_at is not None:
        raise Http404
    if not may_correct(desk, one, customer_recoveries(organization_id=desk.organization_id, customer_id=one.id)):
        raise PermissionDenied
    return one, other


@acts(merge_page)
def merge(request: HttpRequest, desk: Desk, *, customer_id: int) -> HttpResponse:
    """Let one customer be the other from now on."""
    one, other = _both(request, desk, customer_id)
    if not request.POST.get("sure"):
        raise Unanswered({"sure": "Tick that you have checked."})
    customer_merge(
        organization_id=desk.organization_id,
        customer_id=one.id,
        into_id=other.id,
        now=desk.facts.now,
        by=desk.member_id,
    )
    several = len(reached_by(organization_id=desk.organization_id, customer_id=other.id)["email"]) > 1
    hint = "They have more than one e-mail address now: take out what is wrong under “Correct this”." if several else ""
    tell(request, f"{one.called} is {other.called_inside} from now on.", detail=hint)
    return gone_to("customer", customer_id=other.id)
