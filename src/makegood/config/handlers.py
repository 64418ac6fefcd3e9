"""Who listens to what: the only place where rooms are wired to each other, upward."""

from __future__ import annotations

from makegood.cli.loops import work_with
from makegood.config.working import FIRST, work_once
from makegood.console.presence import notes_opened
from makegood.failures.gating import failures_from_broken, failures_hear_complained, failures_hear_fulfilled
from makegood.failures.operations import failures_hear_erased, failures_hear_watched, failures_withdraw
from makegood.failures.tasks import failures_gate, failures_route
from makegood.journal.barring import bar
from makegood.journal.carrying import Carrier, carry
from makegood.journal.operations import on
from makegood.keeping.retention import retention_due
from makegood.listen.forms import reports_taken
from makegood.listen.hooks.operations import deliveries_hear_erased
from makegood.listen.intake.folder_files import files_hear_failed, files_hear_imported, folders_hear_erased
from makegood.listen.intake.operations import intakes_hear_erased
from makegood.listen.mailbox.operations import asides_hear_erased
from makegood.listen.operations import raw_hear_erased
from makegood.makegoods.charges import (
    charge_carry,
    charges_hear_carried,
    charges_hear_erased,
    charges_hear_taken,
    charges_hear_withdrawn,
)
from makegood.makegoods.floors import floors_hear_failures, floors_hear_fulfilled
from makegood.makegoods.operations import makegoods_hear_erased, makegoods_hear_withdrawn
from makegood.makegoods.payouts import payout_carry, payouts_hear_carried
from makegood.makegoods.tasks import makegoods_due
from makegood.messages.accounts import account_carry
from makegood.messages.operations import messages_hear_erased
from makegood.messages.promising import drafts_hear_spoken
from makegood.messages.readdressing import messages_hear_corrected
from makegood.messages.sending import message_carry, messages_inside
from makegood.messages.settling import messages_hear_carried
from makegood.messages.telling import seeing, settling, staff_carry, staff_inside, tellings_due
from makegood.messages.telling_out import tell_carry, tellings_hear_carried
from makegood.promises.operations import promises_hear_erased
from makegood.promises.tasks import promises_break
from makegood.recoveries.barring import ABOUT, barred_hear_failures, barred_hear_incidents, bars_asked
from makegood.recoveries.journalled import cares_keep
from makegood.recoveries.operations import (
    calendars_hear_published,
    complaints_heard,
    failures_caused,
    failures_held,
    failures_withdrawn,
    floors_doubted,
    incidents_dropped,
    links_had,
    makegoods_moved,
    member_changed,
    member_left,
    messages_sent,
    recoveries_open_for,
    replies_received,
    signals_opened,
    unmatched_received,
)
from makegood.recoveries.operations.confirming import incidents_asked
from makegood.recoveries.operations.erasing import recoveries_hear_erased
from makegood.recoveries.operations.making_good import fixes_heard
from makegood.recoveries.operations.renewing import drafts_hear_corrected, drafts_hear_owned
from makegood.recoveries.operations.shadows import shadows_over
from makegood.recoveries.operations.staff_words import (
    words_hear_called,
    words_hear_erased,
    words_hear_paid,
    words_hear_queued,
    words_hear_sent,
)
from makegood.recoveries.operations.trials import ENDING, trial_carry, trials_hear_member, trials_hear_over
from makegood.recoveries.saying import offers_answered, offers_remind
from makegood.recoveries.tasks import (
    approvals_due,
    clocks_due,
    drafts_due,
    expected_loss_refresh,
    follow_ups_due,
    incidents_due,
    staff_words_due,
    unopened_due,
)
from makegood.recoveries.told import notes_settled, questions_settled
from makegood.store.ticking import due


