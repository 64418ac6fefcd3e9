"""Events in: CloudEvents 1.0, one (structured or binary) or a batch."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja import Router, Status

from makegood.api.keys import EVENTS, Caller
from makegood.api.problems import Problem
from makegood.api.schemas import AcceptedOut
from makegood.api.telling import source_named
from makegood.listen.events import MOST_EVENTS, TYPES, read
from makegood.listen.operations import events_accept_all
from makegood.store.clocks import moment

router = Router(tags=["Events"])

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
ATTRIBUTES = ("specversion", "id", "source", "type", "time", "subject")
EVENT_SCHEMA = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 60, "description": "The code of the source."},
        "type": {"enum": list(TYPES)},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            SINGLE: {"schema": EVENT_SCHEMA},
            BATCH: {"schema": {"type": "array", "items": EVENT_SCHEMA, "maxItems": MOST_EVENTS}},
        },
    }
}


@router.post("", auth=EVENTS, response={202: AcceptedOut}, openapi_extra=BODY, operation_id="events_accept")
def post_events(request: HttpRequest) -> Status[dict[str, int]]:
    """Take events in: all of a batch, or nothing of it. An event sent again is known by its id and acted on once."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    bodies = _bodies(request)
    by_source: dict[str, list[Any]] = {}
    for body in bodies:
        by_source.setdefault(_source(body), []).append(body)
    organization_id = caller.organization_id
    present = moment(organization_id=organization_id)
    if len(by_source) > 1:  # so that problems are named by their place in the whole batch
        read(bodies, by=None if present.stepped else present.now)
    sources = {code: source_named(organization_id=organization_id, code=code) for code in by_source}
    accepted = events_accept_all(
        organization_id=organization_id,
        batches={sources[code]: mine for code, mine in by_source.items()},
        now=present.now,
    )
    return Status(202, {"new": accepted.new, "known": accepted.known})


def _source(body: Any) -> str:
    source = body.get("source") if isinstance(body, dict) else None
    return source if isinstance(source, str) else ""


def _bodies(request: HttpRequest) -> list[Any]:
    """Return the events of a request, each a JSON object that the database can keep."""
    if "ce-id" in request.headers:
        data = _json(request.body)
        return [_sound({name: request.headers[f"ce-{name}"] for name in ATTRIBUTES if f"ce-{name}" in request.headers}
                       | {"data": data})]  # fmt: skip
    if request.content_type not in (SINGLE, BATCH):
        raise Problem(415, f"Send events as {SINGLE} or {BATCH}.")
    body = _json(request.body)
    if request.content_type == BATCH:
        if not isinstance(body, list) or not body:
            raise Problem(422, "A batch is a JSON list of at least one event.")
        if len(body) > MOST_EVENTS:
            return body
        for position, one in enumerate(body):
            if not isinstance(one, dict):
                raise Problem(422, f"event {position}: must be an event, a JSON object; nothing was kept.")
        return [_sound(one) for one in body]
    if not isinstance(body, dict):
        raise Problem(422, f"The body must be one event, a JSON object; send a list of events as {BATCH}.")
    return [_sound(body)]


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON: send a CloudEvent, in UTF-8.") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _sound(event: Any) -> Any:
    """Return the event.

    Raises Problem if it holds what no database keeps: NUL characters, halves of characters, numbers without end.
    """
    waiting = [event]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif (isinstance(value, str) and not _is_text(value)) or (isinstance(value, float) and math.isinf(value)):
            raise Problem(422, "An event holds a character or a number that is none: send plain text and numbers.")
    return event


def _is_text(value: str) -> bool:
    return (value.isascii() and "\x00" not in value) or (
        "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    )
