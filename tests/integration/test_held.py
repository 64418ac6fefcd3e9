"""A burst sends nothing until a person says so: what comes later is held too, and what is not of it goes its way."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.given import offer
from tests.support.recoveries import DAY, customer, failure, open_for, step_to

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.failures.incidents import (
    UnableToDecideIncident,
    failures_attach,
    failures_hold,
    incident_close,
    incident_confirm,
    incident_dismiss,
    incident_propose,
    incidents_close_withdrawn,
)
from makegood.failures.models import Failure, Incident
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.makegoods.floors import FloorOwed, floors_owe
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import makegood_offer
from makegood.makegoods.tasks import makegoods_due
from makegood.messages.models import Message
from makegood.messages.operations import message_send
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations import rating_ask
from makegood.store.tenancy import tenant


def burst(org: Org, **facts: Any) -> int:
    """Propose a burst; call inside a unit of work."""
    return incident_propose(
        organization_id=org.id, reason="burst", title="x", at=START, active_from=START, active_to=START, reasons=[],
        **facts,
    )  # fmt: skip


def owe(org: Org, failure_id: int, minor: int = 25_000) -> int:
    """Owe money by law for a failure; call inside a unit of work."""
    due = FloorOwed(
        failure_id=failure_id, customer_id=org.customer, rule="x@1", title="Owed", form="cash",
        amount=Money(minor=minor, currency="EUR"), due_at=START, reasons=(), at=START,
    )  # fmt: skip
    (makegood_id,) = floors_owe(organization_id=org.id, owed=[due], now=START)
    return makegood_id


def withdraw(org: Org, failure_id: int) -> None:
    """Withdraw a failure as late evidence does; call inside a unit of work."""
    Failure.objects.filter(id=failure_id).update(withdrawn_at=START)
    gone = Happened(at=START, event="failures:failure:withdrawn", subject="failure", subject_id=failure_id)
    record(organization_id=org.id, entries=[gone])


def told(org: Org) -> list[tuple[str, str]]:
    """What was to be said to customers, and what became of it."""
    with tenant(organization_id=org.id):
        rows = Message.objects.filter(direction="out").exclude(kind="staff").exclude(state="draft")
        return list(rows.order_by("id").values_list("kind", "state"))


@pytest.mark.parametrize("decide", [incident_confirm, incident_dismiss])
def test_invariant_16_nothing_leaves_while_a_burst_waits_for_a_yes_or_a_no(org: Org, decide: Any) -> None:
    with tenant(organization_id=org.id):
        one = failure(org)
        (recovery,) = open_for(org, one)
        makegood_offer(organization_id=org.id, offer=offer(org, one), now=START)
        incident = burst(org)
        failures_hold(organization_id=org.id, incident_id=incident, failure_ids=[one], at=START)
    step_to(org, START + 8 * DAY)
    with tenant(organization_id=org.id):
        makegoods_due(organization_id=org.id)
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START + 8 * DAY)
        draft = Message.objects.get(kind="apology", state="draft")
        message_send(
            organization_id=org.id, message_id=draft.id, by=recovery.owner_id, now=START + 8 * DAY, override_reason="x"
        )
    work_dry(only=[org.id])
    kinds = {"acknowledgement", "reminder", "score_request", "apology"}
    assert {kind for kind, _ in told(org)} >= kinds
    assert {state for _, state in told(org)} == {"queued"}
    with tenant(organization_id=org.id):
        decide(organization_id=org.id, incident_id=incident, by=org.manager, now=START + 8 * DAY)
    work_dry(only=[org.id])
    assert {state for _, state in told(org)} == {"sent"}


def test_what_was_queued_unseen_by_the_burst_is_held_as_it_is_claimed(org: Org) -> None:
    with tenant(organization_id=org.id):
        one = failure(org)
        open_for(org, one)
        Failure.objects.filter(id=one).update(incident_id=burst(org))
    work_dry(only=[org.id])
    assert {state for _, state in told(org)} == {"queued"}
    with tenant(organization_id=org.id):
        held = Effect.objects.filter(kind="message", state="pending")
        assert set(held.values_list("held_for", flat=True)) == set(Incident.objects.values_list("id", flat=True))


def test_what_another_failure_of_the_same_recovery_is_owed_is_paid(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine, other = failure(org, happening_key="h"), failure(org, happening_key="h")
        open_for(org, mine, other)
        held, owed = owe(org, mine), owe(org, other)
        incident = burst(org)
        failures_hold(organization_id=org.id, incident_id=incident, failure_ids=[mine], at=START)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        states = dict(MakeGood.objects.values_list("id", "state"))
        assert states == {held: "accepted", owed: "delivered"}


def test_what_late_evidence_ends_lets_go_of_what_it_held(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine, other = failure(org, happening_key="h"), failure(org, happening_key="h")
        open_for(org, mine, other)
        incident = burst(org)
        failures_hold(organization_id=org.id, incident_id=incident, failure_ids=[mine], at=START)
    work_dry(only=[org.id])
    assert {state for _, state in told(org)} == {"queued"}
    with tenant(organization_id=org.id):
        withdraw(org, mine)
        incidents_close_withdrawn(organization_id=org.id, incident_ids=[incident], now=START)
        assert Incident.objects.get(id=incident).state == "closed"
        assert not Effect.objects.filter(held_for__isnull=False).exists()
    work_dry(only=[org.id])
    assert {state for _, state in told(org)} == {"sent"}


def test_one_whose_own_failure_is_withdrawn_is_let_go_while_the_burst_still_waits(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine, other = failure(org, happening_key="h"), failure(org, happening_key="h")
        third = failure(org, customer_id=customer(org))
        open_for(org, mine, other, third)
        incident = burst(org)
        failures_hold(organization_id=org.id, incident_id=incident, failure_ids=[mine, third], at=START)
        withdraw(org, mine)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        by_customer = dict(Message.objects.filter(kind="acknowledgement").values_list("customer_id", "state"))
        assert by_customer.pop(org.customer) == "sent"
        assert set(by_customer.values()) == {"queued"}


def test_a_person_closes_what_is_open_and_nothing_that_waits_for_a_yes(org: Org) -> None:
    with tenant(organization_id=org.id):
        incident = burst(org, place_id=org.place)
        one = failure(org, routed_at=None)
        failures_attach(organization_id=org.id, incident_id=incident, failure_ids=[one], at=START)
        with pytest.raises(UnableToDecideIncident, match="Say first"):
            incident_close(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
    answer = signed_in(org, org.admin).post("/incidents/I-1/close", {})
    assert "Say first whether it is one incident" in answer.content.decode()
    with tenant(organization_id=org.id):
        assert Incident.objects.get().state == "proposed"
        incident_confirm(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
        assert RecoveryFailure.objects.filter(failure_id=one).exists()
        incident_close(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
        with pytest.raises(UnableToDecideIncident, match="decided already"):
            incident_close(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
