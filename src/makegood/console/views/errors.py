"""The pages that say that something went wrong, and what to do."""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from makegood.console.viewmodels import ErrorPage, Link, Reader, Shell
from makegood.rules.phrases import accepted, phrase, spoken
from makegood.store.clocks import wall_now
from makegood.store.unanswering import RETRY_SECONDS, code_of_error, does_not_answer

WORDS = {
    400: ("That could not be read", "Go back, reload the page, and try again."),
    403: ("You may not open this", "Your role does not include it. Ask an admin if it should."),
    404: ("That page is not here", "It may have been closed, or the address may have a slip in it."),
    413: ("That is too large", "Choose files of at most 5 MB each, and send them again."),
    429: ("Too many tries", "For everyone's safety we wait a little now."),
    500: ("Something broke on our side", "Nothing that you typed before was lost. Try again in a moment."),
    503: ("The database does not answer", "What you just sent may not have been done: look before you send it again."),
}
PUBLIC = ("/s/", "/r/")
logger = logging.getLogger("makegood.web")


def error_answer(
    request: HttpRequest, *, status: int, text: str = "", retry_after: int | None = None, reference: str = ""
) -> HttpResponse:
    """This function will draw the page for one status; customers get theirs, programs are told elsewhere."""
    title, usual = WORDS[status]
    said = text or usual
    if retry_after is not None:
        minutes = max(1, round(timedelta(seconds=retry_after).total_seconds() / 60))
        said = f"{said} Try again in {minutes} minute{'s' if minutes != 1 else ''}."
    if request.path.startswith(PUBLIC):
        lang = spoken(*accepted(request.headers.get("Accept-Language", "")))
        letter = {
            "title": phrase(f"trouble.{status}.title", language=lang),
            "text": phrase("trouble.form" if text else f"trouble.{status}", language=lang),
            "reference": reference,
            "lang": lang,
        }
        response = render(request, "public/note.html", {"page": letter, "lang": lang}, status=status)
    else:
        page = ErrorPage(
            status=status, title=title, text=said, reference=reference, links=(Link(label="Today", url="/"),)
        )
        shell = Shell(organization="", reader=Reader(now=wall_now()))
        response = render(request, "console/error.html", {"page": page, "shell": shell}, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    add_never_cache_headers(response)
    return response


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer 400."""
    return error_answer(request, status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer 403."""
    return error_answer(request, status=403)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or out of date."""
    return error_answer(request, status=403, text="This form is too old: go back, reload the page, and send it again.")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer 404."""
    return error_answer(request, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database does not answer, else 500 with a reference that names this occasion in the log.

    What the error says, and the address, are left out of the log: they may hold a person's words, or open their page.
    """
    error = sys.exc_info()[1]
    where = f"{request.method} {request.resolver_match.route if request.resolver_match else ''}"
    if error is not None and does_not_answer(error):
        logger.error("%s: the database does not answer (%s)", where, code_of_error(error))
        return error_answer(request, status=503, retry_after=RETRY_SECONDS)
    reference = secrets.token_hex(4)
    trace = "".join(traceback.format_tb(error.__traceback__)) if error else ""
    logger.error("reference %s: %s: %s\n%s", reference, where, code_of_error(error) if error else "", trace)
    return error_answer(request, status=500, reference=reference)
