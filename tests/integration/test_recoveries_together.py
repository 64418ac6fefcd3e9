"""One step for everybody of an incident: the fix recorded, the same extra offered; limits, cap and reasons kept."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import again, customer, failure, journal, opened, playbook_with, steps

from makegood.failures.incidents import failures_attach, incident_confirm, incident_propose
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import UnableToOffer
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import (
    UnableToDoForAll,
    extra_offer,
    incident_fix_done,
    incident_offer,
    step_done,
)
from makegood.recoveries.operations import offering as offering_module
from makegood.store.tenancy import tenant


def hit(org: Org, *prices: int | None) -> tuple[int, list[Recovery]]:
    """An incident that hit a customer for each of these prices, with their recoveries; call inside a unit of work."""
    incident_id = incident_propose(
        organization_id=org.id, reason="burst", title="The till", at=START, active_from=START, active_to=START,
        reasons=[], place_id=org.place,
    )  # fmt: skip
    found = [
        failure(org, place_id=org.place, customer_id=customer(org), price_minor=price, currency="EUR" if price else "")
        for price in prices
    ]
    failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)
    incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START, seen=len(prices))
    return incident_id, list(Recovery.objects.filter(organization_id=org.id).order_by("number"))


def test_a_fix_is_recorded_for_all_that_still_need_it(org: Org) -> None:
    """Each open recovery has its step done, its clock met and its version moved; the others say why not."""
    with tenant(organization_id=org.id):
        incident_id, (first, second, third) = hit(org, None, None, None)
        step_done(organization_id=org.id, recovery_id=second.id, step="fix", by=org.employee, now=START, note="Alone")
        Recovery.objects.filter(id=third.id).update(review=True, next_step="decide")
        done = incident_fix_done(
            organization_id=org.id, incident_id=incident_id, note="The till runs again", by=org.manager, now=START
        )
        assert done.done == (first.number,)
        assert {one.number: one.why for one in done.refused} == {
            second.number: "it was recorded before",
            third.number: "they are to be decided first",
        }
        assert steps(org, first)["fix"] == "done"
        assert steps(org, third)["fix"] != "done"
        assert again(org, first).version == first.version + 1
        (entry,) = [one for one in journal(org, first, "stepped") if one.data["step"] == "fix"]
        assert (entry.actor_id, entry.data["state"]) == (org.manager, "done")


def test_a_yes_for_all_signs_for_no_more_than_was_shown(org: Org) -> None:
    """Where more were hit since the page was drawn, nothing is done."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        with pytest.raises(UnableToDoForAll, match="There are 2 by now"):
            incident_fix_done(**given, note="Done", seen=1)
        with pytest.raises(UnableToDoForAll, match="There are 2 by now"):
            incident_offer(**given, remedy="express", seen=1)
        assert steps(org, rows[0])["fix"] == "todo"


