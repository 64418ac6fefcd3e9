"""An answer that came late is not mended by a coupon or credit alone: the truth is passed to whoever chooses extras."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, clock, customer, failure, open_for, opened, playbook_with, say, step_to

from makegood.makegoods.giving import Gifts
from makegood.makegoods.models import MakeGood
from makegood.recoveries.lateness import answered_late, gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.tasks import clocks_due
from makegood.store.tenancy import tenant

MINUTE = timedelta(minutes=1)
COUPONS = {"credit", "coupon"}
BY_HAND = ("acknowledgement: at_once", "acknowledgement: person")


@pytest.fixture
def recovery(org: Org) -> Recovery:
    """A recovery of lost time whose acknowledgement waits for a click; its clock allows an hour."""
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND)
    return opened(org, loss="time")


def gifts(org: Org, recovery: Recovery, now: datetime) -> Gifts:
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        return gifts_for(organization_id=org.id, failure_id=failure_id, member_id=org.manager, now=now)


@pytest.mark.parametrize(("after", "late"), [(HOUR - MINUTE, False), (HOUR, False), (HOUR + MINUTE, True)])
def test_late_is_past_the_first_answers_clock_to_the_minute(
    org: Org, recovery: Recovery, after: timedelta, late: bool
) -> None:
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "acknowledge").due_at == START + HOUR
        found = answered_late(organization_id=org.id, at={recovery.id: START + after})
    assert bool(found) is late


def test_before_an_answer_is_late_credit_fits_and_after_it_does_not(org: Org, recovery: Recovery) -> None:
    assert COUPONS & {gift.form for gift in gifts(org, recovery, START).gifts}
    late = gifts(org, recovery, START + 2 * HOUR)
    assert not COUPONS & {gift.form for gift in late.gifts}
    assert "remedy.late" in {reason.rule for reason in late.reasons}


def test_an_answer_that_came_late_stays_late(org: Org, recovery: Recovery) -> None:
    step_to(org, START + 3 * HOUR)
    with tenant(organization_id=org.id):
        clocks_due(organization_id=org.id, limit=100)
        say(org, recovery, "acknowledgement", at=START + 3 * HOUR)
        assert clock(org, recovery, "acknowledge").state == "missed"
    assert not COUPONS & {gift.form for gift in gifts(org, recovery, START + 4 * HOUR).gifts}


def test_an_answer_in_time_is_never_late(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        say(org, recovery, "acknowledgement", at=START + HOUR / 2)
        assert answered_late(organization_id=org.id, at={recovery.id: START + timedelta(days=30)}) == set()


@pytest.mark.parametrize(("waited", "given"), [(timedelta(), True), (3 * HOUR, False)])
def test_what_goes_without_a_click_knows_it_too(make_org: Callable[..., Org], waited: timedelta, given: bool) -> None:
    """A failure that is taken hours after it was judged was answered late before its recovery opened."""
    org = make_org()
    with tenant(organization_id=org.id):
        playbook_with(
            org,
            BY_HAND,
            ("make_good: { clock: make_good, send: person }", "make_good: { clock: make_good, send: at_once }"),
        )
        open_for(org, failure(org, customer_id=customer(org), loss="service"), at=START + waited)
        forms = set(MakeGood.objects.filter(organization_id=org.id, part="extra").values_list("form", flat=True))
    assert bool(forms & COUPONS) is given
