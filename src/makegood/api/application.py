"""The API, version 1, and how each anticipated error is told."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from makegood.api.asked import asked_known
from makegood.api.document import DocumentedApi
from makegood.api.problems import Problem, unforeseen
from makegood.api.routes import customers, events, failures, helping, messages, places, promises, recoveries
from makegood.core.lengths import TextTooLong
from makegood.customers.operations import UnableToKnowCustomer
from makegood.failures.operations import UnableToReportFailure
from makegood.listen.events import UnusableEvents
from makegood.messages.operations import UnableToQueue
from makegood.messages.receiving import UnableToNote
from makegood.organizations.operations import UnableToAddPlace
from makegood.promises.operations import UnableToMakePromise
from makegood.recoveries.operations import UnableToChangeRecovery
from makegood.recoveries.operations.helping import UnableToFillForm, UnableToUseHelp

DESCRIPTION = """\
Programs tell Makegood what happened and read what became of it. Every request bears a key
(`Authorization: Bearer mg_...`, scopes `events`, `read`, `write`). A key for one place finds and changes only what is
of that place and of those inside of it: all else is not there (404), and what is of no place it may not touch (403).
Times are ISO 8601 with an offset; money is `{"minor": 2500, "currency": "EUR"}`. A POST with an `Idempotency-Key` may
be sent again within 24 hours and is done once. Errors are `application/problem+json` with one sentence in `detail`, and
nothing was done then, except that after a 503 it may have been. What is read takes the parameters that stand here and
refuses others (422). Limits: 8 MiB a request, 1,000 events a batch, 1,200 requests a minute a key (429 with
`Retry-After`), 100 rows a page.
"""
UNABLE: dict[type[Exception], int] = {
    TextTooLong: 422,
    UnableToAddPlace: 422,
    UnableToChangeRecovery: 409,
    UnableToKnowCustomer: 422,
    UnableToMakePromise: 422,
    UnableToNote: 422,
    UnableToQueue: 422,
    UnableToReportFailure: 422,
    UnableToUseHelp: 422,
}
"""The anticipated errors that say themselves what to do."""
SAID: dict[type[Exception], tuple[int, str]] = {
    AuthenticationError: (401, "Send a key that is in force, as `Authorization: Bearer mg_...`."),
    HttpError: (400, "The body is not JSON: send a JSON object."),
    RequestDataTooBig: (413, "That is too large: send it in parts."),
    Http404: (404, "There is no such thing here."),
    DataError: (422, "A value is outside of what can be kept: nothing was done."),
}


def _build() -> NinjaAPI:
    api = DocumentedApi(
        title="Makegood",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        urls_namespace="api",
    )
    api.add_decorator(asked_known, mode="operation")
    for path, router in (
        ("/events", events.router),
        ("/promises", promises.router),
        ("/failures", failures.router),
        ("/recoveries", recoveries.router),
        ("/recoveries", helping.router),
        ("/customers", customers.router),
        ("/purchases", customers.purchases),
        ("/places", places.router),
        ("/messages", messages.router),
    ):
        api.add_router(path, router)
    _tell_errors(api)
    return api


def _tell_errors(api: NinjaAPI) -> None:
    def tell(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: ARG001 - the shape that ninja calls
        return _problem(error).response()

    for kind in (Problem, ValidationError, UnusableEvents, UnableToFillForm, *UNABLE, *SAID):
        api.add_exception_handler(kind, tell)
    api.add_exception_handler(Exception, _unforeseen)


def _problem(error: Exception) -> Problem:
    """Return what an anticipated error is told as."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, UnusableEvents):
        return _unusable(error)
    if isinstance(error, UnableToFillForm):
        problems: list[dict[str, Any]] = [{"at": at, "detail": detail} for at, detail in error.errors.items()]
        return Problem(422, str(error), problems=problems)
    for kind, status in UNABLE.items():
        if isinstance(error, kind):
            return Problem(status, str(error))
    return next(Problem(status, said) for kind, (status, said) in SAID.items() if isinstance(error, kind))


def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    route = request.resolver_match.route if request.resolver_match else ""
    return unforeseen(f"{request.method} {route}", error).response()


def _invalid(error: ValidationError) -> Problem:
    problems = [
        {"at": ".".join(str(part) for part in one["loc"]), "detail": one["msg"].removeprefix("Value error, ")}
        for one in error.errors
    ]
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Problem(422, f"{first['at']}: {first['detail']}{more}; nothing was done.", problems=problems)


def _unusable(error: UnusableEvents) -> Problem:
    problems: list[dict[str, Any]] = [{"at": at, "detail": detail} for at, detail in error.problems[:100]]
    return Problem(422, f"{error}.", problems=problems)


api = _build()
