"""The frame of every staff view: the session, the permission, one transaction, the page or what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import attrs
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from makegood.console import sessions
from makegood.console.collisions import Collision
from makegood.console.desk import Desk, Waiting, shell_of
from makegood.console.refill import Typed, Unanswered, refilled
from makegood.console.viewmodels import Notice
from makegood.console.views.errors import error_answer
from makegood.core.lengths import TextTooLong, unspaced
from makegood.failures.queries import incidents_proposed
from makegood.makegoods.charges import charges_unstopped_counted
from makegood.makegoods.queries import payouts_by_hand_counted
from makegood.messages.queries import notices_unread
from makegood.organizations.visits import desk_in, visit_note
from makegood.store.clocks import STILL, clock_pace, wall_now
from makegood.store.tenancy import tenant

CONSTRAINTS = {
    "member_last_admin": "The last admin cannot leave or change role: make somebody else an admin first.",
    "organizations_user_email": "An account with this e-mail exists already: choose another address.",
    "member_user": "This account is here already, or was: open their name under Settings, People.",
    "recovery_owned": "The new owner must be an active member: choose somebody else.",
}


@attrs.frozen(kw_only=True)
class Screen:
    """A page to draw: its template, its view model, and which of the main ways it belongs to."""

    template: str
    page: Any
    current: str = ""
    fragment: bool = False


View = Callable[..., Screen | HttpResponse]


def staff(view: View) -> Callable[..., HttpResponse]:
    """Make a view that shows something: for a signed-in member who may, inside their organization."""

    @wraps(view)
    def answer(request: HttpRequest, **names: Any) -> HttpResponse:
        return _framed(request, lambda desk: view(request, desk, **names))

    return answer


def acts(
    again: View, merged: View | None = None, *, begins: bool = True
) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a view that changes something on POST; refused, or fetched, it shows `again` with the same names.

    What the domain refuses is undone whole, and shown on that page with everything that was typed. Where the form is
    not on it any more, or somebody else changed the same meanwhile, `merged` shows it: called with the parts that both
    changed, and what was wrong. In the demo its time begins with what is done, unless the view says that it `begins`
    none.
    """

    done = _begun if begins else _as_it_is

    def made(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, **names: Any) -> HttpResponse:
            if request.method != "POST":
                return _framed(request, lambda desk: again(request, desk, **names))
            try:
                return _framed(request, lambda desk: done(desk, view(request, desk, **names)))
            except Collision as collision:
                parts = collision.parts
                if merged is None:
                    raise
                return _framed(request, lambda desk: merged(request, desk, parts, **names), status=409)
            except Exception as error:
                typed = typed_of(request, error)
                if typed is None:
                    raise
            lost = merged and (lambda desk: merged(request, desk, (), typed.error, **names))
            return _framed(request, lambda desk: again(request, desk, **names), typed=typed, lost=lost)

        return answer

    return made


def _begun(desk: Desk, answer: Screen | HttpResponse) -> Screen | HttpResponse:
    """Let the demo's time run from the first thing that somebody does, where it stood still until then."""
    if settings.DEMO and desk.facts.clock == "running" and desk.facts.speed <= STILL:
        clock_pace(organization_id=desk.organization_id, speed=settings.DEMO_SPEED)
    return answer


def _as_it_is(_desk: Desk, answer: Screen | HttpResponse) -> Screen | HttpResponse:
    return answer


def typed_of(request: HttpRequest, error: Exception) -> Typed | None:
    """This function will say what was wrong in words, if the error is one that the domain or the database foresaw."""
    values = dict(request.POST.lists())
    if isinstance(error, Unanswered):
        return Typed(action=request.path, values=values, error=str(error), wrong=error.wrong)
    if isinstance(error, IntegrityError):
        said = f"{error} {getattr(getattr(error.__cause__, 'diag', None), 'constraint_name', '')}"
        for name, sentence in CONSTRAINTS.items():
            if name in said:
                return Typed(action=request.path, values=values, error=sentence)
        return None
    if isinstance(error, TextTooLong):
        wrong = {name: str(error) for name, given in values.items() if error.text in map(unspaced, given)}
        return Typed(action=request.path, values=values, error=str(error), wrong=wrong)
    if isinstance(error, ValueError) and type(error).__module__.startswith("makegood."):
        return Typed(action=request.path, values=values, error=str(error) or type(error).__doc__ or "")
    return None


def tell(request: HttpRequest, text: str, *, detail: str = "", tone: str = "good") -> None:
    """Keep a notice for the next page that this person sees."""
    request.session["notices"] = [
        *request.session.get("notices", []),
        {"text": text, "detail": detail, "tone": tone},
    ]


def _framed(
    request: HttpRequest,
    view: Callable[[Desk], Screen | HttpResponse],
    *,
    typed: Typed | None = None,
    lost: Callable[[Desk], Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    visitor = sessions.visitor_of(request)
    if visitor is None:
        return _to_sign_in(request)
    with tenant(organization_id=visitor.organization_id):
        facts = desk_in(visitor, now=wall_now())
        if facts is None:
            sessions.end(request)
            return _to_sign_in(request)
        if sessions.seen(request, visitor):
            visit_note(visitor=visitor, facts=facts)
        desk = Desk(visitor=visitor, facts=facts)
        match = request.resolver_match
        if match is None or not desk.may(match.url_name or ""):
            return error_answer(request, status=403)
        if facts.password_once and visitor.by is None and match.url_name != "password":
            return _sent_to(request, reverse("password"))
        answer = view(desk)
        if isinstance(answer, HttpResponseBase):
            return answer
        if answer.fragment:
            return render(request, answer.template, answer.page)
        if typed is None:
            return _drawn(request, desk, answer, status=status)
        page, found = refilled(answer.page, typed)
        if not found and lost is not None and _worded(typed):
            return _drawn(request, desk, lost(desk), status=422)
        return _drawn(request, desk, attrs.evolve(answer, page=page), status=422, wrong="" if found else typed.error)


def _worded(typed: Typed) -> bool:
    """Whether a person wrote anything into the form, beyond what it carried along and chose."""
    told = [value for name, values in typed.values.items() for value in values if not name.startswith("seen.")]
    return any(" " in value.strip() for value in told)


def _drawn(request: HttpRequest, desk: Desk, screen: Screen, *, status: int, wrong: str = "") -> HttpResponse:
    page, notices = screen.page, [Notice(**notice) for notice in request.session.pop("notices", [])]
    if wrong:
        notices.append(Notice(text=wrong, tone="bad"))
    shell = shell_of(
        desk,
        current=screen.current,
        notices=tuple(notices),
        others=sessions.memberships(user_id=desk.visitor.user_id, here=desk.organization_id, by=desk.visitor.by),
        waiting=_waiting(desk),
    )
    response = render(request, screen.template, {"page": page, "shell": shell}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _waiting(desk: Desk) -> Waiting:
    here = desk.organization_id
    return Waiting(
        incident=incidents_proposed(organization_id=here, places=desk.places),
        notices=notices_unread(organization_id=here, member_id=desk.member_id),
        payouts=payouts_by_hand_counted(organization_id=here) + charges_unstopped_counted(organization_id=here)
        if desk.may("payouts")
        else 0,
    )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    following = request.get_full_path() if request.method == "GET" else ""
    query = f"?{urlencode({'next': following})}" if following not in ("", "/") else ""
    return _sent_to(request, reverse("sign-in") + query)


def _sent_to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def gone_to(name: str, **names: Any) -> HttpResponse:
    """This function will send the browser on after a change, so that reloading repeats nothing."""
    return redirect(reverse(name, kwargs=names))
