"""Looks for a customer's return: by their own pace, also after closing; said by them or by a colleague; CARES kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import again, customer, journal, opened, step_to

from makegood.core.cares import cares_of
from makegood.core.scores import CARES
from makegood.customers.models import Purchase
from makegood.recoveries.journalled import journals
from makegood.recoveries.models import CaresRecord, FollowUp, Recovery, Return
from makegood.recoveries.operations import UnableToChangeRecovery, close, returned_say, step_done, step_skip
from makegood.recoveries.tasks import follow_ups_due
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)


def bought(org: Org, customer_id: int, *days: float, minor: int = 1000) -> None:
    for day in days:
        at = START + day * DAY
        Purchase.objects.create(
            organization_id=org.id, customer_id=customer_id, key_hash=f"{customer_id} {day}".encode(), placed_at=at,
            total_minor=minor, currency="EUR",
        )  # fmt: skip


def looked(org: Org, day: float) -> None:
    """Let the organization's time come to a day, and look for whoever is to be looked for."""
    step_to(org, START + day * DAY)
    with tenant(organization_id=org.id):
        while follow_ups_due(organization_id=org.id):
            pass


def monthly(org: Org) -> Recovery:
    """A recovery of somebody who bought each month, the last time on the day of the failure."""
    with tenant(organization_id=org.id):
        person = customer(org)
        bought(org, person, -90, -60, -30, 0)
    return opened(org, customer_id=person)


def complete(org: Org, recovery: Recovery) -> None:
    """Do all that closing asks for, except the follow-up."""
    given = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee, "now": START}
    step_done(**given, step="fix")
    step_skip(**given, step="improve", reason="Not known: the carrier does not answer")


def known(org: Org, recovery: Recovery) -> Return:
    return Return.objects.get(organization_id=org.id, recovery_id=recovery.id)


def test_who_buys_as_before_is_seen_to_be_back(org: Org) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        bought(org, recovery.customer_id, 20)
    looked(org, 33)
    with tenant(organization_id=org.id):
        assert again(org, recovery).returned == "back"
        assert (known(org, recovery).how, known(org, recovery).rule) == ("seen", "stay.back")
        assert not FollowUp.objects.filter(recovery_id=recovery.id, action="see_return", state="planned").exists()


def test_an_unknown_closes_nothing_out_and_is_looked_for_again_after_closing(org: Org) -> None:
    """All is done, nothing is seen: it closes as unknown; a month later they buy again, and that is written."""
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        complete(org, recovery)
    looked(org, 33)
    with tenant(organization_id=org.id):
        now = again(org, recovery)
        assert (now.state, now.close_reason, now.returned) == ("closed", "complete", "unknown")
        assert known(org, recovery).rule == "stay.soon"
        bought(org, recovery.customer_id, 40, 55)
    looked(org, 64)
    with tenant(organization_id=org.id):
        now = again(org, recovery)
        assert (now.state, now.returned, known(org, recovery).looks) == ("closed", "back", 2)
        assert len(journal(org, recovery, "closed")) == 1


def test_who_stays_away_has_lapsed_and_is_looked_for_no_more(org: Org) -> None:
    recovery = monthly(org)
    looked(org, 70)
    with tenant(organization_id=org.id):
        assert (again(org, recovery).returned, known(org, recovery).rule) == ("lapsed", "stay.lapsed")
    looked(org, 500)
    with tenant(organization_id=org.id):
        assert known(org, recovery).looks == 2


def test_nobody_knows_of_whom_nothing_was_seen_and_the_looks_end_after_a_year(org: Org) -> None:
    recovery = opened(org)
    looked(org, 800)
    with tenant(organization_id=org.id):
        found = known(org, recovery)
        assert (found.outcome, found.rule) == ("unknown", "stay.nothing")
        assert 2 < found.looks <= 12
        assert not FollowUp.objects.filter(recovery_id=recovery.id, state="planned", action="see_return").exists()


def test_what_a_manager_closed_goes_on_being_looked_at(org: Org) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + DAY, reason="Moved away.")
        bought(org, recovery.customer_id, 20)
    looked(org, 33)
    with tenant(organization_id=org.id):
        assert (again(org, recovery).returned, again(org, recovery).close_note) == ("back", "Moved away.")


def test_purchases_of_whom_they_turned_out_to_be_count(org: Org) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        whole = customer(org)
        Recovery.objects.get(id=recovery.id).customer.__class__.objects.filter(id=recovery.customer_id).update(
            merged_into=whole
        )
        bought(org, whole, 20)
    looked(org, 33)
    with tenant(organization_id=org.id):
        assert again(org, recovery).returned == "back"


@pytest.mark.parametrize("outcome", ["back", "lapsed", "declined"])
def test_what_the_customer_says_ends_the_plan(org: Org, outcome: str) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome=outcome, now=START + DAY)
        assert again(org, recovery).returned == outcome
        assert (known(org, recovery).how, known(org, recovery).by_id) == ("customer", None)
        assert not FollowUp.objects.filter(recovery_id=recovery.id, state__in=("planned", "due")).exists()


def test_a_colleague_may_say_it_of_a_closed_recovery(org: Org) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + DAY, reason="Moved away.")
        returned_say(
            organization_id=org.id, recovery_id=recovery.id, outcome="lapsed", now=START + 2 * DAY, by=org.employee
        )
        found = known(org, recovery)
        assert (found.outcome, found.how, found.by_id) == ("lapsed", "colleague", org.employee)
        assert again(org, recovery).state == "closed"


def test_anything_else_is_refused(org: Org) -> None:
    recovery = monthly(org)
    with tenant(organization_id=org.id), pytest.raises(UnableToChangeRecovery, match="nobody knows"):
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="happy", now=START)


def test_cares_is_kept_when_it_closes_as_the_journal_says(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        complete(org, recovery)
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="back", now=START + DAY)
        kept = CaresRecord.objects.get(recovery_id=recovery.id)
        told = journals(organization_id=org.id, recovery_ids=[recovery.id])[recovery.id]
        assert kept.at == START + DAY
        assert kept.kept == {one.name: [one.kept, one.known] for one in cares_of(entries=told)}
        assert set(kept.kept) == set(CARES)
        assert kept.kept["solution"][1] > 0
        assert {one.event.split(":")[0] for one in told} == {"messages", "recoveries"}


@pytest.mark.parametrize(("bought_before", "days"), [(False, 3), (True, 7)])
def test_the_plan_is_that_of_the_customers_group(org: Org, bought_before: bool, days: int) -> None:
    """Whoever buys for the first time is looked after sooner."""
    with tenant(organization_id=org.id):
        person = customer(org, first_purchase_at=START - DAY if bought_before else START)
    recovery = opened(org, customer_id=person)
    with tenant(organization_id=org.id):
        assert recovery.group == ("regular" if bought_before else "new")
        (look,) = FollowUp.objects.filter(recovery_id=recovery.id, action="check_in")
        assert look.due_at == recovery.due_at + days * DAY
