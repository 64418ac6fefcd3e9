"""Pages to print: the sign of a place with the QR code of its report form, and the slip with a customer's link."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse

from makegood.console import permissions
from makegood.console.building.reached import only_here
from makegood.console.building.words import code as code_of
from makegood.console.desk import Desk
from makegood.console.qr import qr_of
from makegood.console.viewmodels import Field, Form, Link, PrintPage
from makegood.console.views.frame import Screen, staff
from makegood.console.views.recoveries import case_of
from makegood.messages.links import status_url
from makegood.organizations.queries import places_all
from makegood.rules.phrases import phrase, spoken


def report_url(desk: Desk, place: str) -> str:
    """This function will return the address of the report form with a place filled in."""
    return f"{settings.PUBLIC_URL}{reverse('public-report', args=[desk.facts.code])}?place={quote(place, safe='')}"


@staff
def place(request: HttpRequest, desk: Desk, *, place_id: int) -> Screen:
    """Show the sign of a place: whoever reads its code with a phone reports what went wrong there."""
    found = next(
        (one for one in places_all(organization_id=desk.organization_id, only=desk.places) if one.id == place_id), None
    )
    if found is None:
        raise Http404
    language, runs = spoken(desk.facts.language), desk.facts.role in permissions.SETTINGS["places"]
    url = report_url(desk, found.code)
    page = PrintPage(
        title=f"The sign of {found.name}",
        lead="Print it and put it where customers see it. Its code opens your report form with this place filled in.",
        lang=language,
        organization=desk.facts.organization,
        head=phrase("sign.title", language=language),
        says=phrase("sign.text", language=language),
        at=found.name,
        picture=qr_of(url),
        url=url,
        warning=f"{warned} Print the sign then." if (warned := only_here()) else "",
        back=Link(label="Places", url=reverse("settings", args=["places"])) if runs else Link(label="Today", url="/"),
    )
    return Screen(template="console/print.html", page=page)


@staff
def slip(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show the slip for a customer without an address: the code of their page, to print and hand over."""
    case = case_of(desk, code)
    if case.shadow:
        raise Http404
    language = spoken(case.language, desk.facts.language)
    url = status_url(organization_id=desk.organization_id, token=case.thread_token)
    given = Form(
        key="slip",
        action=reverse("recovery-link", args=[code_of(case.number)]),
        submit="They have it",
        fields=(Field(name="how", label="", kind="hidden", value="shown"),),
    )
    page = PrintPage(
        title=f"The slip of {code_of(case.number)}",
        lead="Print it and hand it over. It opens their own page: give it to nobody else.",
        lang=language,
        organization=desk.facts.organization,
        head=phrase("slip.title", language=language),
        says=phrase("slip.text", language=language),
        picture=qr_of(url),
        url=url,
        warning=only_here(),
        back=Link(label=code_of(case.number), url=reverse("recovery", args=[code_of(case.number)])),
        form=given if case.state == "open" and case.link_at is None else None,
    )
    return Screen(template="console/print.html", current="recoveries", page=page)
