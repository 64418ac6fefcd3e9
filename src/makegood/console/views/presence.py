"""Who else has a recovery open, and whether it changed: asked by the open page every few seconds."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from makegood.console.building.presence import known_of
from makegood.console.building.words import number_of
from makegood.console.desk import Desk
from makegood.console.others import others_now
from makegood.console.views.frame import staff
from makegood.messages.queries import message_kind
from makegood.recoveries.queries.faces import recovery_seen
from makegood.recoveries.queries.stamps import Stamp


@staff
def others(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Answer what changed since the page was drawn: 304 where nothing did, or 204 to a page that says what it knows."""
    number = number_of(code, "R")
    found = number and recovery_seen(organization_id=desk.organization_id, number=number)
    if not number or not found or not desk.sees(place_id=found.place_id, owner_id=found.owner_id):
        raise Http404
    told = others_now(
        desk,
        recovery_id=found.id,
        number=number,
        seen=_stamp(request.GET.get("seen", "")),
        doing=_doing(desk, request.GET.get("doing", "")),
    )
    known = known_of(told)
    etag = f'"{known}"'
    if request.GET.get("known") == known and request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
    elif request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = render(request, "console/parts/others.html", {"others": told})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-store"
    return response


def _stamp(text: str) -> Stamp | None:
    last, _, count = text.partition(".")
    plain = (
        last.isascii() and last.isdigit() and len(last) < 19 and count.isascii() and count.isdigit() and len(count) < 10
    )
    return Stamp(last=int(last), count=int(count)) if plain else None


def _doing(desk: Desk, text: str) -> str:
    """What the browser says that its person is at, as a code: of a draft, its kind."""
    what, _, which = text.partition(":")
    if what == "say" and which.isascii() and which.isdigit() and len(which) < 19:
        return message_kind(organization_id=desk.organization_id, message_id=int(which)) or "message"
    return "typing" if what else ""
