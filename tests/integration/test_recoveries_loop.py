"""The loop as it is wired: a promise breaks, a recovery opens, its words leave, and its clocks hear of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.support.given import email
from tests.support.recoveries import DAY, HOUR, customer

from makegood.config.working import work_dry
from makegood.journal.models import Effect, Entry
from makegood.makegoods.models import LedgerEntry, MakeGood
from makegood.messages.models import Message
from makegood.organizations.operations import member_deactivate
from makegood.promises.operations import NewPromise, promises_make
from makegood.recoveries.models import Recovery, RecoveryClock, Step
from makegood.store.clocks import clock_step
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


def promise(org: Org, name: str, due_in: timedelta) -> None:
    whose = customer(org)
    email(org, f"{name}@example.com", whose)
    promises_make(
        organization_id=org.id,
        promises=[
            NewPromise(
                source_id=org.source,
                customer_id=whose,
                key_hash=keyed_hash(name),
                kind="delivery",
                what="the parcel to Porto",
                made_at=START,
                due_at=START + due_in,
            )
        ],
    )


def live_until(org: Org, after: timedelta, *, by: timedelta = HOUR) -> None:
    """Let time pass in steps of an hour, or `by`, ticking and working until nothing is due."""
    for step in range(int(after / by) + 1):
        with tenant(organization_id=org.id):
            clock_step(organization_id=org.id, moment_at=START + step * by)
        handled = 1
        while handled:
            handled = tick_dry(only=[org.id]) + work_dry(only=[org.id])


def test_a_broken_promise_becomes_a_recovery_whose_customer_was_told(make_org: Callable[..., Org]) -> None:
    org = make_org(playbook="airline")
    with tenant(organization_id=org.id):
        for number in range(3):
            promise(org, f"p{number}", (number + 1) * HOUR)
    live_until(org, 8 * HOUR)
    with tenant(organization_id=org.id):
        recoveries = list(Recovery.objects.filter(organization_id=org.id).order_by("number"))
        assert len(recoveries) == 3
        for number, recovery in enumerate(recoveries):
            due_at = START + (number + 1) * HOUR
            assert recovery.opened_at == recovery.clock_from == due_at + timedelta(minutes=15)
            (said,) = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id)
            assert (said.kind, said.state) == ("apology", "sent")
            acknowledge = RecoveryClock.objects.get(recovery_id=recovery.id, target="acknowledge")
            assert (acknowledge.state, acknowledge.met_at) == ("met", recovery.opened_at)
            assert Step.objects.get(recovery_id=recovery.id, step="apologise").state == "done"
            assert recovery.next_step == "fix"


@pytest.mark.parametrize("playbook", ["default", "retail", "hospitality", "telecom", "property"])
def test_without_a_click_no_apology_and_no_make_good_ever_leaves(make_org: Callable[..., Org], playbook: str) -> None:
    """Forty days: the customer is told that we know, the apology stays a draft, and nothing is given or paid."""
    org = make_org(playbook=playbook)
    with tenant(organization_id=org.id):
        promise(org, "late", HOUR)
    live_until(org, 40 * DAY, by=DAY)
    with tenant(organization_id=org.id):
        (recovery,) = Recovery.objects.filter(organization_id=org.id)
        letters = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id)
        assert set(letters.filter(kind="apology").values_list("state", flat=True)) == {"draft"}
        assert not MakeGood.objects.filter(organization_id=org.id).exists()
        assert not LedgerEntry.objects.filter(organization_id=org.id).exists()
        effects = Effect.objects.filter(organization_id=org.id)
        left = letters.filter(id__in=effects.filter(subject="message").values("subject_id"))
        assert set(left.values_list("kind", flat=True)) <= {"acknowledgement"}
        assert not effects.filter(subject="makegood").exists()


def test_nobody_acts_for_a_month_and_the_loop_comes_to_rest(make_org: Callable[..., Org]) -> None:
    """Every clock is told, the follow-up ends as unknown, nothing closes, and a member who leaves hands over."""
    org = make_org(playbook="airline")
    with tenant(organization_id=org.id):
        promise(org, "late", HOUR)
    live_until(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        member_deactivate(organization_id=org.id, member_id=org.employee, now=START + 2 * HOUR, by=org.admin)
    live_until(org, 40 * DAY)
    with tenant(organization_id=org.id):
        (recovery,) = Recovery.objects.filter(organization_id=org.id)
        assert recovery.owner_id == org.manager
        assert (recovery.state, recovery.returned) == ("open", "unknown")
        told = Entry.objects.filter(organization_id=org.id, event="recoveries:recovery:escalated")
        assert sorted((row.data["target"], row.data["level"]) for row in told) == [
            ("fix", "breach"),
            ("fix", "repeat"),
            ("fix", "warning"),
            ("make_good", "breach"),
            ("make_good", "repeat"),
        ]
        notices = Message.objects.filter(organization_id=org.id, kind="staff")
        assert {row.member_id for row in notices} == {org.manager, org.admin}
