"""One step for everybody of an incident: the fix recorded, the same extra offered; limits, cap and reasons kept."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import again, customer, failure, journal, opened, playbook_with, steps

from makegood.failures.incidents import failures_attach, incident_confirm, incident_propose
from makegood.makegoods.models import Allowance, MakeGood
from makegood.makegoods.operations import UnableToOffer
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import (
    UnableToDoForAll,
    extra_offer,
    incident_ask,
    incident_fix_done,
    incident_offer,
    step_done,
)
from makegood.recoveries.operations import offering_all as offering_module
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


def test_a_yes_for_all_acts_on_those_that_were_shown(org: Org) -> None:
    """Whoever was hit after the page was drawn is left for the next look, and counted; the others are not kept waiting."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        done = incident_fix_done(**given, note="Done", upto=rows[1].number)
        assert (done.done, done.since) == ((rows[0].number, rows[1].number), 1)
        offered = incident_offer(**given, remedy="express", upto=rows[1].number)
        assert (offered.done, offered.since) == ((rows[0].number, rows[1].number), 1)
        assert steps(org, rows[2])["fix"] == "todo"


def test_the_same_is_offered_to_all_and_each_is_told(org: Org) -> None:
    """Everybody gets the same remedy with its reasons, and words in the name of whom offers, on their way at once."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, 10_000, None)
        done = incident_offer(
            organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START
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


def extras(org: Org) -> int:
    return MakeGood.objects.filter(organization_id=org.id, part="extra").count()


def test_whoever_was_dealt_with_is_left_out_and_the_others_get_it(org: Org) -> None:
    """Who was offered something else or is to be decided first is named with the reason."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None, None)
        extra_offer(organization_id=org.id, recovery_id=rows[0].id, remedy="credit-10", by=org.employee, now=START)
        Recovery.objects.filter(id=rows[1].id).update(review=True, next_step="decide")
        done = incident_offer(
            organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START
        )
        assert done.done == (rows[2].number,)
        assert {one.number: one.why for one in done.refused} == {
            rows[0].number: "they were offered something else: Credit for the next purchase",
            rows[1].number: "they are to be decided first",
        }


def test_all_get_the_same_or_nobody_does(org: Org) -> None:
    """Where the limit covers two of three, or the cap leaves one out, nothing is begun and nothing is spent."""
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        Member.objects.filter(id=org.manager).update(limit_minor=1200)
        with pytest.raises(UnableToDoForAll, match=r"for all 3 it costs .*15\.00.* you may give .*12\.00"):
            incident_offer(**given, remedy="express")
        assert extras(org) == 0
        assert not Allowance.objects.filter(organization_id=org.id, given_minor__gt=0).exists()
        other, _ = hit(org, 100, 10_000)
        with pytest.raises(UnableToDoForAll, match=rf"does not fit R-{rows[-1].number + 1}\. Floor and extra together"):
            incident_offer(**given | {"incident_id": other, "by": org.admin}, remedy="express")
        assert extras(org) == 0
        Member.objects.filter(id=org.manager).update(limit_minor=1500)
        assert len(incident_offer(**given, remedy="express").done) == 3


def test_the_whole_is_asked_for_where_ones_own_limit_is_too_small(org: Org) -> None:
    """Asked is who may give as much, else an admin; they read what it costs, and nothing is offered."""
    with tenant(organization_id=org.id):
        incident_id, _ = hit(org, None, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        with pytest.raises(UnableToDoForAll, match="You may give this yourself"):
            incident_ask(**given, remedy="express")
        Member.objects.filter(id=org.manager).update(limit_minor=1200)
        admin = Member.objects.get(id=org.admin)
        assert incident_ask(**given, remedy="express") == admin.name
        (told,) = [
            one
            for one in Message.objects.filter(organization_id=org.id, kind="staff", member_id=org.admin)
            if "asks you for more" in one.subject
        ]
        assert "the same for all 3" in told.subject
        assert "15.00 EUR in all" in told.body
        assert extras(org) == 0
        Member.objects.filter(id=org.admin).update(limit_minor=1200)
        with pytest.raises(UnableToDoForAll, match="Nobody can be asked"):
            incident_ask(**given | {"by": org.admin}, remedy="express")


def test_a_very_long_list_keeps_who_is_left(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """One click is one transaction; whoever is left is offered it by the next one."""
    monkeypatch.setattr(offering_module, "MOST", 2)
    with tenant(organization_id=org.id):
        incident_id, rows = hit(org, None, None, None)
        given = {"organization_id": org.id, "incident_id": incident_id, "by": org.manager, "now": START}
        first = incident_offer(**given, remedy="express")
        assert (first.done, first.left) == ((rows[0].number, rows[1].number), 1)
        second = incident_offer(**given, remedy="express")
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
