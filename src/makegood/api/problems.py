"""One error shape for the whole API: RFC 9457, with one sentence that says what to do."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

from makegood.store.unanswering import RETRY_SECONDS, code_of_error, does_not_answer

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """What is wrong with a request: its HTTP status, one sentence, and where there are several, each with its place."""

    def __init__(
        self, status: int, detail: str, *, problems: Sequence[dict[str, Any]] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.problems, self.retry_after = status, detail, list(problems), retry_after

    def response(self) -> JsonResponse:
        """Return the answer that tells it."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.problems:
            body["problems"] = self.problems
        answer = JsonResponse(body, status=self.status, content_type=CONTENT_TYPE)
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="Makegood"'
        return answer


def unforeseen(what: str, error: Exception) -> Problem:
    """Log an error that nobody foresaw, and return what is said of it: to come again where the database is in trouble.

    What it says itself is left out of the log: it may quote a person's words.
    """
    if does_not_answer(error):
        logging.getLogger("makegood").error("%s: the database does not answer (%s)", what, code_of_error(error))
        return Problem(503, "It may not have been done: look before you send it again.", retry_after=RETRY_SECONDS)
    trace = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("makegood").error("%s failed: %s\n%s", what, code_of_error(error), trace)
    return Problem(500, "Something went wrong here and nothing was done: try again later.")


def missing(what: str) -> Problem:
    """Return the problem that there is no such thing here."""
    return Problem(404, f"There is no such {what} here.")
