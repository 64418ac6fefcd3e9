"""What was put right and is not runs again: with the time that was left, and with word to the customer."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, clock, fixed, journal, opened, playbook_with, steps

from makegood.core.fold import fold_recovery
from makegood.recoveries.operations import playbook_change, step_done, step_skip, step_undo
from makegood.store.tenancy import tenant


def test_a_fix_that_did_not_hold_has_the_time_that_was_left(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
        fixed(org, recovery, at=START + HOUR)
        assert clock(org, recovery, "fix").state == "met"
        step_skip(**who, step="communicate", reason="They were told on the phone.", now=START + HOUR)
        assert clock(org, recovery, "update").state == "ended"

        step_undo(**who, step="fix", now=START + 5 * HOUR)
        again = clock(org, recovery, "fix")
        assert (again.state, again.met_at) == ("running", None)
        assert again.due_at == START + 5 * HOUR + DAY - HOUR
        assert steps(org, recovery)["fix"] == "todo"
        assert clock(org, recovery, "update").state == "running"
        assert clock(org, recovery, "update").due_at == START + 5 * HOUR + DAY
        folded = fold_recovery(entries=[(one.event, one.data) for one in journal(org, recovery)])
        assert folded.clocks["fix"] == ("running", again.due_at)

        assert steps(org, recovery)["communicate"] == "todo"

        fixed(org, recovery, at=START + 6 * HOUR)
        assert clock(org, recovery, "fix").state == "met"
        step_skip(**who, step="communicate", reason="They were told again.", now=START + 7 * HOUR)
        assert clock(org, recovery, "update").state == "ended"


def test_a_fix_that_came_too_late_has_no_time_left(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        fixed(org, recovery, at=START + 2 * DAY)
        assert clock(org, recovery, "fix").state == "missed"
        step_undo(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START + 3 * DAY)
        assert clock(org, recovery, "fix").due_at == START + 3 * DAY


def test_time_used_before_the_fix_ran_again_stays_used_where_the_playbook_changes(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.manager}
        fixed(org, recovery, at=START + 10 * HOUR)
        step_undo(**who, step="fix", now=START + 20 * HOUR)
        version = playbook_with(
            org,
            ("acknowledgement: at_once", "acknowledgement: person"),
            ("fix: { minutes: 1440", "fix: { minutes: 720"),
        )
        playbook_change(**who, playbook_id=version, now=START + 21 * HOUR)
        # twelve hours in all, ten of them used before
        assert clock(org, recovery, "fix").due_at == START + 22 * HOUR


def test_the_first_remedy_is_owed_again_where_the_only_one_did_not_hold(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
        fixed(org, recovery, at=START + HOUR)
        assert clock(org, recovery, "remedy").state == "met"
        step_undo(**who, step="fix", now=START + 2 * HOUR)
        assert clock(org, recovery, "remedy").state == "running"

        step_done(**who, step="make_good", now=START + 3 * HOUR)
        fixed(org, recovery, at=START + 3 * HOUR)
        step_undo(**who, step="fix", now=START + 4 * HOUR)
        assert clock(org, recovery, "fix").state == "running"
        assert clock(org, recovery, "remedy").state == "met"
