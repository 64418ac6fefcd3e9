"""Who listens to what: the only place where rooms are wired to each other, upward."""

from __future__ import annotations

from makegood.failures.gating import failures_from_broken, failures_hear_fulfilled
from makegood.failures.operations import failures_withdraw
from makegood.failures.tasks import failures_gate, failures_route
from makegood.journal.operations import on
from makegood.promises.tasks import promises_break
from makegood.store.ticking import due


def register() -> None:
    """Register every handler, due kind and carrier; called once, when Django is ready."""
    on("promises:promise:broken", failures_from_broken)
    on("promises:promise:fulfilled", failures_hear_fulfilled)
    on("promises:promise:unbroken", failures_withdraw)

    due("promises", "promises_due", promises_break)
    due("gate", "failures_to_gate", failures_gate)
    due("route", "failures_to_route", failures_route)
