"""Whether everything that should run runs: asked by load balancers, by `makegood doctor` and by tests.

What must run turns it red. What a person is to look after is named and turns nothing red: taking a web process out of
service empties no disk. Strangers are told the state of each part in a word; numbers are for who may know them.
"""

from __future__ import annotations

from typing import Final

import attrs
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse

from makegood.cli.looking import LEAST_FREE, OLDEST_BACKUP
from makegood.config.house import House, house_read, may_know
from makegood.store.clocks import wall_now

PARTS = {"worker": "workers", "tick": "ticker"}
OUTBOX_SECONDS: Final = 600.0
"""What was to leave so long ago waits for a worker that is not there, or not enough of them."""
WATCHED = ("outbox", "mail", "disk", "backups")
UNKNOWN = "unknown"


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when web, database, workers, ticker and their work are well, else 503, with each one's state."""
    state = {"web": "well", "database": "well"}
    found: House | None = None
    try:
        found = house_read(now=wall_now())
    except (DatabaseError, InterfaceError):
        connection.close()
        others = (*PARTS.values(), "work", "migrations")
        state |= {"database": "does not answer"} | dict.fromkeys(others, UNKNOWN)
    else:
        state |= {shown: "well" if found.processes.get(kind) else "none is running" for kind, shown in PARTS.items()}
        state["work"] = f"keeps failing: {', '.join(found.failing)}" if found.failing else "well"
        state["migrations"] = "some are missing" if found.migrations_missing else "well"
    healthy = all(each == "well" for each in state.values())
    watched = _watched(found) if found else dict.fromkeys(WATCHED, UNKNOWN)
    told = {"status": "well" if healthy else "unwell", **state, **watched}
    if found and may_know(request):
        told["numbers"] = attrs.asdict(found)
    answer = JsonResponse(told, status=200 if healthy else 503)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _watched(found: House) -> dict[str, str]:
    """What a person is to look after."""
    backups = "well"
    if not found.backups_named:
        backups = "not set"
    elif found.backup_seconds is None:
        backups = "there is none"
    elif found.backup_seconds > OLDEST_BACKUP.total_seconds():
        backups = "too old"
    return {
        "outbox": "waits too long" if found.outbox_seconds > OUTBOX_SECONDS else "well",
        "mail": "a mailbox cannot be read" if found.mailboxes_in_trouble else "well",
        "disk": "nearly full" if found.disk_free < LEAST_FREE else "well",
        "backups": backups,
    }
