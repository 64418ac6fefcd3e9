"""What is owed by law is not decided while a fact is lacking: a person gives it, and closing waits (invariant 5)."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.integration.test_makegoods_floors import FLIGHT, HOUR, arrive, promise
from tests.support.given import step

from makegood.core.floors import UnusableFacts
from makegood.makegoods.doubts import UnableToSettleFloor, doubts_of, nothing_owed
from makegood.makegoods.floors import floor_fact_give
from makegood.makegoods.models import FloorDoubt, MakeGood
from makegood.messages.models import Message
from makegood.promises.models import Promise
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations import close_decision
from makegood.recoveries.queries import recovery_case
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


def in_doubt(org: Org) -> tuple[int, int]:
    """A late arrival without one fact that its pack has to look at: its failure and its recovery."""
    promise(org)
    with tenant(organization_id=org.id):
        facts = {name: value for name, value in FLIGHT.items() if name != LACKS}
        Promise.objects.update(facts=facts)
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        link = RecoveryFailure.objects.get()
        return link.failure_id, link.recovery_id


LACKS = "distance_km"


def test_closing_waits_and_the_page_says_what_is_not_known(org: Org) -> None:
    failure_id, recovery_id = in_doubt(org)
    with tenant(organization_id=org.id):
        (doubt,) = doubts_of(organization_id=org.id, failure_ids=[failure_id])
        assert (doubt.pack, doubt.lacks.name) == ("eu261", LACKS)
        decision = close_decision(organization_id=org.id, recovery_id=recovery_id)
        assert "floor_decided" in decision.missing
        assert "What is owed is not decided: a fact is missing." in [one.text for one in decision.reasons]
        case = recovery_case(organization_id=org.id, recovery_id=recovery_id, now=START + 5 * HOUR)
        assert case is not None
        assert case.doubts == (doubt,)


def test_a_fact_that_a_person_gives_decides_it_and_it_posts(org: Org) -> None:
    """A value of another type is refused, and changes nothing."""
    failure_id, recovery_id = in_doubt(org)
    given = {"organization_id": org.id, "failure_id": failure_id, "pack": "eu261", "by": org.employee, "now": START}
    with pytest.raises(UnusableFacts), tenant(organization_id=org.id):
        floor_fact_give(**given, value="far")
    with tenant(organization_id=org.id):
        floor_fact_give(**given, value=FLIGHT[LACKS])
        assert Promise.objects.get().facts[LACKS] == FLIGHT[LACKS]
        assert MakeGood.objects.get().part == "floor"
        row = FloorDoubt.objects.get()
        assert row.settled == "facts"
        missing = close_decision(organization_id=org.id, recovery_id=recovery_id).missing
        assert "floor_decided" not in missing
        assert "floor" in missing
    with pytest.raises(UnableToSettleFloor), tenant(organization_id=org.id):
        floor_fact_give(**given, value=FLIGHT[LACKS])


def test_only_a_manager_says_with_a_reason_that_nothing_is_owed(org: Org) -> None:
    failure_id, recovery_id = in_doubt(org)
    given = {"organization_id": org.id, "failure_id": failure_id, "pack": "eu261", "now": START}
    for by, reason in ((org.employee, "they told me so"), (org.manager, " ")):
        with pytest.raises(UnableToSettleFloor), tenant(organization_id=org.id):
            nothing_owed(**given, by=by, reason=reason)
    with tenant(organization_id=org.id):
        nothing_owed(**given, by=org.manager, reason="It was a test flight")
        assert "floor_decided" not in close_decision(organization_id=org.id, recovery_id=recovery_id).missing
        assert not MakeGood.objects.exists()


@pytest.mark.parametrize("opened", [False, True])
def test_the_owner_is_told_once(org: Org, opened: bool) -> None:
    """Whether it turns out before the recovery opens or after."""
    promise(org)
    with tenant(organization_id=org.id):
        Promise.objects.update(facts={name: value for name, value in FLIGHT.items() if name != LACKS})
    if opened:
        step(org, 3 * HOUR)
        tick_dry(only=[org.id])
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        notices = Message.objects.filter(kind="staff", body__contains="may owe something by law")
        assert notices.count() == 1
