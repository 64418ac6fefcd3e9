"""The events that Makegood understands: CloudEvents 1.0, each type with the data that it must carry.

Pure reading and checking: what comes out is plain, frozen and complete, or one error that names every problem.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import attrs

from makegood.core.money import is_currency
from makegood.core.names import legible

MOST_EVENTS = 1000
DEEPEST = 20
IDENTITY_KINDS = ("email", "phone", "loyalty", "order", "handle", "token")
LONGEST = 200
MOST_FACTS = 30
AHEAD = timedelta(minutes=5)
"""By so much may the clock of a source be ahead of ours."""
WHOLE = range(-(2**63), 2**63)
LONG_NUMBER = re.compile(r"\d{19}")
"""A number shorter than this is surely one of WHOLE."""

WORDS = {
    "promise.kept": "kept",
    "promise.released": "released",
    "promise.changed": "changed",
    "promise.expected": "expected",
}
CHARGES = {"charge.made": "charge", "charge.refunded": "refund", "charge.chargeback": "chargeback"}
SIGNALS = {
    "signal.complaint": ("complaint", True),
    "signal.review": ("low_score", False),
    "signal.outage": ("outage", False),
    "signal.silent": ("silent", False),
}
TYPES = (
    "customer.seen",
    "purchase.made",
    "visit.made",
    "source.heard",
    "promise.made",
    *WORDS,
    *CHARGES,
    *SIGNALS,
)


class UnusableEvents(ValueError):
    """These events cannot be taken; nothing of the request was kept."""

    def __init__(self, problems: Sequence[tuple[int, str]], of: int) -> None:
        self.problems = tuple(problems)
        self.of = of
        first = f"event {problems[0][0]}: {problems[0][1]}"
        more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
        super().__init__(f"{first}{more}; nothing was kept, send the batch again when it is right")


@attrs.frozen(kw_only=True, slots=True)
class Event:
    """One event, checked: `data` holds only what its type allows, with times as aware datetimes."""

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    body: Mapping[str, Any]


def read(bodies: Sequence[Any], *, by: datetime | None = None) -> list[Event]:
    """Check a batch of CloudEvents and return them read.

    Nothing can have happened after `by`, where that is given: what a clock AHEAD of ours says happened then. Raises
    UnusableEvents, naming each problem by the event's position from 0, or if there are more than MOST_EVENTS.
    """
    if len(bodies) > MOST_EVENTS:
        raise UnusableEvents(
            [(MOST_EVENTS, f"a request holds at most {MOST_EVENTS} events; this one holds {len(bodies)}")], len(bodies)
        )
    problems: list[tuple[int, str]] = []
    events = []
    plain = _all_plain(bodies)
    for position, body in enumerate(bodies):
        try:
            if not plain:
                _check_plain(body)
            event = _event(body)
            events.append(event if by is None or event.at <= by else _happened(event, by))
        except _Problem as problem:
            problems.append((position, str(problem)))
    if problems:
        raise UnusableEvents(problems, len(bodies))
    return events


class _Problem(ValueError):
    """What is wrong with one event."""


def _happened(event: Event, by: datetime) -> Event:
    if event.at > by + AHEAD:
        raise _Problem("time lies in the future: send what happened once it has")
    return attrs.evolve(event, at=by)


def _all_plain(bodies: Sequence[Any]) -> bool:
    """Tell, quickly, whether every body is surely JSON that a database can hold; if not, each is looked at."""
    try:
        text = json.dumps(bodies, allow_nan=False, ensure_ascii=False, default=_moment_text)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return "\\u0000" not in text and not LONG_NUMBER.search(text)


def _moment_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError


def _check_plain(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise _Problem(f"it is nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise _Problem("every name in it must be text")
        for one in (*value, *value.values()):
            _check_plain(one, depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            _check_plain(one, depth + 1)
    else:
        _check_plain_value(value)


def _check_plain_value(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _Problem("it holds a NUL character or half a character")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _Problem("it holds a number that is not finite")
    elif isinstance(value, int):
        if value not in WHOLE:
            raise _Problem("it holds a whole number of 2^63 or more")
    elif value is not None and not isinstance(value, datetime):
        raise _Problem("it holds something that JSON does not have")


def _event(body: Any) -> Event:
    if not isinstance(body, Mapping):
        raise _Problem("an event is a JSON object")
    if body.get("specversion", "1.0") != "1.0":
        raise _Problem("specversion must be 1.0")
    kind = body.get("type")
    if kind not in TYPES:
        raise _Problem(f"type must be one of {', '.join(TYPES)}")
    data = body.get("data")
    if not isinstance(data, Mapping):
        raise _Problem("data must be an object")
    return Event(
        id=_text(body, "id", required=True),
        type=kind,
        at=_time(body, "time", required=True),
        data=_READERS[kind](data),
        body=body,
    )


def _text(data: Mapping[str, Any], name: str, *, required: bool = False, longest: int = LONGEST) -> str:
    value = data.get(name)
    if value is None and not required:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or (required and not value.strip()):
        raise _Problem(f"{name} must be text")
    if len(value) > longest:
        raise _Problem(f"{name} must be at most {longest} characters")
    if "\x00" in value:
        raise _Problem(f"{name} must not hold a NUL character")
    return value.strip()


def _time(data: Mapping[str, Any], name: str, *, required: bool = False) -> Any:
    value = data.get(name)
    if value is None and not required:
        return None
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise _Problem(f"{name} must be an ISO 8601 time with an offset, such as 2026-11-22T09:00:00Z") from None
    if moment.tzinfo is None:
        raise _Problem(f"{name} needs an offset, such as Z or +01:00")
    if not 1990 <= moment.year <= 2200:
        raise _Problem(f"{name} must lie between the years 1990 and 2200")
    return moment


def _money(data: Mapping[str, Any], name: str, *, required: bool = False) -> tuple[int | None, str]:
    value = data.get(name)
    if value is None and not required:
        return None, ""
    if not isinstance(value, Mapping):
        raise _Problem(f'{name} must be money, such as {{"minor": 2500, "currency": "EUR"}}')
    minor, currency = value.get("minor"), value.get("currency")
    if not isinstance(minor, int) or isinstance(minor, bool) or not 0 <= minor < 10**15:
        raise _Problem(f"{name}.minor must be a whole number of cents, zero or more")
    if not isinstance(currency, str) or not is_currency(currency):
        raise _Problem(f"{name}.currency must be a code of ISO 4217, such as EUR")
    return minor, currency


def _customer(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    value = data.get("customer")
    if not isinstance(value, Mapping):
        raise _Problem('customer must be an object, such as {"email": "ana@example.com"}')
    read = ((kind, _text(value, kind, longest=320)) for kind in IDENTITY_KINDS)
    pairs = tuple((kind, text) for kind, text in read if legible(text=text))
    if not pairs:
        raise _Problem(f"customer needs at least one of {', '.join(IDENTITY_KINDS)}")
    return pairs


def _seen(data: Mapping[str, Any]) -> dict[str, Any]:
    customer = data.get("customer")
    identities = _customer(data)
    assert isinstance(customer, Mapping)
    return {
        "identities": identities,
        "name": _text(customer, "name"),
        "language": _text(customer, "language", longest=10),
        "zone": _zone(customer),
    }


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def _zone(data: Mapping[str, Any]) -> str:
    zone = _text(data, "zone", longest=60)
    if zone and zone not in zones():
        raise _Problem(f"zone {zone!r} is not a time zone; use one such as Europe/Lisbon")
    return zone


def _purchase(data: Mapping[str, Any]) -> dict[str, Any]:
    minor, currency = _money(data, "total", required=True)
    return {
        **_seen(data),
        "reference": _text(data, "reference", required=True, longest=120),
        "what": _text(data, "what", longest=120),
        "placed_at": _time(data, "placed_at", required=True),
        "place": _text(data, "place", longest=60),
        "minor": minor,
        "currency": currency,
    }


def _visit(data: Mapping[str, Any]) -> dict[str, Any]:
    active_from, active_to = _time(data, "from", required=True), _time(data, "to", required=True)
    if active_to <= active_from:
        raise _Problem("to must be later than from")
    return {
        **_seen(data),
        "reference": _text(data, "reference", required=True, longest=120),
        "place": _text(data, "place", longest=60),
        "active_from": active_from,
        "active_to": active_to,
    }


def _heard(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"until": _time(data, "until", required=True)}


def _made(data: Mapping[str, Any]) -> dict[str, Any]:
    made_at, due_at = _time(data, "made_at"), _time(data, "due_at", required=True)
    if made_at is not None and due_at < made_at:
        raise _Problem("due_at must not be earlier than made_at")
    minor, currency = _money(data, "value")
    return {
        **_seen(data),
        "reference": _text(data, "reference", required=True, longest=120),
        "kind": _text(data, "kind", longest=40) or "delivery",
        "what": _text(data, "what", longest=160),
        "purchase": _text(data, "purchase", longest=120),
        "visit": _text(data, "visit", longest=120),
        "place": _text(data, "place", longest=60),
        "product": _text(data, "product", longest=60),
        "partner": _text(data, "partner", longest=60),
        "made_at": made_at,
        "due_at": due_at,
        "minor": minor,
        "currency": currency,
        "facts": _facts(data),
    }


def _facts(data: Mapping[str, Any]) -> dict[str, Any] | None:
    facts = data.get("facts")
    if facts is None:
        return None
    if not isinstance(facts, Mapping) or len(facts) > MOST_FACTS:
        raise _Problem(f"facts must be an object of at most {MOST_FACTS} numbers, truths, codes or times")
    for name, value in facts.items():
        if isinstance(value, str):
            _text(facts, name, longest=40)
        elif value is not None and not isinstance(value, int | float):
            raise _Problem(f"facts.{name} must be a number, true, false, a code or a time")
    return dict(facts)


def _word(data: Mapping[str, Any]) -> dict[str, Any]:
    agreed = data.get("agreed", False)
    if not isinstance(agreed, bool):
        raise _Problem("agreed must be true or false")
    return {
        "reference": _text(data, "reference", required=True, longest=120),
        "due_at": _time(data, "due_at"),
        "agreed": agreed,
    }


def _moved(data: Mapping[str, Any]) -> dict[str, Any]:
    _time(data, "due_at", required=True)
    return _word(data)


def _charge(data: Mapping[str, Any]) -> dict[str, Any]:
    minor, currency = _money(data, "amount", required=True)
    return {
        **_seen(data),
        "reference": _text(data, "reference", required=True, longest=120),
        "purchase": _text(data, "purchase", longest=120),
        "promise": _text(data, "promise", longest=120),
        "tender": _text(data, "tender", longest=30),
        "minor": minor,
        "currency": currency,
    }


def _signal(data: Mapping[str, Any]) -> dict[str, Any]:
    value = data.get("value")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not -32768 <= value <= 32767):
        raise _Problem("value must be a whole number")
    return {
        **_seen(data),
        "purchase": _text(data, "purchase", longest=120),
        "promise": _text(data, "promise", longest=120),
        "place": _text(data, "place", longest=60),
        "what": _text(data, "what", longest=160),
        "value": value,
    }


_READERS = {
    "customer.seen": _seen,
    "purchase.made": _purchase,
    "visit.made": _visit,
    "source.heard": _heard,
    "promise.made": _made,
    "promise.kept": _word,
    "promise.released": _word,
    "promise.changed": _moved,
    "promise.expected": _moved,
    **dict.fromkeys(CHARGES, _charge),
    **dict.fromkeys(SIGNALS, _signal),
}
