"""Promises: made, kept, released, changed, expected; and the ledger read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Router, Status

from makegood.api.keys import READ, WRITE, Caller
from makegood.api.pages import DEFAULT, Cursor, Limit, page_of
from makegood.api.problems import Problem, missing
from makegood.api.schemas import (
    ChangeIn,
    ExpectIn,
    HappenedIn,
    Id,
    PromiseIn,
    PromiseOut,
    Promises,
    PromiseState,
    money_out,
)
from makegood.api.telling import identities_of, place_asked, say
from makegood.promises.models import Promise
from makegood.promises.operations import Word, promises_hear
from makegood.store.clocks import moment

router = Router(tags=["Promises"])
AHEAD = timedelta(minutes=5)
"""By how much a sender's clock may be ahead of ours."""


@router.post("", auth=WRITE, response={200: PromiseState, 201: PromiseState}, operation_id="promise_make")
def make(request: HttpRequest, promise: PromiseIn) -> Status[Promise]:
    """Put a promise on the ledger: 201, or 200 with the one that is there already under its source and reference."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    organization_id = caller.organization_id
    now = moment(organization_id=organization_id).now
    data = promise.dict(exclude={"source", "customer"}, exclude_none=True)
    data["place"] = place_asked(caller, promise.place)
    before = (
        Promise.objects.filter(organization_id=organization_id).order_by("-id").values_list("id", flat=True).first()
    )
    key = say(
        organization_id=organization_id,
        source=promise.source,
        kind="promise.made",
        data={name: value for name, value in data.items() if value != ""}
        | {"customer": identities_of(caller, promise.customer)},
        now=now,
    )
    rows = Promise.objects.filter(caller.at(), organization_id=organization_id)
    row = rows.filter(source__code=promise.source, key_hash=key).first()
    if row is None:
        raise Problem(409, "There is a promise under this source and reference, of a place that this key is not for.")
    return Status(201 if before is None or row.id > before else 200, row)


@router.post("/{promise_id}/keep", auth=WRITE, response=PromiseState, operation_id="promise_keep")
def keep(request: HttpRequest, promise_id: Path[Id], word: HappenedIn) -> Promise:
    """Say that a promise was kept, now or when it happened. After its due time it stays broken, and is fulfilled."""
    return _hear(request, promise_id, "kept", word.happened_at)


@router.post("/{promise_id}/release", auth=WRITE, response=PromiseState, operation_id="promise_release")
def release(request: HttpRequest, promise_id: Path[Id], word: HappenedIn) -> Promise:
    """Say that a promise binds no more, as when the customer cancelled."""
    return _hear(request, promise_id, "released", word.happened_at)


@router.post("/{promise_id}/change", auth=WRITE, response=PromiseState, operation_id="promise_change")
def change(request: HttpRequest, promise_id: Path[Id], word: ChangeIn) -> Promise:
    """Change when a promise is due; the first due time is kept beside it."""
    return _hear(request, promise_id, "changed", word.happened_at, word.due_at, agreed=word.agreed)


@router.post("/{promise_id}/expect", auth=WRITE, response=PromiseState, operation_id="promise_expect")
def expect(request: HttpRequest, promise_id: Path[Id], word: ExpectIn) -> Promise:
    """Say when a promise is now expected to be kept; later than due, it is at risk."""
    return _hear(request, promise_id, "expected", word.happened_at, word.expected_at)


def _hear(
    request: HttpRequest,
    promise_id: int,
    action: str,
    happened_at: datetime | None,
    due_at: datetime | None = None,
    *,
    agreed: bool = False,
) -> Promise:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = moment(organization_id=caller.organization_id).now
    mine = Promise.objects.filter(caller.at(), organization_id=caller.organization_id, id=promise_id)
    promise = mine.first()
    if promise is None:
        raise missing("promise")
    if happened_at is not None and happened_at > now + AHEAD:
        raise Problem(422, "happened_at lies in the future: say when it happened.")
    if due_at is not None and action == "changed" and due_at < promise.made_at:
        raise Problem(422, "due_at must not be earlier than the promise was made.")
    word = Word(
        source_id=promise.source_id,
        key_hash=bytes(promise.key_hash),
        action=action,
        happened_at=min(happened_at or now, now),
        received_at=now,
        due_at=due_at,
        agreed=agreed,
    )
    promises_hear(organization_id=caller.organization_id, words=[word])
    return mine.get()


@router.get("", auth=READ, response=Promises, operation_id="promises_list")
def some(
    request: HttpRequest,
    state: Literal["open", "kept", "broken", "released"] | None = None,
    customer_id: Id | None = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT,
) -> dict[str, Any]:
    """List promises, the newest first."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    rows = Promise.objects.select_related("source", "place").filter(caller.at(), organization_id=caller.organization_id)
    if state:
        rows = rows.filter(state=state)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    found, following = page_of(rows, cursor=cursor, limit=limit)
    return {"items": [_shown(row) for row in found], "next": following}


@router.get("/{promise_id}", auth=READ, response=PromiseOut, operation_id="promise_one")
def one(request: HttpRequest, promise_id: Path[Id]) -> dict[str, Any]:
    """Read one promise."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    row = (
        Promise.objects.select_related("source", "place")
        .filter(caller.at(), organization_id=caller.organization_id, id=promise_id)
        .first()
    )
    if row is None:
        raise missing("promise")
    return _shown(row)


def _shown(row: Promise) -> dict[str, Any]:
    names = ("id", "state", "due_at", "first_due_at", "expected_at", "fulfilled_at", "settled_at", "kind", "what",
             "customer_id", "made_at")  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "source": row.source.code,
        "place": row.place.code if row.place else "",
        "value": money_out(row.value_minor, row.currency),
    }
