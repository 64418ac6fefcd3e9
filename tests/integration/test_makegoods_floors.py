"""What is owed: reckoned from the packs and the promise's facts, posted once, paid without a click."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.given import at_once, failed, ledger_holds, offer, step
from tests.support.recoveries import playbook_with

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.failures.incidents import failures_attach, incident_confirm, incident_propose
from makegood.failures.models import Failure
from makegood.journal.models import Effect, Entry
from makegood.makegoods.models import LedgerEntry, MakeGood
from makegood.makegoods.operations import (
    FloorDue,
    FloorOwed,
    UnableToMoveMakeGood,
    UnableToOffer,
    UnableToPayByHand,
    UnableToSwap,
    floors_owe,
    floors_post,
    makegood_decline,
    makegood_offer,
    makegood_swap,
    makegoods_erase,
    payout_done_by_hand,
)
from makegood.makegoods.queries import payouts_by_hand
from makegood.organizations.models import Organization
from makegood.promises.models import Promise, Source
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

FLIGHT = {"event_at": "2026-03-02T08:00:00+01:00", "distance_km": 1500, "intra_eu": True}
HOUR = timedelta(hours=1)


def promise(org: Org, name: str = "a", **facts: Any) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, ("expected_loss:", "floor_packs: [eu261]\nexpected_loss:"))
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source, customer_id=org.customer, key_hash=keyed_hash(name), kind="flight",
                    made_at=START, due_at=START + HOUR, facts={**FLIGHT, **facts},
                )
            ],
        )  # fmt: skip


def arrive(org: Org, name: str, after_due: timedelta) -> datetime:
    at = step(org, HOUR + after_due)
    with tenant(organization_id=org.id):
        word = Word(source_id=org.source, key_hash=keyed_hash(name), action="kept", happened_at=at, received_at=at)
        promises_hear(organization_id=org.id, words=[word])
    tick_dry(only=[org.id])
    return at


def owed(failure_id: int, org: Org, minor: int = 25_000, rule: str = "contract.late@2026") -> FloorOwed:
    return FloorOwed(
        failure_id=failure_id, customer_id=org.customer, rule=rule, title="Owed by contract", form="cash_or_bank",
        amount=Money(minor=minor, currency="EUR"), due_at=START + timedelta(days=7), reasons=(), at=START,
    )  # fmt: skip


def post(org: Org, failure_id: int, **facts: Any) -> int:
    with tenant(organization_id=org.id):
        return floors_owe(organization_id=org.id, owed=[owed(failure_id, org, **facts)], now=START)[0]


@pytest.mark.parametrize(("minutes", "minor"), [(179, None), (180, 25_000), (400, 25_000)])
def test_what_is_owed_posts_once_it_is_known_how_late_it_came(org: Org, minutes: int, minor: int | None) -> None:
    promise(org)
    at = arrive(org, "a", timedelta(minutes=minutes))
    with tenant(organization_id=org.id):
        found = list(MakeGood.objects.values_list("value_minor", "state", "part", "offered_at"))
        assert found == ([] if minor is None else [(minor, "accepted", "floor", at)])
        assert Effect.objects.filter(kind="payout").count() == len(found)
    ledger_holds(org)


def test_invariant_3_what_is_quiet_sends_nothing_though_what_it_owes_is_paid(org: Org) -> None:
    promise(org, cancelled=True, notice_days=0)
    with tenant(organization_id=org.id):
        playbook_with(
            org,
            ("expected_loss:", "floor_packs: [eu261]\nexpected_loss:"),
            ("notice_minutes: 60", "notice_minutes: 600"),
        )
    arrive(org, "a", timedelta(minutes=30))
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "quiet"
        assert MakeGood.objects.get().part == "floor"
        assert set(Effect.objects.values_list("kind", flat=True)) == {"payout"}


def test_nothing_is_owed_for_what_was_due_before_its_source_went_live(org: Org) -> None:
    with tenant(organization_id=org.id):
        Source.objects.update(live_from=START + 2 * HOUR)
    promise(org)
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        assert Failure.objects.exists()
        assert not MakeGood.objects.exists()


def test_what_a_source_that_only_watches_would_owe_is_worked_out_and_not_paid(org: Org) -> None:
    with tenant(organization_id=org.id):
        Source.objects.update(mode="shadow")
    promise(org)
    arrive(org, "a", 4 * HOUR)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert MakeGood.objects.values_list("state", "shadow").get() == ("shadowed", True)
        assert not LedgerEntry.objects.exists()


def test_facts_that_do_not_suffice_are_journalled_for_somebody_to_find_out(org: Org) -> None:
    promise(org)
    with tenant(organization_id=org.id):
        Promise.objects.update(facts={"event_at": FLIGHT["event_at"]})
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        assert not MakeGood.objects.exists()
        assert Entry.objects.filter(event="makegoods:floor:undecided").first().data == {"pack": "eu261"}


def test_asked_twice_or_by_many_at_once_it_posts_once(org: Org) -> None:
    promise(org)
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        failure_id = Failure.objects.get().id

    def ask() -> list[int]:
        with tenant(organization_id=org.id):
            due = FloorDue(failure_id=failure_id, at=START, packs=("eu261",))
            return floors_post(organization_id=org.id, failures=[due], now=START)

    assert at_once([ask] * 8) == [[]] * 8
    with tenant(organization_id=org.id):
        assert MakeGood.objects.count() == Effect.objects.filter(kind="payout").count() == 1
    ledger_holds(org)


def test_invariant_6_what_is_owed_is_never_traded(org: Org) -> None:
    failure_id = failed(org, price=10_000)
    floor = post(org, failure_id)
    with pytest.raises(UnableToMoveMakeGood), tenant(organization_id=org.id):
        makegood_decline(organization_id=org.id, makegood_id=floor, now=START)
    with pytest.raises(UnableToSwap), tenant(organization_id=org.id):
        makegood_swap(organization_id=org.id, makegood_id=floor, instead=offer(org, failure_id), now=START)
    with pytest.raises(UnableToOffer, match=r"at most 0\.00 EUR"), tenant(organization_id=org.id):
        makegood_offer(organization_id=org.id, offer=offer(org, failure_id), now=START)
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get().value_minor == 25_000, "the floor itself is above the cap, and stands"


def test_what_a_proposed_incident_holds_is_paid_after_the_named_yes(org: Org) -> None:
    early, late = failed(org), failed(org)
    paid_early = post(org, early)
    with tenant(organization_id=org.id):
        incident = incident_propose(
            organization_id=org.id,
            reason="burst",
            title="Many",
            at=START,
            active_from=START,
            active_to=None,
            reasons=[],
        )
        failures_attach(organization_id=org.id, incident_id=incident, failure_ids=[early, late], at=START)
    post(org, late)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert not MakeGood.objects.filter(state="delivered").exists()
        assert set(Effect.objects.filter(kind="payout").values_list("held_for", flat=True)) == {incident}
        assert payouts_by_hand(organization_id=org.id) == []
        incident_confirm(organization_id=org.id, incident_id=incident, by=org.manager, now=START)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=paid_early).state == "delivered"
        assert MakeGood.objects.filter(part="floor", state="delivered").count() == 2
    ledger_holds(org)


def test_without_a_payment_system_finance_pays_by_hand(org: Org) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
    makegood_id = post(org, failed(org))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        (row,) = payouts_by_hand(organization_id=org.id)
        assert (row.id, row.state, row.payout) == (makegood_id, "accepted", "failed")
        assert "pay by hand" in row.trouble
    with pytest.raises(UnableToPayByHand, match="Only finance"), tenant(organization_id=org.id):
        payout_done_by_hand(organization_id=org.id, makegood_id=makegood_id, by=org.employee, now=START, asked=False)
    with tenant(organization_id=org.id):
        payout_done_by_hand(organization_id=org.id, makegood_id=makegood_id, by=org.admin, now=START, asked=False)
        assert payouts_by_hand(organization_id=org.id) == []
        assert Entry.objects.get(event="makegoods:makegood:delivered").actor_id == org.admin
    with pytest.raises(UnableToPayByHand, match="not paid yet"), tenant(organization_id=org.id):
        payout_done_by_hand(organization_id=org.id, makegood_id=makegood_id, by=org.admin, now=START, asked=False)
    ledger_holds(org)


def test_in_a_shadow_nothing_is_paid_nor_counted_as_paid(org: Org) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="shadow")
    makegood_id = post(org, failed(org))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=makegood_id).state == "accepted"
        assert Effect.objects.get(kind="payout").state == "stopped"


def test_erasing_blanks_words_and_leaves_amounts(org: Org) -> None:
    post(org, failed(org))
    with tenant(organization_id=org.id):
        makegoods_erase(organization_id=org.id, customer_ids=[org.customer])
        row = MakeGood.objects.get()
        assert (row.title, row.value_minor) == ("", 25_000)
    ledger_holds(org)
