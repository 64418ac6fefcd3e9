"""Whether everything that should run runs: asked by load balancers, by `makegood doctor` and by tests."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse

from makegood.store.clocks import wall_now
from makegood.store.heartbeats import failing, well

PARTS = {"worker": "workers", "tick": "ticker"}


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when web, database, workers, ticker and their work are well, else 503, with each one's state."""
    state = {"web": "well", "database": "well"}
    try:
        now = wall_now()
        found, broken = well(now=now), failing(now=now)
    except (DatabaseError, InterfaceError):
        connection.close()
        state |= {"database": "does not answer"} | dict.fromkeys([*PARTS.values(), "work"], "unknown")
    else:
        state |= {shown: "well" if found.get(kind) else "none is running" for kind, shown in PARTS.items()}
        state["work"] = f"keeps failing: {', '.join(broken)}" if broken else "well"
    healthy = all(each == "well" for each in state.values())
    answer = JsonResponse({"status": "well" if healthy else "unwell", **state}, status=200 if healthy else 503)
    answer.headers["Cache-Control"] = "no-store"
    return answer
