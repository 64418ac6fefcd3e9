"""Webhooks in: an address for each source that posts to us, which lets in what that signed, and tells no more."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from makegood.api.problems import Problem, unforeseen
from makegood.listen.hooks.operations import Refused, delivery_arrived, delivery_refused
from makegood.store.throttling import attempt, client_address

PREFIX = "/hooks/"
LARGEST = 2 * 1024 * 1024
"""Of one delivery, in bytes."""
GUESSES, WINDOW = 60, timedelta(minutes=1)
"""So many that nobody signed one network address may send."""


@csrf_exempt
def hook(request: HttpRequest, address: str) -> HttpResponse:
    """Keep a delivery that its source signed, and answer 200 before it is worked on; one that is known too.

    401 for an address that is none and for whatever is not signed, alike; 411 and 413 by what is said of its size,
    before any of it is read; 429 beyond GUESSES a minute.
    """
    try:
        _refuse_size(request)
        refused = delivery_arrived(address=address, headers=request.headers, body=request.body)
        if refused is not None:
            _refuse(request, refused)
    except Problem as problem:
        return problem.response()
    except (DatabaseError, InterfaceError) as error:
        return unforeseen("a webhook", error).response()
    return HttpResponse(b"{}\n", content_type="application/json", headers={"Cache-Control": "no-store"})


def _refuse_size(request: HttpRequest) -> None:
    if request.method != "POST":
        raise Problem(405, "Post to this address.")
    stated = request.META.get("CONTENT_LENGTH") or ""
    if not stated.isdecimal():
        raise Problem(411, "Say how long the body is, in Content-Length.")
    if int(stated) > LARGEST:
        raise Problem(413, f"A delivery holds at most {LARGEST // 1024 // 1024} MiB.")


def _refuse(request: HttpRequest, refused: Refused) -> None:
    tried = attempt(key=f"hook-guess:{client_address(request.META)}", limit=GUESSES, window=WINDOW)
    if not tried.allowed:
        raise Problem(429, "Too many that nobody signed: wait a little.", retry_after=tried.retry_after)
    delivery_refused(refused)
    raise Problem(401, "This is not signed by who may post here.")
