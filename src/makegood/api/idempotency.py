"""Idempotency-Key: the same key with the same request gets the same answer, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from makegood.api.keys import Caller
from makegood.api.models import Answer
from makegood.api.problems import Problem
from makegood.store.bulk import insert
from makegood.store.clocks import wall_now
from makegood.store.secrets import keyed_hash

KEPT = timedelta(hours=24)
LONGEST = 200


def answer_once(*, request: HttpRequest, caller: Caller, key: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `answer` says, or what it said before to the same key; runs in the caller's unit of work.

    A request that fails leaves no trace, and may be sent again with the same key. Two at once wait for each other.
    Raises Problem for a key that is no key, or was used for another request.
    """
    if not key.strip() or len(key) > LONGEST:
        raise Problem(400, f"An Idempotency-Key is 1 to {LONGEST} characters.")
    now = wall_now()
    Answer.objects.filter(organization_id=caller.organization_id, created_at__lt=now - KEPT).delete()
    mine = {
        "organization_id": caller.organization_id,
        "api_key_id": caller.key_id,
        "key_hash": keyed_hash(key, purpose="idempotency"),
    }
    asked = keyed_hash(f"{request.method} {request.get_full_path()} {request.content_type}", purpose="idempotency")
    asked += keyed_hash(request.body.hex(), purpose="idempotency")
    made = insert(
        Answer,
        (*mine, "request_hash", "body", "created_at"),
        [(*mine.values(), asked, "", now)],
        on_conflict="ON CONFLICT (organization_id, api_key_id, key_hash) DO NOTHING",
        returning=("id",),
    )
    if not made:
        return _again(Answer.objects.get(**mine), asked)
    response = answer()
    if response.status_code < 400:
        Answer.objects.filter(organization_id=caller.organization_id, id=made[0][0]).update(
            status=response.status_code, body=response.content.decode()
        )
    return response


def _again(known: Answer, asked: bytes) -> HttpResponse:
    if bytes(known.request_hash) != asked:
        raise Problem(422, "This Idempotency-Key was used for another request: use a new one for each.")
    response = HttpResponse(known.body, status=known.status or 200, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    return response
