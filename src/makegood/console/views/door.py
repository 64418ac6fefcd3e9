"""The page of whoever is not signed in yet: drawn again as it was typed, with what was wrong, and kept nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from makegood.console import sessions
from makegood.console.refill import refilled
from makegood.console.viewmodels import Reader, Shell, SignInPage
from makegood.console.views.frame import typed_of
from makegood.store.clocks import wall_now


def door(request: HttpRequest, page: SignInPage, error: Exception | None = None) -> HttpResponse:
    """This function will draw the page: refused it is 422, and 429 with when to come back while tries are locked."""
    typed = typed_of(request, error) if error else None
    if typed is not None:
        page, _ = refilled(page, typed)
    shell = Shell(organization="", reader=Reader(now=wall_now()), notices=sessions.notices_taken(request))
    response = render(
        request,
        "console/sign_in.html",
        {"page": page, "shell": shell},
        status=200 if typed is None else 429 if isinstance(error, sessions.LockedOut) else 422,
    )
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, sessions.LockedOut):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
