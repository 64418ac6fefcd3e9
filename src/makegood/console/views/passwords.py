"""One's own password: changed on a page of its own, and before anything else where others saw it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import sessions
from makegood.console.asking import new_password, new_password_fields
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Field, Form, FormPage, Link
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, acts, tell
from makegood.organizations.passwords import UnusablePassword, WrongPassword, password_change
from makegood.store.clocks import wall_now


def password_page(request: HttpRequest, desk: Desk) -> Screen:
    """Ask for the password of now and the new one."""
    if desk.facts.user_id is None:
        raise Http404
    once = desk.facts.password_once
    return Screen(
        template="console/form_page.html",
        page=FormPage(
            title="Choose your own password" if once else "Change your password",
            lead="You signed in with a password that others saw. Choose one that only you know; then you can go on."
            if once
            else "You stay signed in here. Wherever else you are signed in, you are signed out.",
            back=None if once else Link(label="Your sign-in", url=reverse("account")),
            form=Form(
                key="password",
                action=reverse("password"),
                submit="Change it",
                fields=(
                    Field(
                        name="old",
                        label="The password that you were given" if once else "Your password now",
                        kind="password",
                        required=True,
                        autocomplete="current-password",
                    ),
                    *new_password_fields(),
                ),
            ),
        ),
    )


def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; tries are counted outside of the transaction that a wrong one undoes."""
    return guessed(request) or _change(request)


def guessed(request: HttpRequest) -> HttpResponse | None:
    """This function will count a try at the password of whoever is signed in, and answer once there were too many."""
    visitor = sessions.visitor_of(request) if request.method == "POST" else None
    if visitor is not None:
        try:
            sessions.guard(key=f"password:{visitor.organization_id}:{visitor.member_id}", limit=sessions.GUESSES)
        except sessions.TooManyTries as error:
            return error_answer(request, status=429, retry_after=error.retry_after)
    return None


@acts(password_page)
def _change(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Change it, and go on in a fresh session."""
    user_id = desk.facts.user_id
    if user_id is None:
        raise Http404
    new = new_password(request.POST, old="Type your password.")
    try:
        password_change(user_id=user_id, old=request.POST["old"], new=new, now=wall_now())
    except WrongPassword as error:
        raise Unanswered({"old": str(error)}) from None
    except UnusablePassword as error:
        raise Unanswered({"new": str(error)}) from None
    sessions.begin(
        request,
        user_id=desk.visitor.user_id,
        organization_id=desk.organization_id,
        member_id=desk.member_id,
        by=desk.visitor.by,
    )
    tell(request, "Your password is changed.")
    return redirect("today")
