"""Record what happened, and tell those who listen, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.journal.models import Entry
from makegood.store.bulk import written
from makegood.store.unit import gather
from makegood.store.wiring import wired


@attrs.frozen(kw_only=True, slots=True)
class Happened:
    """One thing that happened. `data` holds ids, codes, amounts and ISO times only; never personal data."""

    at: datetime
    event: str
    subject: str
    subject_id: int
    data: Mapping[str, Any] = attrs.field(factory=dict)
    actor_id: int | None = None


Handler = Callable[..., None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
COLUMNS = ("organization_id", "at", "event", "actor_id", "subject", "subject_id", "data")


def on(event: str, handler: Handler) -> None:
    """Register a handler of one event, called as handler(organization_id=, entries=[...]) after the insert.

    Only `config` registers; a handler's error rolls the whole transaction back.
    """
    if handler not in _handlers[event]:
        _handlers[event].append(handler)


def record(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Write the entries to the journal and run the handlers of their events, in registration order.

    They are in the journal for whoever asks it, and stand there once the unit of work ends.
    """
    wired()
    gather(
        Entry,
        COLUMNS,
        [(organization_id, e.at, e.event, e.actor_id, e.subject, e.subject_id, written(dict(e.data))) for e in entries],
    )
    by_event: dict[str, list[Happened]] = {}
    for entry in entries:
        if entry.event in _handlers:
            by_event.setdefault(entry.event, []).append(entry)
    for event, happened in by_event.items():
        for handler in _handlers[event]:
            handler(organization_id=organization_id, entries=happened)
