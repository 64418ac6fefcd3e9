"""What every request and answer passes: bounds on what is sent, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from makegood.api.gate import PREFIX
from makegood.api.hooks import PREFIX as HOOKS
from makegood.console.views.errors import PUBLIC, error_answer

PROGRAMS = (PREFIX, HOOKS)
"""Addresses of programs, which keep bounds of their own."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)

LARGEST = 24 * 1024 * 1024
"""What one form may bring: some files of the largest size, and what was typed."""
TABLES = "Bring a file of at most 20 MB: split a larger one, or load it with makegood import."


class BoundedBody:
    """Refuses a body that is larger than any form, before it is read; those of programs have bounds of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        stated = request.META.get("CONTENT_LENGTH") or ""
        if stated.isdecimal() and int(stated) > LARGEST and not request.path.startswith(PROGRAMS):
            text = TABLES if request.path.startswith("/settings/data/") else ""
            return error_answer(request, status=400 if request.path.startswith(PUBLIC) else 413, text=text)
        return self.get_response(request)


class FormerCookies:
    """Knows a session and a form's token by the names that their cookies had before these were made from the secret.

    Who was signed in when that release came stays so, and what they were typing arrives.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.names = {"sessionid": settings.SESSION_COOKIE_NAME, "csrftoken": settings.CSRF_COOKIE_NAME}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for former, name in self.names.items():
            if name not in request.COOKIES and former in request.COOKIES:
                request.COOKIES[name] = request.COOKIES[former]
        return self.get_response(request)


class NoNulls:
    """Refuses a form or an address that holds a NUL, which no text of the database can hold; the API says so itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PROGRAMS) and _holds_null(request):
            return error_answer(request, status=400)
        return self.get_response(request)


def _holds_null(request: HttpRequest) -> bool:
    if "\x00" in request.path or _null_in(request.GET):
        return True
    return request.method == "POST" and (
        _null_in(request.POST) or any("\x00" in (one.name or "") for one in request.FILES.values())
    )


def _null_in(given: QueryDict) -> bool:
    return any("\x00" in name or any("\x00" in value for value in values) for name, values in given.lists())


class ContentSecurityPolicy:
    """Sends a policy under which no inline script, no inline style and no other host has a say."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
