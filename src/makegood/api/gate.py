"""What every request to the API passes: its key, its limits, one transaction of its organization, one error shape."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from makegood.api.idempotency import answer_once
from makegood.api.keys import Caller, caller_of
from makegood.api.problems import CONTENT_TYPE, Problem, unforeseen
from makegood.store.tenancy import tenant

PREFIX = "/api/v1/"
OPEN = ("/api/v1/openapi.json",)
LARGEST = 8 * 1024 * 1024
SAID = {
    404: "There is nothing at this address: see /api/v1/openapi.json.",
    405: "This address does not take this method: see /api/v1/openapi.json.",
}


class ApiGate:
    """Middleware for addresses under PREFIX; all others pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(PREFIX) or request.path in OPEN:
            return self.get_response(request)
        try:
            _refuse_size(request)
            return self._answer(request, caller_of(request))
        except Problem as problem:
            return problem.response()
        except (DatabaseError, InterfaceError) as error:
            return unforeseen("a request to the API", error).response()

    def _answer(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        request.caller = caller  # type: ignore[attr-defined]
        key = request.headers.get("Idempotency-Key")
        with tenant(organization_id=caller.organization_id):
            if key is not None and request.method == "POST":
                response = answer_once(request=request, caller=caller, key=key, answer=lambda: self._said(request))
            else:
                response = self._said(request)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _said(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or response.headers.get("Content-Type") == CONTENT_TYPE:
            return response
        said = SAID.get(response.status_code, "The request cannot be used: see /api/v1/openapi.json.")
        return Problem(response.status_code, said).response()


def _refuse_size(request: HttpRequest) -> None:
    """Raise Problem for a body that is too large, or whose size is not said beforehand."""
    stated = request.META.get("CONTENT_LENGTH") or ""
    if request.META.get("HTTP_TRANSFER_ENCODING") and not stated:
        raise Problem(411, "Say how long the body is, in Content-Length.")
    if stated.isdecimal() and int(stated) > LARGEST:
        raise Problem(413, f"A request holds at most {LARGEST // 1024 // 1024} MiB: send it in parts.")
