"""Steps that no clock times are late by the playbook's own minutes, alike on every page; a pause gives its time back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import HOUR, Recovery, again, opened, step_to

from makegood.core.steps import step_overdue
from makegood.recoveries.models import Step
from makegood.recoveries.operations import pause_end, pause_start
from makegood.recoveries.queries import recovery_case, today
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def late(org: Org, recovery: Recovery, *, hours: float) -> tuple[bool, bool]:
    """Whether the step to apologise is late at so many hours: by its own page, and by Today's list."""
    now = START + hours * HOUR
    step_to(org, now)
    with tenant(organization_id=org.id):
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=now)
        (row,) = today(organization_id=org.id)
    assert case is not None
    page = next(one.overdue for one in case.steps if one.step == "apologise")
    return page, next(one.state for one in row.steps if one.step == "apologise") == "overdue"


def test_a_step_is_late_by_its_own_minutes_on_today_as_on_its_page(org: Org) -> None:
    """The playbook gives four hours to say sorry."""
    recovery = opened(org)
    assert late(org, recovery, hours=3.9) == (False, False)
    assert late(org, recovery, hours=4.1) == (True, True)
    assert "overdue" in signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()


def test_a_pause_gives_its_time_back(org: Org) -> None:
    recovery = opened(org)
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.manager}
    with tenant(organization_id=org.id):
        pause_start(**who, reason="customer", now=START + HOUR)
    assert late(org, recovery, hours=6) == (False, False), "nothing becomes late while it stands still"
    with tenant(organization_id=org.id):
        pause_end(**who, now=START + 6 * HOUR)
        due_at = Step.objects.get(recovery_id=recovery.id, step="apologise").due_at
        assert due_at == again(org, recovery).next_due_at == START + 9 * HOUR
    assert late(org, recovery, hours=8.9) == (False, False)
    assert late(org, recovery, hours=9.1) == (True, True)


@pytest.mark.parametrize(
    ("state", "minutes", "still", "told"),
    [
        ("todo", 1, False, False),
        ("todo", -1, False, True),
        ("todo", -1, True, False),
        ("todo", None, False, False),
        ("overdue", 1, True, True),
        ("done", -1, False, False),
        ("skipped", -1, False, False),
    ],
)
def test_what_is_late(state: str, minutes: int | None, still: bool, told: bool) -> None:
    due_at = None if minutes is None else START + timedelta(minutes=minutes)
    assert step_overdue(state=state, due_at=due_at, now=START, stands_still=still) is told
