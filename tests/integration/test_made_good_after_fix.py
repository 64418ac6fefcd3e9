"""A gift makes nothing good while the fix is open, and the customer is asked for a score only after the fix."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, Recovery, clock, failure, fixed, makegood, open_for, steps, tell

from makegood.journal.operations import Happened
from makegood.recoveries.models import FollowUp, Rating
from makegood.recoveries.operations import UnableToRate, step_undo
from makegood.recoveries.operations.following import follow_ups_come_due
from makegood.recoveries.operations.tapping import rating_give, rating_may
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant


def delivered(org: Org, recovery: Recovery, failure_id: int, *, part: str = "extra") -> None:
    """Something is delivered an hour after START; call inside a unit of work."""
    given = makegood(org, recovery, failure_id, at=START + HOUR, part=part)
    data = {"failure": failure_id, "part": part, "minor": 500, "currency": "EUR"}
    tell(
        org,
        Happened(
            at=START + HOUR, event="makegoods:makegood:delivered", subject="makegood", subject_id=given.id, data=data
        ),
    )


def asks(org: Org, recovery: Recovery) -> list[tuple[str, object]]:
    """The questions for a score: state and due time; call inside a unit of work."""
    rows = FollowUp.objects.filter(organization_id=org.id, recovery_id=recovery.id, action="ask_score")
    return list(rows.order_by("id").values_list("state", "due_at"))


def test_a_gift_makes_nothing_good_before_the_fix(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        delivered(org, recovery, failure_id)
        who = {"organization_id": org.id, "recovery_id": recovery.id}
        assert steps(org, recovery)["make_good"] == "todo"
        assert clock(org, recovery, "make_good").state == "running"
        assert asks(org, recovery) == []
        assert not rating_may(**who)
        with pytest.raises(UnableToRate):
            rating_give(**who, score=6, now=START + HOUR)

        fixed(org, recovery, at=START + 2 * HOUR)
        assert steps(org, recovery)["make_good"] == "done"
        assert clock(org, recovery, "make_good").met_at == START + 2 * HOUR
        assert asks(org, recovery) == [("planned", START + 2 * HOUR + DAY)]
        assert rating_may(**who)


def test_what_is_owed_and_paid_makes_good_but_nobody_is_asked_before_the_fix(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        delivered(org, recovery, failure_id, part="floor")
        assert steps(org, recovery)["make_good"] == "done"
        assert asks(org, recovery) == []


def test_whoever_has_rated_is_not_asked_again(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        fixed(org, recovery)
        delivered(org, recovery, failure_id)
        assert asks(org, recovery) == [("planned", START + HOUR + DAY)]
        rating_give(organization_id=org.id, recovery_id=recovery.id, score=6, now=START + 3 * HOUR)
        assert asks(org, recovery) == [("ended", START + HOUR + DAY)]
        assert not rating_may(organization_id=org.id, recovery_id=recovery.id)

        delivered(org, recovery, failure_id)
        assert [state for state, _ in asks(org, recovery)] == ["ended", "planned"]


def test_a_question_planned_before_the_fix_was_taken_back_is_not_asked(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        fixed(org, recovery)
        delivered(org, recovery, failure_id)
        step_undo(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START + 3 * HOUR)
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + 2 * DAY)
        follow_ups_come_due(organization_id=org.id, limit=10)
        assert [state for state, _ in asks(org, recovery)] == ["ended"]
        assert not Rating.objects.filter(recovery_id=recovery.id).exists()
