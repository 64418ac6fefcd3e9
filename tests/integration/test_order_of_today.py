"""Today goes by what is at risk: what nobody can price counts as usual, and what rests is no risk."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.support.recoveries import DAY, Recovery, again, customer, failure, open_for, reply

from makegood.recoveries.models import RecoveryClock
from makegood.recoveries.operations import pause_start, step_done, step_skip
from makegood.recoveries.queries import today
from makegood.recoveries.tasks import expected_loss_refresh
from makegood.store.clocks import clock_set
from makegood.store.tenancy import tenant

SLOW = 0.000001
STEPS = ("apologise", "fix", "respond", "make_good", "improve", "communicate")


def opened(org: Org, *, price: int | None, kind: str = "late") -> Recovery:
    """A recovery of another customer; call inside a unit of work."""
    whose = customer(org)
    facts = {"price_minor": price, "currency": "EUR" if price else "", "kind": kind, "customer_id": whose}
    return open_for(org, failure(org, happening_key=f"h{whose}", **facts))[-1]


def test_what_nobody_can_price_counts_as_such_a_failure_usually_does(org: Org) -> None:
    with tenant(organization_id=org.id):
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=SLOW)
        for price in (8000, 10_000, 90_000):
            opened(org, price=price)
        other = opened(org, price=1000, kind="rude")
        unknown = opened(org, price=None)
        strange = opened(org, price=None, kind="unsafe")
        expected_loss_refresh(organization_id=org.id)
        assert again(org, unknown).expected_loss_minor == 1000  # 100.00, the middle of its kind, by the prior of 10 %
        assert again(org, strange).expected_loss_minor == 800  # 80.00, the middle of all
        assert [row.id for row in today(organization_id=org.id)][-1] == other.id


def test_where_nothing_is_to_be_done_now_nothing_is_at_risk(org: Org) -> None:
    with tenant(organization_id=org.id):
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=SLOW)
        rests, small = opened(org, price=90_000), opened(org, price=100)
        expected_loss_refresh(organization_id=org.id)
        assert [row.id for row in today(organization_id=org.id)] == [rests.id, small.id]
        for step in STEPS:
            who = {"organization_id": org.id, "recovery_id": rests.id, "step": step, "by": org.employee, "now": START}
            if step == "fix":
                step_done(**who)
            else:
                step_skip(**who, reason="It was done another way.")
        assert again(org, rests).next_step == "stay"
        assert again(org, rests).expected_loss_minor == 0
        assert [row.id for row in today(organization_id=org.id)] == [small.id, rests.id]
        Recovery.objects.filter(id=rests.id).update(expected_loss_at=START)
        expected_loss_refresh(organization_id=org.id)
        assert again(org, rests).expected_loss_minor == 0

        reply(org, rests, "Where is it?", at=START)
        Recovery.objects.filter(id=rests.id).update(expected_loss_at=START)
        expected_loss_refresh(organization_id=org.id)
        assert again(org, rests).expected_loss_minor > 0


def test_today_tells_apart_who_is_past_a_deadline_by_the_rule_of_its_counts(org: Org) -> None:
    """A paused step is not late, whatever stood there; a clock that ran out is, whatever is to be answered first."""
    with tenant(organization_id=org.id):
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=SLOW)
        paused, over, fine = (opened(org, price=1000) for _ in range(3))
        pause_start(organization_id=org.id, recovery_id=paused.id, by=org.employee, reason="customer", now=START)
        Recovery.objects.filter(id__in=(paused.id, fine.id)).update(next_due_at=START + DAY)
        Recovery.objects.filter(id=paused.id).update(next_due_at=START - DAY)
        Recovery.objects.filter(id=over.id).update(next_due_at=START + DAY)
        fix = RecoveryClock.objects.filter(organization_id=org.id, recovery_id=over.id, target="fix")
        assert fix.update(due_at=START - DAY) == 1
        reply(org, over, "And now?", at=START)
        assert {row.id: row.late for row in today(organization_id=org.id)} == {
            over.id: True, paused.id: False, fine.id: False,
        }  # fmt: skip


def test_past_the_moment_of_any_step_all_of_it_is_at_risk(org: Org) -> None:
    """As late by the playbook's own minutes as by a clock: the dearest of the late comes first, once it is late."""
    with tenant(organization_id=org.id):
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=SLOW)
        dear, cheap, paused = opened(org, price=21_200), opened(org, price=2900), opened(org, price=5000)
        pause_start(organization_id=org.id, recovery_id=paused.id, by=org.employee, reason="customer", now=START)
        soon = START + DAY / 1000
        Recovery.objects.filter(id=dear.id).update(next_due_at=soon)
        Recovery.objects.filter(id__in=(cheap.id, paused.id)).update(next_due_at=START - DAY)
        expected_loss_refresh(organization_id=org.id)
        assert [again(org, one).expected_loss_minor for one in (dear, cheap, paused)] == [2120, 2900, 0]
        assert again(org, dear).expected_loss_at == soon
        clock_set(organization_id=org.id, kind="running", moment_at=soon + DAY / 1000, speed=SLOW)
        expected_loss_refresh(organization_id=org.id)
        assert again(org, dear).expected_loss_minor == 21_200
        assert [row.id for row in today(organization_id=org.id)][:2] == [dear.id, cheap.id]