def test_the_same_is_offered_to_all_and_each_is_told(org: Org) -> None:
    """Everybody gets the same remedy with its reasons, and words in the name of whom offers, on their way at once."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, 10_000, None)
        done = incident_offer(
            organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START, seen=3
        )
        assert done.done == tuple(row.number for row in rows)
        assert done.refused == ()
        made = list(MakeGood.objects.filter(organization_id=org.id, part="extra"))
        assert {(one.remedy, one.value_minor, one.offered_by_id, one.state) for one in made} == {
            ("express", 900, org.manager, "offered")
        }
        assert all(one.reasons for one in made)
        told = Message.objects.filter(organization_id=org.id, kind="offer")
        assert {(one.state, one.author_id, one.customer_id) for one in told} == {
            ("queued", org.manager, row.customer_id) for row in rows
        }
        assert all("I would like you to have express delivery of the next order (€9.00)." in one.body for one in told)
        again_done = incident_offer(
            organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START
        )
        assert again_done.done == ()
        assert {one.why for one in again_done.refused} == {"it was offered to them before"}


def test_limit_cap_and_other_offers_hold_for_each(org: Org) -> None:
    """Whom the limit, the cap or another offer leaves out is named with the reason, and the others get it."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, 100, None, None, None, None)
        Member.objects.filter(id=org.manager).update(limit_minor=1200)
        extra_offer(organization_id=org.id, recovery_id=rows[1].id, remedy="credit-10", by=org.employee, now=START)
        Recovery.objects.filter(id=rows[2].id).update(review=True, next_step="decide")
        rows += hit(org, None)[1][len(rows) :]
        done = incident_offer(
            organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START
        )
        assert done.done == (rows[3].number, rows[4].number)
        assert {one.number: one.why for one in done.refused} == {
            rows[0].number: "Floor and extra together would pass 150 % of the price.",
            rows[1].number: "they were offered something else: Credit for the next purchase",
            rows[2].number: "they are to be decided first",
        }
        other = incident_offer(
            organization_id=org.id, incident_id=again(org, rows[5]).incident_id or 0, remedy="express", by=org.manager,
            now=START,
        )  # fmt: skip
        assert [one.why for one in other.refused] == ["Above the member's limit: ask for approval; the fix goes ahead."]


def test_a_long_list_is_offered_to_in_batches(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """One click is one transaction; what is left goes on after the last one tried."""
    monkeypatch.setattr(offering_module, "BATCH", 2)
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        first = incident_offer(**given, remedy="express", seen=3)
        assert (first.done, first.left, first.last) == ((rows[0].number, rows[1].number), 1, rows[1].number)
        second = incident_offer(**given, remedy="express", after=first.last, seen=1)
        assert (second.done, second.left) == ((rows[2].number,), 0)


def test_an_offer_is_drafted_and_dropped_when_it_is_answered(org: Org) -> None:
    """Nothing leaves without a click; a yes by phone makes the words needless, a sent message stays."""
    from makegood.makegoods.operations import makegood_accept

    with tenant(organization_id=org.id):
        _, (row,) = hit(org, None)
        extra_offer(organization_id=org.id, recovery_id=row.id, remedy="express", by=org.employee, now=START)
        draft = Message.objects.get(organization_id=org.id, kind="offer")
        name = Member.objects.get(id=org.employee).name
        assert (draft.state, draft.author_id, draft.step) == ("draft", org.employee, "make_good")
        assert name in draft.body.splitlines()
        failure_id = RecoveryFailure.objects.get(recovery_id=row.id).failure_id
        offer = MakeGood.objects.get(failure_id=failure_id, part="extra")
        makegood_accept(organization_id=org.id, makegood_id=offer.id, now=START, by=org.employee)
        assert Message.objects.get(id=draft.id).state == "stopped"


def test_an_extra_by_hand_goes_by_the_frozen_playbook_and_never_under_review(org: Org) -> None:
    """What a newer version offers instead is not what this recovery offers; who is to be decided is offered nothing."""
    with tenant(organization_id=org.id):
        recovery = opened(org, loss="time", price_minor=100_000, currency="EUR", kept_service=True)
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        given = {"organization_id": org.id, "failure_id": failure_id, "member_id": org.manager, "now": START}
        first = gifts_for(**given).gifts[0]
        playbook_with(org, (first.title, "A brand-new thing"))
        assert gifts_for(**given).gifts[0].title == first.title
        extra_offer(organization_id=org.id, recovery_id=recovery.id, remedy=first.remedy, by=org.manager, now=START)
        assert MakeGood.objects.get(failure_id=failure_id, part="extra").title == first.title
        review = opened(org, customer_id=customer(org), gate="review", price_minor=100_000, currency="EUR")
        with pytest.raises(UnableToOffer, match="Decide first"):
            extra_offer(organization_id=org.id, recovery_id=review.id, remedy=first.remedy, by=org.manager, now=START)