def register() -> None:
    """Register every handler, due kind and carrier; called once, when first something is asked for."""
    on("promises:promise:broken", failures_from_broken)
    on("promises:promise:fulfilled", failures_hear_fulfilled)
    on("promises:promise:fulfilled", floors_hear_fulfilled)
    on("promises:promise:unbroken", failures_withdraw)
    on("failures:failure:detected", floors_hear_failures)
    on("failures:failure:gated", floors_hear_failures)
    on("failures:failure:withdrawn", makegoods_hear_withdrawn)
    on("failures:failure:withdrawn", charges_hear_withdrawn)
    for joined_or_gone in ("attached", "held", "withdrawn"):
        on(f"failures:failure:{joined_or_gone}", barred_hear_failures)
    on("failures:incident:proposed", incidents_asked)
    for decided in ("confirmed", "dismissed", "closed"):
        on(f"failures:incident:{decided}", barred_hear_incidents)
    on("failures:failure:complained", failures_hear_complained)
    on("failures:failure:complained", complaints_heard)
    on("failures:failure:taken", recoveries_open_for)
    on("failures:failure:taken", charges_hear_taken)
    on("failures:failure:withdrawn", failures_withdrawn)
    on("failures:failure:held", failures_held)
    for ended in ("dismissed", "closed"):
        on(f"failures:incident:{ended}", incidents_dropped)
    on("failures:failure:caused", failures_caused)
    _messages_heard()
    on("recoveries:recovery:called", words_hear_called)
    on("makegoods:makegood:delivered", words_hear_paid)
    for outcome in ("delivered", "declined", "expired", "withdrawn"):
        on(f"makegoods:makegood:{outcome}", makegoods_moved)
    for outcome in ("accepted", "swapped", "declined", "delivered", "expired", "withdrawn"):
        on(f"makegoods:makegood:{outcome}", offers_answered)
    on("makegoods:makegood:reminded", offers_remind)
    for said in ("undecided", "decided"):
        on(f"makegoods:floor:{said}", floors_doubted)
    on("recoveries:recovery:stepped", fixes_heard)
    on("recoveries:recovery:closed", cares_keep)
    on("recoveries:recovery:owned", drafts_hear_owned)
    for gone in ("left", "changed"):
        on(f"organizations:member:{gone}", trials_hear_member)
    on("organizations:member:left", member_left)
    on("organizations:member:changed", member_changed)
    on("organizations:calendar:published", calendars_hear_published)
    for erased in (
        promises_hear_erased,
        failures_hear_erased,
        makegoods_hear_erased,
        charges_hear_erased,
        messages_hear_erased,
        recoveries_hear_erased,
        words_hear_erased,
        raw_hear_erased,
        intakes_hear_erased,
        folders_hear_erased,
        asides_hear_erased,
        deliveries_hear_erased,
    ):
        on("customers:customer:erased", erased)
    on("customers:customer:corrected", messages_hear_corrected)
    on("customers:customer:corrected", drafts_hear_corrected)
    on("organizations:organization:spoken", drafts_hear_spoken)
    on("listen:file:failed", files_hear_failed)
    on("listen:file:imported", files_hear_imported)
    on("outbox:effect:done", payouts_hear_carried)
    on("outbox:effect:done", trials_hear_over)
    for outcome in ("done", "failed", "unknown", "stopped"):
        on(f"outbox:effect:{outcome}", messages_hear_carried)
        on(f"outbox:effect:{outcome}", charges_hear_carried)
        on(f"outbox:effect:{outcome}", tellings_hear_carried)
    _shadows_heard()
    _due_and_carried()


def _shadows_heard() -> None:
    """What a source only watches goes on as if it had left; when it goes live, that is over."""
    on("promises:source:changed", failures_hear_watched)
    on("promises:source:changed", shadows_over)
    on("outbox:effect:shadowed", messages_hear_carried)
    on("outbox:effect:shadowed", payouts_hear_carried)
    on("messages:message:shadowed", messages_sent)
    on("messages:message:shadowed", words_hear_sent)
    on("makegoods:makegood:shadowed", words_hear_paid)
    on("makegoods:makegood:shadowed", makegoods_moved)
    on("makegoods:makegood:shadowed", offers_answered)


def _due_and_carried() -> None:
    """What the ticker asks for, and who carries out which effect."""
    due("promises", "promises_due", promises_break)
    due("gate", "failures_to_gate", failures_gate)
    due("route", "failures_to_route", failures_route)
    due("unopened", "unopened_due", unopened_due)
    due("makegoods", "makegoods_due", makegoods_due, after=FIRST)
    due("clocks", "clocks_due", clocks_due, after=FIRST)
    due("drafts", "drafts_due", drafts_due, after=FIRST)
    due("follow-ups", "follow_ups_due", follow_ups_due, after=FIRST)
    due("staff words", "staff_words_due", staff_words_due, after=FIRST)
    due("approvals", "approvals_due", approvals_due, after=FIRST)
    due("incidents", "incidents_to_ask", incidents_due, after=FIRST)
    due("tellings", "tellings_due", tellings_due, after=FIRST)
    due("retention", "retention_due", retention_due, after=FIRST)
    due("expected loss", "recoveries_stale", expected_loss_refresh)

    for kind in ABOUT:
        bar(kind, bars_asked(kind))
    carry("message", Carrier(carry_out=message_carry, repeatable=False, inside=messages_inside))
    carry("staff", Carrier(carry_out=staff_carry, repeatable=True, inside=staff_inside))
    carry("tell", Carrier(carry_out=tell_carry, repeatable=False))
    carry("account", Carrier(carry_out=account_carry, repeatable=True))
    carry("charge_stop", Carrier(carry_out=charge_carry, repeatable=True))
    carry(ENDING, Carrier(carry_out=trial_carry, repeatable=True))
    carry("payout", Carrier(carry_out=payout_carry, repeatable=True))
    settling(notes_settled)
    settling(questions_settled)
    seeing(notes_opened)
    work_with(work_once)


def _messages_heard() -> None:
    on("failures:failure:taken", reports_taken)
    on("messages:message:sent", messages_sent)
    on("messages:thread:linked", links_had)
    on("messages:message:received", replies_received)
    on("messages:message:received", unmatched_received)
    on("failures:signal:opened", signals_opened)
    on("messages:message:queued", words_hear_queued)
    on("messages:message:sent", words_hear_sent)
