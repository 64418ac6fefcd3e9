"""Who listens to what: the only place where rooms are wired to each other, upward."""

from __future__ import annotations

from makegood.cli.loops import work_with
from makegood.config.working import work_once
from makegood.failures.gating import failures_from_broken, failures_hear_fulfilled
from makegood.failures.operations import failures_withdraw
from makegood.failures.tasks import failures_gate, failures_route
from makegood.journal.carrying import Carrier, carry
from makegood.journal.operations import on
from makegood.makegoods.floors import floors_hear_failures, floors_hear_fulfilled
from makegood.makegoods.operations import makegoods_hear_erased, makegoods_hear_withdrawn
from makegood.makegoods.payouts import payout_carry, payouts_hear_carried, payouts_hear_decided, payouts_hear_held
from makegood.makegoods.tasks import makegoods_due
from makegood.messages.operations import messages_hear_erased
from makegood.messages.sending import message_carry, staff_carry
from makegood.messages.settling import messages_hear_carried
from makegood.messages.staff import staff_hear_carried
from makegood.promises.tasks import promises_break
from makegood.store.ticking import due


def register() -> None:
    """Register every handler, due kind and carrier; called once, when Django is ready."""
    on("promises:promise:broken", failures_from_broken)
    on("promises:promise:fulfilled", failures_hear_fulfilled)
    on("promises:promise:fulfilled", floors_hear_fulfilled)
    on("promises:promise:unbroken", failures_withdraw)
    on("failures:failure:detected", floors_hear_failures)
    on("failures:failure:gated", floors_hear_failures)
    on("failures:failure:withdrawn", makegoods_hear_withdrawn)
    on("failures:failure:attached", payouts_hear_held)
    on("failures:failure:held", payouts_hear_held)
    on("failures:incident:confirmed", payouts_hear_decided)
    on("failures:incident:dismissed", payouts_hear_decided)
    on("customers:customer:erased", makegoods_hear_erased)
    on("customers:customer:erased", messages_hear_erased)
    on("outbox:effect:done", payouts_hear_carried)
    for outcome in ("done", "failed", "unknown", "stopped"):
        on(f"outbox:effect:{outcome}", messages_hear_carried)
        on(f"outbox:effect:{outcome}", staff_hear_carried)

    due("promises", "promises_due", promises_break)
    due("gate", "failures_to_gate", failures_gate)
    due("route", "failures_to_route", failures_route)
    due("makegoods", "makegoods_due", makegoods_due)

    carry("message", Carrier(carry_out=message_carry, repeatable=False))
    carry("staff", Carrier(carry_out=staff_carry, repeatable=False))
    carry("payout", Carrier(carry_out=payout_carry, repeatable=True))
    work_with(work_once)
