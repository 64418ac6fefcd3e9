"""Choosing a password by a mailed link: asking for the link, and opening it; nobody is signed in yet."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import sessions
from makegood.console.asking import new_password, new_password_fields
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Field, Form, Link, SignInPage
from makegood.console.views.coding import admitted
from makegood.console.views.door import door
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import tell
from makegood.organizations.choosing import EndedLink, link_read, password_choose, reset_ask
from makegood.organizations.passwords import UnusablePassword
from makegood.store.clocks import wall_now
from makegood.store.lockouts import tries_forget
from makegood.store.throttling import attempt

ASKS, WRONG_LINKS = 20, 20
"""How often, a quarter of an hour, one network address may ask for links, and open links that are none."""
MAILS, EVERY = 3, timedelta(minutes=15)
"""How many links one e-mail is sent in a quarter of an hour; whoever asks for more is told the same."""


def forgotten(request: HttpRequest) -> HttpResponse:
    """Have a link mailed by which one chooses a password; what is said tells nobody which accounts there are."""
    if not settings.EMAIL_URL:
        return error_answer(
            request,
            status=404,
            text="No mail leaves here: an admin makes you a new password, in Settings under People.",
        )
    if request.method != "POST":
        return door(request, _asking())
    address = sessions.network_address(request)
    try:
        given = answers(request.POST, email="Write your e-mail.")
        sessions.guard(key=f"forgotten:address:{address}", limit=ASKS)
    except sessions.TooManyTries as error:
        return error_answer(request, status=429, retry_after=error.retry_after)
    except Unanswered as error:
        return door(request, _asking(), error)
    if attempt(key=f"forgotten:email:{given['email'].lower()}", limit=MAILS, window=EVERY).allowed:
        reset_ask(email=given["email"])
    tell(
        request,
        "Look into your mail.",
        detail=f"If {given['email'][:254]} has an account here, a link to choose a new password is on its way."
        " It counts for one hour.",
    )
    return redirect("sign-in")


def _asking() -> SignInPage:
    return SignInPage(
        title="Forgotten your password?",
        lead="Write the e-mail that you sign in with. We mail you a link to choose a new password.",
        form=Form(
            key="forgotten",
            action=reverse("forgotten"),
            submit="Mail me a link",
            fields=(Field(name="email", label="E-mail", kind="email", required=True, autocomplete="username"),),
        ),
        below=Link(label="Sign in", url=reverse("sign-in")),
    )


def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a link, and go in with it; a link that is none, or has ended, says what to do."""
    try:
        sessions.peek(key=_wrong(request), limit=WRONG_LINKS)
        chosen = link_read(token=token, now=wall_now())
        if request.method != "POST":
            return door(request, _choosing(token, chosen.email))
        chosen = password_choose(token=token, new=new_password(request.POST), now=wall_now())
    except sessions.TooManyTries as error:
        return error_answer(request, status=429, retry_after=error.retry_after)
    except EndedLink as error:
        attempt(key=_wrong(request), limit=WRONG_LINKS, window=sessions.WINDOW)
        return _ended(request, error)
    except UnusablePassword as error:
        return door(request, _choosing(token, chosen.email), Unanswered({"new": str(error)}))
    except Unanswered as error:
        return door(request, _choosing(token, chosen.email), error)
    tries_forget(key=sessions.account_key(chosen.email))
    found = sessions.memberships(user_id=chosen.user_id)
    if not found:
        out = "You are in no organization any more: ask its admin."
        there = sessions.only_there(user_id=chosen.user_id)
        tell(request, "Your password is chosen.", detail=sessions.ONLY_THERE if there else out)
        return redirect("sign-in")
    answer = admitted(request, user_id=chosen.user_id, following=reverse("today"))
    factor = "The second factor from before is off, passkeys too: set yours up under “Your sign-in”."
    tell(request, "Your password is chosen.", detail=factor if chosen.factor_ended else "")
    return answer


def _wrong(request: HttpRequest) -> str:
    return f"choose:address:{sessions.network_address(request)}"


def _choosing(token: str, email: str) -> SignInPage:
    return SignInPage(
        title="Choose your password",
        lead=f"For {email}. Wherever you are signed in with it, you are signed out.",
        form=Form(
            key="choose",
            action=reverse("choose", args=[token]),
            submit="Choose it and go in",
            fields=new_password_fields(),
        ),
    )


def _ended(request: HttpRequest, error: EndedLink) -> HttpResponse:
    tell(request, "This link has ended.", detail="It counts once, and not for long. Ask for another one.", tone="bad")
    return redirect("forgotten" if settings.EMAIL_URL else "sign-in")
