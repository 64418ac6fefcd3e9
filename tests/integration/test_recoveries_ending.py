"""How a recovery ends: nothing leaves after it, notes are no words, an incident that was none is forgotten."""

from __future__ import annotations

from typing import Any

from tests.conftest import START, Org
from tests.support.given import offer
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    fixed,
    journal,
    makegood,
    open_for,
    reply,
    step_to,
    steps,
    tell,
)

from makegood.config.working import work_dry
from makegood.failures.incidents import failures_hold, incident_dismiss, incident_propose
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.journal.operations import Happened
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import makegood_decline, makegood_offer
from makegood.messages.models import Message
from makegood.messages.operations import note_add
from makegood.recoveries.models import Pause, Recovery
from makegood.recoveries.operations import called, close, pause_end, pause_start
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


def test_nothing_leaves_after_a_manager_closed_it(org: Org) -> None:
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        assert Message.objects.filter(thread_id=recovery.thread_id, state__in=("draft", "queued")).count() == 2
        close(
            organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="they want no contact", now=START
        )  # fmt: skip
    step_to(org, START + HOUR)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        states = set(Message.objects.filter(thread_id=recovery.thread_id).values_list("state", flat=True))
        assert states == {"stopped"}


def withdraw(org: Org, failure_id: int) -> None:
    """Late evidence takes the failure back; call inside a unit of work."""
    Failure.objects.filter(id=failure_id).update(withdrawn_at=START)
    tell(org, Happened(at=START, event="failures:failure:withdrawn", subject="failure", subject_id=failure_id))


def test_a_note_among_colleagues_was_not_said_to_the_customer(org: Org) -> None:
    """Late evidence withdraws such a case; one about which the customer was called is its owner's to close."""
    with tenant(organization_id=org.id):
        noted_of, called_of = failure(org), failure(org, customer_id=customer(org))
        (noted,) = open_for(org, noted_of)
        note_add(
            organization_id=org.id, thread_id=noted.thread_id, by=org.employee, body="looked into it", now=START
        )  # fmt: skip
        withdraw(org, noted_of)
        assert again(org, noted).state == "withdrawn"
        spoken_with = open_for(org, called_of)[-1]
        called(
            organization_id=org.id, recovery_id=spoken_with.id, note="told her", by=spoken_with.owner_id, now=START
        )  # fmt: skip
        withdraw(org, called_of)
        assert again(org, spoken_with).state == "open"


def test_an_incident_that_was_none_is_forgotten(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The shop", at=START, active_from=START, active_to=START,
            reasons=[], place_id=org.place,
        )  # fmt: skip
        failures_hold(organization_id=org.id, incident_id=incident_id, failure_ids=[failure_id], at=START)
        assert again(org, recovery).incident_id == incident_id
        incident_dismiss(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
        assert again(org, recovery).incident_id is None


def ended(org: Org, given: MakeGood, outcome: str) -> Happened:
    """The journal's word that a make-good ended so."""
    return Happened(
        at=START + HOUR, event=f"makegoods:makegood:{outcome}", subject="makegood", subject_id=given.id,
        data={"failure": given.failure_id, "part": given.part, "minor": 900, "currency": "EUR"},
    )  # fmt: skip


def test_a_make_good_that_was_withdrawn_does_not_keep_the_step_open(org: Org) -> None:
    with tenant(organization_id=org.id):
        first, second = failure(org, happening_key="h"), failure(org, happening_key="h")
        (recovery,) = open_for(org, first, second)
        fixed(org, recovery)
        makegood(org, recovery, second, at=START, state="withdrawn")
        tell(org, ended(org, makegood(org, recovery, first, at=START + HOUR), "delivered"))
        assert steps(org, recovery)["make_good"] == "done"
        assert clock(org, recovery, "make_good").state == "met"


def test_a_customer_who_declines_all_ends_the_step_and_its_clock(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        fixed(org, recovery)
        makegood_id = makegood_offer(organization_id=org.id, offer=offer(org, failure_id), now=START)
        makegood_decline(organization_id=org.id, makegood_id=makegood_id, now=START + HOUR)
        assert steps(org, recovery)["make_good"] == "skipped"
        assert clock(org, recovery, "make_good").state == "met"
        told = [one.data for one in journal(org, recovery, "stepped")]
        assert {"step": "make_good", "state": "skipped"} in told


def paused(org: Org, recovery: Recovery, reason: str) -> None:
    """Its clocks stand still; call inside a unit of work."""
    pause_start(
        organization_id=org.id, recovery_id=recovery.id, reason=reason, by=org.employee, now=START + HOUR
    )  # fmt: skip


def told_of(org: Org, recovery: Recovery, **since: Any) -> int:
    """How often a late answer was told of; call inside a unit of work."""
    rows = Entry.objects.filter(event="recoveries:recovery:escalated", subject_id=recovery.id, **since)
    return rows.filter(data__target="respond").count()


def test_no_pause_stops_the_clock_of_an_answer(org: Org) -> None:
    """While we wait for others the customer writes that it is still broken: a person answers by a clock."""
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        paused(org, recovery, "third_party")
        reply(org, recovery, "It is still broken!", at=START + 3 * HOUR)
        due_at = clock(org, recovery, "respond").due_at
        assert due_at is not None
        assert due_at > START + 3 * HOUR
        assert Pause.objects.get(recovery_id=recovery.id).to_at is None
        pause_end(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START + 4 * HOUR)
        assert clock(org, recovery, "respond").due_at == due_at
    work_dry(only=[org.id])
    step_to(org, START + 30 * DAY)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "respond").state == "missed"
        assert told_of(org, recovery) > 0


def test_a_reply_ends_a_pause_that_waited_for_the_customer(org: Org) -> None:
    """A thanks does not."""
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        paused(org, recovery, "customer")
        reply(org, recovery, "Thanks!", at=START + 2 * HOUR)
        assert clock(org, recovery, "fix").state == "paused"
        reply(org, recovery, "It is still broken!", at=START + 3 * HOUR)
        assert Pause.objects.get(recovery_id=recovery.id).to_at == START + 3 * HOUR
        assert clock(org, recovery, "fix").state == "running"
        assert clock(org, recovery, "respond").state == "running"


def test_closing_ends_a_pause(org: Org) -> None:
    """So that what is opened again later has its clocks."""
    with tenant(organization_id=org.id):
        (recovery,) = open_for(org, failure(org))
        paused(org, recovery, "other")
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="x", now=START + 2 * HOUR)
        assert Pause.objects.get(recovery_id=recovery.id).to_at == START + 2 * HOUR
        assert [one.data["to_at"] for one in journal(org, recovery, "resumed")] == [(START + 2 * HOUR).isoformat()]
