"""What a recovery's page tells of its clocks, its lists and its steps is which one it was, once, and what is true."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import step_to

from makegood.config.working import work_dry
from makegood.recoveries.helped import help_for
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import close
from makegood.recoveries.operations.helping import help_tick
from makegood.recoveries.operations.staying import returned_say
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]


def page_of(org: Org, recovery: Recovery) -> str:
    return signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()


def test_a_clock_that_stays_late_is_named_and_told_of_once(org: Org) -> None:
    recovery = recovery_of(org)
    step_to(org, START + timedelta(days=4))
    for _ in range(3):
        work_dry(only=[org.id])
        tick_dry(only=[org.id])
    page = page_of(org, recovery)
    assert "A clock" not in page
    assert page.count("Late to put it right: ") == 2
    assert page.count("was told again") >= 1
    told = [one for one in page.split("<p>") if one.startswith("Late to put it right: ") and "again" in one]
    assert len(told) == 1
    assert "times in all." in told[0]


def test_what_was_ticked_off_is_said(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        (listed, *_) = help_for(organization_id=org.id, recovery=Recovery.objects.get(id=recovery.id)).checklists
        item = next(one for one in listed.items if "{" not in one.says)
        for ticked in (True, False):
            help_tick(
                organization_id=org.id, recovery_id=recovery.id, checklist=listed.code, item=item.code,
                ticked=ticked, by=org.employee, now=START,
            )  # fmt: skip
    page = page_of(org, recovery)
    assert f"<p>Ticked off: {item.says}</p>" in page
    assert f"<p>No longer ticked off: {item.says}</p>" in page


def test_no_step_of_a_closed_recovery_is_still_to_come(org: Org) -> None:
    """Their own word that they are still our customer does the last step; what else was left, was not done."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="back", now=START)
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="All is well.")
    page = page_of(org, recovery)
    assert "not yet" not in page
    assert "They are back." in page
    assert page.count('<span class="sr">done</span>') == 1
    assert page.count('<span class="sr">not done</span>') == 6
