"""After a restore: what was due by the backup may have left since, so nothing leaves until a person says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.conftest import START, Org

from makegood.cli.bringing import _sending_stop
from makegood.config.working import work_dry
from makegood.journal.models import Effect, Entry
from makegood.journal.outbox import Wanted, effects_add
from makegood.organizations.models import Organization
from makegood.organizations.operations import sending_stop
from makegood.store.tenancy import tenant

STOPPED = "organizations:sending:stopped"


def due(org: Org, *, minutes: int) -> None:
    wanted = Wanted(
        kind="staff",
        idempotency_key="a-notice",
        subject="member",
        subject_id=org.admin,
        run_at=START + timedelta(minutes=minutes),
        payload={"member": org.admin, "stories": 1},
    )
    with tenant(organization_id=org.id):
        effects_add(organization_id=org.id, wanted=[wanted])


def test_sending_is_stopped_where_something_was_due_and_nowhere_else(make_org: Callable[..., Org]) -> None:
    owed, later, inside, quiet = (make_org(delivery=one) for one in ("live", "live", "inbox", "live"))
    for one, minutes in ((owed, 0), (later, 1), (inside, 0)):
        due(one, minutes=minutes)
    told = _sending_stop()
    for one, stops in ((owed, True), (later, False), (inside, False), (quiet, False)):
        with tenant(organization_id=one.id):
            facts = Organization.objects.get(id=one.id)
            assert (facts.stopped_at == START) is stops
            assert Entry.objects.filter(organization_id=one.id, event=STOPPED).exists() is stops
        assert (facts.name in told) is stops
    assert owed.code.title() not in _sending_stop(), "once"
    work_dry(only=[owed.id])
    with tenant(organization_id=owed.id):
        assert Effect.objects.get().state == "pending"
        sending_stop(organization_id=owed.id, now=START, by=owed.admin, stopped=False)
    work_dry(only=[owed.id])
    with tenant(organization_id=owed.id):
        assert Effect.objects.get().state == "done"
