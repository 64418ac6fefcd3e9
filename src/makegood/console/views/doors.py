"""Signing in, signing out, walking into the demo, and changing from one organization to another."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from makegood.console import sessions
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Action, Field, Form, Link, SignInPage
from makegood.console.views.coding import admitted
from makegood.console.views.door import door
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, staff
from makegood.console.views.passkeys import let_in, passkey_form
from makegood.console.views.single_sign_on import STILL_THERE, code_of
from makegood.organizations.founding import organizations_exist
from makegood.organizations.identity_provider import single_sign_on_somewhere
from makegood.organizations.passkeys import WrongPasskey
from makegood.organizations.queries import MemberFacts, members_all, organization_facts
from makegood.store.tenancy import tenant


def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a person in by e-mail and password."""
    if request.method != "POST":
        if not organizations_exist() and not settings.DEMO:
            return redirect("set-up")
        return door(request, _asking(request))
    try:
        given = answers(request.POST, email="Write your e-mail.", password="Write your password.")  # noqa: S106
        user_id = sessions.account_of(
            email=given["email"], password=request.POST["password"], address=sessions.network_address(request)
        )
        found = sessions.memberships(user_id=user_id)
        if not found:
            raise sessions.nowhere(user_id=user_id)
    except (Unanswered, sessions.UnableToSignIn, sessions.LockedOut) as error:
        return door(request, _asking(request), error)
    return admitted(request, user_id=user_id, following=_following(request))


def sign_in_passkey(request: HttpRequest) -> HttpResponse:
    """Let a person in by a passkey."""
    if request.method != "POST":
        return redirect("sign-in")
    try:
        return let_in(request, following=_following(request))
    except (WrongPasskey, sessions.UnableToSignIn, sessions.LockedOut) as error:
        return door(request, _asking(request), error)


def _following(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else reverse("today")


def _asking(request: HttpRequest) -> SignInPage:
    following = request.POST.get("next", "") or request.GET.get("next", "")
    return SignInPage(
        lead="The demo lives through a bad day. Walk in as anyone, and put one thing right." if settings.DEMO else "",
        demo=_demo_people() if settings.DEMO else (),
        set_up=Link(label="Set up your own organization", url=reverse("set-up")) if settings.DEMO else None,
        passkey=passkey_form(following),
        other=Link(label="Single sign-on", url=reverse("sign-on-find")) if single_sign_on_somewhere() else None,
        below=Link(label="Forgotten your password?", url=reverse("forgotten")) if settings.EMAIL_URL else None,
        form=Form(
            key="sign-in",
            action=reverse("sign-in"),
            submit="Sign in",
            fields=(
                Field(name="next", label="", kind="hidden", value=following),
                Field(name="email", label="E-mail", kind="email", required=True, autocomplete="username"),
                Field(
                    name="password", label="Password", kind="password", required=True, autocomplete="current-password"
                ),
            ),
        ),
    )


def _demo_people() -> tuple[Action, ...]:
    """Of each of the demo's organizations a manager, whose yes the day waits for, an employee, and an admin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organizations() ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
    people = []
    for organization_id in ids[:10]:
        with tenant(organization_id=organization_id):
            facts = organization_facts(organization_id=organization_id)
            if facts.delivery != "inbox" or facts.code.startswith("replay-"):
                continue
            members = [one for one in members_all(organization_id=organization_id) if one.active]
        for one in played(members):
            where = f" at {one.places[0]}" if one.places else ""
            people.append(
                Action(
                    label=f"{one.name}, {ROLE_WORDS[one.role].lower()}{where}, {facts.name}",
                    url=reverse("demo-sign-in"),
                    style="go" if not people else "plain",
                    hidden=(("organization", str(organization_id)), ("member", str(one.id))),
                )
            )
    return tuple(people)


def played(members: Sequence[MemberFacts]) -> list[MemberFacts]:
    """This function will find whom a newcomer may play: the first of these members in each of three roles."""
    return [
        one
        for role in ("manager", "employee", "admin")
        if (one := next((member for member in members if member.role == role), None))
    ]


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Let a newcomer walk in as somebody of a demo organization, where nothing can leave."""
    try:
        organization_id, member_id = int(request.POST["organization"]), int(request.POST["member"])
    except (KeyError, ValueError):
        return error_answer(request, status=404)
    if not settings.DEMO or not _is_demo_member(organization_id, member_id):
        return error_answer(request, status=404)
    sessions.begin(request, user_id=0, organization_id=organization_id, member_id=member_id)
    return redirect("today")


def _is_demo_member(organization_id: int, member_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM finder.organizations() WHERE id = %s)", [organization_id])
        if not cursor.fetchone()[0]:
            return False
    with tenant(organization_id=organization_id):
        if organization_facts(organization_id=organization_id).delivery != "inbox":
            return False
        members = members_all(organization_id=organization_id)
    return any(one.id == member_id and one.active and not one.email for one in members)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    visitor = sessions.visitor_of(request)
    code = "" if visitor is None or visitor.by is None else code_of(organization_id=visitor.by)
    sessions.end(request)
    notice = {"text": "You are signed out.", "detail": STILL_THERE if code else "", "tone": "good"}
    request.session["notices"] = [notice]
    return redirect("sign-on", code=code) if code else redirect("sign-in")


@staff
def switch(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    """Go on in another organization of the same account."""
    for one in sessions.memberships(user_id=desk.visitor.user_id, by=desk.visitor.by):
        if request.method == "POST" and str(one.organization_id) == request.POST.get("organization"):
            sessions.begin(
                request,
                user_id=desk.visitor.user_id,
                organization_id=one.organization_id,
                member_id=one.member_id,
                began_at=desk.visitor.began_at,
                by=desk.visitor.by,
            )
    return redirect("today")
