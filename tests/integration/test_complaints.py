"""A complaint is never swallowed: it reaches the recovery that it speaks of, or opens one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.given import at_once
from tests.support.recoveries import DAY, HOUR, again, clock, customer, failure, journal, open_for, step_to

from makegood.customers.models import Purchase
from makegood.failures.models import Failure, Signal
from makegood.failures.signals import NewSignal, UnableToDecideSignal, signal_dismiss, signal_open, signals_record
from makegood.journal.models import Entry
from makegood.listen.operations import events_accept
from makegood.messages.models import Message
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import close, review_decide
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

ANA = {"email": "ana@example.com"}


def purchase(org: Org) -> int:
    """Something that the customer bought; call inside a unit of work."""
    return Purchase.objects.create(
        organization_id=org.id,
        customer_id=org.customer,
        key_hash=b"one",
        placed_at=START,
        total_minor=900,
        currency="EUR",
    ).id


def complain(org: Org, *, at: datetime = START + DAY, kind: str = "complaint", **facts: Any) -> Signal:
    """They tell us, once each; call inside a unit of work."""
    count = Signal.objects.count()
    signal = NewSignal(
        kind=kind, customer_id=org.customer, happened_at=at, received_at=at, key_hash=b"%d" % count,
        source_id=org.source, direct=kind == "complaint", **facts,
    )  # fmt: skip
    signals_record(organization_id=org.id, signals=[signal])
    return Signal.objects.order_by("-id")[0]


def told(org: Org, member_id: int) -> list[str]:
    """What a member was told; call inside a unit of work."""
    return list(Message.objects.filter(kind="staff", member_id=member_id).values_list("subject", flat=True))


@pytest.mark.parametrize("gate", ["quiet", "contact"])
def test_what_names_nothing_is_a_failure_of_its_own(org: Org, gate: str) -> None:
    with tenant(organization_id=org.id):
        before = failure(org, gate=gate)
        signal = complain(org, what="a rude driver", at=START + 60 * DAY)
        assert signal.state == "joined"
        assert signal.failure_id != before
        recovery = Recovery.objects.get()
        assert (recovery.state, recovery.kind) == ("open", "complaint")


def test_a_review_that_names_nothing_waits_for_a_person(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure(org)
        assert complain(org, kind="low_score").state == "open"


@pytest.mark.parametrize("facts", [{"gate": "quiet"}, {"gate": "waiting", "routed_at": None}])
def test_a_complaint_about_what_stayed_quiet_or_waits_opens_its_recovery(org: Org, facts: dict[str, Any]) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        one = failure(org, purchase_id=bought, kind="rework", gate_at=START + 90 * DAY, **facts)
        complain(org, purchase_id=bought)
        known = Failure.objects.get()
        assert (known.id, known.gate, known.complained_at) == (one, "contact", START + DAY)
    step_to(org, START + DAY)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Recovery.objects.get().state == "open"


def event(kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    return {"id": f"{kind}/{at.isoformat()}", "type": kind, "time": at.isoformat(), "data": data}


def accept(org: Org, now: datetime, *bodies: dict[str, Any]) -> None:
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=now)


@pytest.mark.parametrize("early", [True, False])
def test_a_complaint_about_a_lateness_that_would_go_unnoticed_is_contact(org: Org, early: bool) -> None:
    due_at = START + HOUR
    words = event("signal.complaint", START + HOUR / 2 if early else due_at + HOUR, promise="P", customer=ANA)
    accept(org, START, event("promise.made", START, reference="P", due_at=due_at.isoformat(), customer=ANA))
    if early:
        with tenant(organization_id=org.id):
            Source.objects.update(live_from=START + HOUR * 3 / 4)  # so that the complaint itself opens nothing
        accept(org, START + HOUR / 2, words)
    step_to(org, due_at + timedelta(minutes=1))
    tick_dry(only=[org.id])
    accept(org, due_at + timedelta(minutes=2), event("promise.kept", due_at + timedelta(seconds=1), reference="P"))
    if not early:
        with tenant(organization_id=org.id):
            assert Failure.objects.get().gate == "quiet"
        step_to(org, due_at + HOUR)
        accept(org, due_at + HOUR, words)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "contact"
        assert Failure.objects.get().promise_id == Promise.objects.get().id
        assert Recovery.objects.get().state == "open"


@pytest.mark.parametrize("early", [True, False])
def test_a_low_score_on_a_lateness_that_would_go_unnoticed_is_for_a_person(org: Org, early: bool) -> None:
    due_at = START + HOUR
    words = event("signal.review", START + HOUR / 2 if early else due_at + HOUR, promise="P", customer=ANA, value=1)
    accept(org, START, event("promise.made", START, reference="P", due_at=due_at.isoformat(), customer=ANA))
    accept(org, START + HOUR / 2, *([words] if early else []))
    step_to(org, due_at + timedelta(minutes=1))
    tick_dry(only=[org.id])
    accept(org, due_at + timedelta(minutes=2), event("promise.kept", due_at + timedelta(seconds=1), reference="P"))
    step_to(org, due_at + HOUR)
    accept(org, due_at + HOUR, *([] if early else [words]))
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "review"
        assert Recovery.objects.get().review


def test_what_fell_due_before_go_live_stays_quiet_and_the_complaint_opens_its_own(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        old = failure(org, purchase_id=bought, gate="quiet", at=START - 30 * DAY)
        Source.objects.update(live_from=START)
        assert complain(org, purchase_id=bought).failure_id != old
        assert Failure.objects.get(id=old).gate == "quiet"
        assert Recovery.objects.get().state == "open"


def test_the_owner_of_an_open_recovery_is_told_of_every_complaint_with_a_clock(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        (recovery,) = open_for(org, failure(org, purchase_id=bought))
        for at in (START + DAY, START + 2 * DAY):
            complain(org, purchase_id=bought, at=at)
        assert clock(org, recovery, "respond").started_at == START + DAY
        complaints = [one for one in told(org, recovery.owner_id) if "complaint" in one]
        assert len(complaints) == 2
        assert Entry.objects.filter(event="failures:failure:complained").count() == 2
        assert Recovery.objects.count() == 1


def test_a_complaint_opens_again_what_was_closed(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        (recovery,) = open_for(org, failure(org, purchase_id=bought))
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="all well", now=START + HOUR)
        complain(org, purchase_id=bought)
        assert again(org, recovery).state == "open"
        assert journal(org, recovery, "reopened")[0].data["reason"] == "complaint"
        assert clock(org, recovery, "respond").started_at == START + DAY


def test_a_low_score_tells_the_owner_and_opens_nothing(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        (recovery,) = open_for(org, failure(org, purchase_id=bought))
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="all well", now=START + HOUR)
        complain(org, purchase_id=bought, kind="low_score")
        assert again(org, recovery).state == "closed"
        assert any("has a review" in one for one in told(org, recovery.owner_id))


def test_a_complaint_about_what_a_person_left_quiet_opens_a_recovery_of_its_own(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        (recovery,) = open_for(org, failure(org, purchase_id=bought, gate="review"))
        review_decide(organization_id=org.id, recovery_id=recovery.id, decision="quiet", by=org.manager, now=START)
        assert again(org, recovery).state == "withdrawn"
        complain(org, purchase_id=bought)
        (new,) = Recovery.objects.exclude(id=recovery.id)
        assert (new.state, new.review, new.kind) == ("open", False, "complaint")


def test_a_signal_is_decided_once_however_often_it_is_clicked(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        signal = complain(org, kind="low_score", purchase_id=bought)

    def decide() -> int:
        with tenant(organization_id=org.id):
            return signal_open(
                organization_id=org.id, signal_id=signal.id, what="a low score", place_id=org.place, by=org.manager,
                now=START + DAY,
            )  # fmt: skip

    answers = at_once([decide] * 4)
    assert sum(isinstance(one, int) for one in answers) == 1
    assert sum(isinstance(one, UnableToDecideSignal) for one in answers) == 3
    with tenant(organization_id=org.id):
        assert Recovery.objects.count() == 1
        one = Failure.objects.get()
        assert (one.purchase_id, one.place_id, one.source_id) == (bought, org.place, org.source)
        assert (Signal.objects.get().state, Signal.objects.get().failure_id) == ("joined", one.id)
        decided = Entry.objects.get(subject="signal")
        assert (decided.event, decided.actor_id, decided.data) == (
            "failures:signal:opened", org.manager, {"failure": one.id},
        )  # fmt: skip
        with pytest.raises(UnableToDecideSignal):
            signal_dismiss(organization_id=org.id, signal_id=signal.id, by=org.manager, now=START + DAY)


def test_a_signal_set_aside_says_so(org: Org) -> None:
    with tenant(organization_id=org.id):
        signal = complain(org, kind="silent")
        signal_dismiss(organization_id=org.id, signal_id=signal.id, by=org.manager, now=START + DAY)
        assert Signal.objects.get().state == "dismissed"
        assert Entry.objects.get(subject="signal").event == "failures:signal:dismissed"


def test_a_complaint_of_another_customer_about_the_same_purchase_is_their_own(org: Org) -> None:
    with tenant(organization_id=org.id):
        bought = purchase(org)
        other = failure(org, purchase_id=bought, customer_id=customer(org))
        assert complain(org, purchase_id=bought).failure_id != other
