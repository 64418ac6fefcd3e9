"""Today and the recovery's own page show one clock for what comes next, and say what it is."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import clock, opened

from makegood.recoveries.models import RecoveryClock
from makegood.recoveries.queries import recovery_case, today
from makegood.store.tenancy import tenant


def test_both_pages_show_what_is_due_first_and_say_what_it_is(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        soon = START + timedelta(minutes=29)
        RecoveryClock.objects.filter(id=clock(org, recovery, "update").id).update(due_at=soon)
        RecoveryClock.objects.filter(recovery_id=recovery.id, target="acknowledge").update(met_at=START, state="met")
        (row,) = today(organization_id=org.id)
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=START)
        assert case is not None
        assert (row.soonest, row.soonest_at) == (case.soonest, case.soonest_at) == ("update", soon)
    client = signed_in(org, org.manager)
    for path in ("/", f"/recoveries/R-{recovery.number}"):
        shown = " ".join(client.get(path).content.decode().split())
        assert "29 min, to give them word" in shown
