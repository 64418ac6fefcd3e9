"""What a call may be asked: a parameter that it does not know is refused, so that no list is taken for another."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest

from makegood.api.problems import Problem

MOST_NAMED = 60
"""So many characters of an unknown name are said again."""


def asked_known(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a view that reads of one that django-ninja calls with all parameters that it knows; others are a Problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **known: Any) -> Any:
        if request.method in ("GET", "HEAD") and request.GET:
            match = request.resolver_match
            takes = set(known) - set(match.kwargs if match else ())
            if unknown := sorted(set(request.GET) - takes):
                raise _unknown(unknown, takes)
        return view(request, *args, **known)

    return answer


def _unknown(unknown: list[str], takes: set[str]) -> Problem:
    there = f"this call takes {', '.join(sorted(takes))}" if takes else "this call takes none"
    problems = [{"at": f"query.{name[:MOST_NAMED]}", "detail": f"is not known: {there}"} for name in unknown]
    return Problem(422, f"There is no parameter {unknown[0][:MOST_NAMED]!r} here: {there}.", problems=problems)
