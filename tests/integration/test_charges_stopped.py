"""Nobody pays for what was not delivered: a charge for a broken promise is stopped once, and the others are listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.outside import payment_system
from tests.support.recoveries import HOUR, step_to

from makegood.config.working import work_dry, work_once
from makegood.customers.models import Charge
from makegood.customers.operations import customer_erase
from makegood.journal.models import Effect, Entry
from makegood.listen.operations import events_accept
from makegood.makegoods.charges import (
    UnableToStopCharge,
    charge_let_stand,
    charge_stopped_by_hand,
    charges_unstopped,
    charges_unstopped_counted,
)
from makegood.makegoods.models import PromisedCharge
from makegood.organizations.operations import integration_set, member_create
from makegood.promises.models import Promise
from makegood.promises.operations import Word, promises_hear
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

DUE = START + 2 * HOUR
LATE = DUE + 3 * HOUR


@pytest.fixture
def live(make_org: Callable[..., Org]) -> Org:
    return make_org(delivery="live")


def hear(org: Org, kind: str, at: datetime, **data: Any) -> None:
    body = {"id": f"{kind}:{sorted(data.items())}", "type": kind, "time": at.isoformat(), "data": data}
    if kind != "promise.kept":
        data["customer"] = {"email": "ana@example.org"}
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=[body], now=at)


def promise(org: Org, reference: str = "P1") -> None:
    hear(org, "promise.made", START, reference=reference, due_at=DUE.isoformat(), what="Delivery in the morning")


def charge(org: Org, reference: str = "C1", of: str = "P1", *, at: datetime = START) -> None:
    hear(org, "charge.made", at, reference=reference, promise=of, amount={"minor": 900, "currency": "EUR"})


def pass_until(org: Org, at: datetime, *, work: bool = True) -> None:
    step_to(org, at)
    while tick_dry(only={org.id}) + (work_dry(only={org.id}) if work else 0):
        pass


def state(org: Org) -> str:
    with tenant(organization_id=org.id):
        return PromisedCharge.objects.get(organization_id=org.id).state


def effects(org: Org) -> list[str]:
    with tenant(organization_id=org.id):
        return list(
            Effect.objects.filter(organization_id=org.id, kind="charge_stop").values_list("idempotency_key", flat=True)
        )


@pytest.mark.parametrize("order", ["promise first", "charge first", "charge after it broke"])
def test_a_charge_for_a_broken_promise_is_stopped_once(live: Org, order: str) -> None:
    with payment_system() as system:
        with tenant(organization_id=live.id):
            integration_set(organization_id=live.id, kind="payout", url=system.url, secret="s")
        steps = [promise, charge] if order == "promise first" else [charge, promise]
        for step in steps if order != "charge after it broke" else [promise]:
            step(live)
        pass_until(live, LATE)
        if order == "charge after it broke":
            charge(live, at=LATE)
        for _ in range(3):
            pass_until(live, LATE + HOUR)
        asked = [one for one in system.asked if b"charge.stop" in one["body"]]
    assert len(asked) == 1
    with tenant(organization_id=live.id):
        charge_id = Charge.objects.get(organization_id=live.id).id
        assert asked[0]["key"] == f"charge:{charge_id}"
        body = system.paid[asked[0]["key"]]
        assert (body["type"], body["data"]) == ("charge.stop", {"charge": "C1", "minor": 900, "currency": "EUR"})
        journal = Entry.objects.filter(organization_id=live.id, event__startswith="makegoods:charge:").order_by("id")
        assert [one.event for one in journal] == ["makegoods:charge:wanted", "makegoods:charge:stopped"]
        assert charges_unstopped(organization_id=live.id) == []
    assert state(live) == "stopped"


def test_an_answer_that_got_lost_is_asked_again_by_the_same_key(live: Org) -> None:
    with payment_system() as system:
        system.answers = [None]
        with tenant(organization_id=live.id):
            integration_set(organization_id=live.id, kind="payout", url=system.url, secret="s")
        promise(live)
        charge(live)
        pass_until(live, LATE)
        pass_until(live, LATE + HOUR)
        keys = {one["key"] for one in system.asked if b"charge.stop" in one["body"]}
        assert len(keys) == 1
        assert len([key for key in system.paid if key in keys]) == 1
    assert state(live) == "stopped"


def test_a_kept_promise_is_paid_for(org: Org) -> None:
    promise(org)
    charge(org)
    hear(org, "promise.kept", START + HOUR, reference="P1")
    pass_until(org, LATE)
    assert (state(org), effects(org)) == ("tied", [])
    with tenant(organization_id=org.id):
        assert charges_unstopped(organization_id=org.id) == []


def test_a_lateness_that_nobody_notices_is_paid_for(org: Org) -> None:
    promise(org)
    charge(org)
    pass_until(org, DUE + timedelta(minutes=5))
    hear(org, "promise.kept", DUE + timedelta(minutes=5), reference="P1")
    pass_until(org, LATE)
    assert (state(org), effects(org)) == ("tied", [])


def test_a_refund_is_no_charge_and_a_charge_of_another_promise_stays(org: Org) -> None:
    promise(org)
    charge(org, of="P2")
    refund = {"reference": "R1", "promise": "P1", "amount": {"minor": 1, "currency": "EUR"}}
    hear(org, "charge.refunded", START, **refund)
    pass_until(org, LATE)
    assert (state(org), effects(org)) == ("tied", [])


def late_word(org: Org) -> None:
    """Evidence that arrives late: the promise was kept in time."""
    with tenant(organization_id=org.id):
        row = Promise.objects.get(organization_id=org.id)
        word = Word(
            source_id=org.source, key_hash=bytes(row.key_hash), action="kept", happened_at=DUE - HOUR, received_at=LATE
        )
        promises_hear(organization_id=org.id, words=[word])


def test_a_charge_stands_where_the_promise_was_kept_after_all(org: Org) -> None:
    """What was not asked for yet is not asked for any more, and the charge is tied as it was."""
    promise(org)
    charge(org)
    pass_until(org, LATE, work=False)
    late_word(org)
    pass_until(org, LATE)
    with tenant(organization_id=org.id):
        assert (state(org), Effect.objects.get(kind="charge_stop").state) == ("tied", "stopped")
    with tenant(organization_id=org.id):
        assert charges_unstopped(organization_id=org.id) == []


def test_a_charge_that_may_have_been_stopped_for_nothing_is_listed_until_a_person_looked(org: Org) -> None:
    promise(org)
    charge(org)
    pass_until(org, LATE, work=False)
    with tenant(organization_id=org.id):
        Effect.objects.filter(kind="charge_stop").update(attempts=1, outcome="No answer (TimeoutError).")
    late_word(org)
    with tenant(organization_id=org.id):
        (one,) = charges_unstopped(organization_id=org.id)
        assert (one.state, one.kept) == ("unstopped", True)
        assert "kept after all" in one.said
        charge_let_stand(organization_id=org.id, tie_id=one.id, by=org.admin, now=LATE)
        assert charges_unstopped(organization_id=org.id) == []
    assert state(org) == "tied"


@pytest.mark.parametrize("refusal", ["nothing is connected", "it refuses"])
def test_what_could_not_be_stopped_is_listed_until_a_person_did_it(live: Org, refusal: str) -> None:
    with payment_system() as system:
        system.answers = [400] * 9
        with tenant(organization_id=live.id):
            finance = member_create(organization_id=live.id, name="Finn", role="finance", now=START, limit_minor=0)
            if refusal == "it refuses":
                integration_set(organization_id=live.id, kind="payout", url=system.url, secret="s")
        promise(live)
        charge(live)
        pass_until(live, LATE)
    with tenant(organization_id=live.id):
        (one,) = charges_unstopped(organization_id=live.id)
        assert (one.reference, one.amount.minor, one.state) == ("C1", 900, "unstopped")
        assert "by hand" in one.said
        assert charges_unstopped_counted(organization_id=live.id) == 1
        with pytest.raises(UnableToStopCharge, match="Only finance"):
            charge_stopped_by_hand(organization_id=live.id, tie_id=one.id, by=live.employee, now=LATE)
        with pytest.raises(UnableToStopCharge, match="stands broken"):
            charge_let_stand(organization_id=live.id, tie_id=one.id, by=finance, now=LATE)
        charge_stopped_by_hand(organization_id=live.id, tie_id=one.id, by=finance, now=LATE)
        assert charges_unstopped(organization_id=live.id) == []
        with pytest.raises(UnableToStopCharge, match="stopped already"):
            charge_stopped_by_hand(organization_id=live.id, tie_id=one.id, by=finance, now=LATE)


def test_one_that_is_still_to_be_asked_for_is_listed_too(org: Org) -> None:
    promise(org)
    charge(org)
    pass_until(org, LATE, work=False)
    with tenant(organization_id=org.id):
        assert [one.state for one in charges_unstopped(organization_id=org.id)] == ["wanted"]
        assert charges_unstopped_counted(organization_id=org.id) == 0, "it is on its way"
    work_once(only={org.id})
    assert state(org) == "stopped"


def test_an_erased_customers_reference_is_forgotten(org: Org) -> None:
    promise(org)
    charge(org)
    with tenant(organization_id=org.id):
        tie = PromisedCharge.objects.get(organization_id=org.id)
        customer_erase(organization_id=org.id, customer_id=tie.customer_id, now=START, by=org.admin)
        tie.refresh_from_db()
        assert tie.reference == ""
