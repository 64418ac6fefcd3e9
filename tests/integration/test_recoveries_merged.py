"""Customers who turned out to be one person have one recovery for what happened to them, whoever was named first."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.support.given import offer
from tests.support.recoveries import DAY, HOUR, customer, failure, open_for

from makegood.customers.operations import customer_merge
from makegood.makegoods.operations import UnableToOffer, makegood_offer
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.taken import taken_of
from makegood.store.tenancy import tenant


def merged(org: Org, one: int, into: int) -> None:
    """Somebody found that they are the same."""
    customer_merge(organization_id=org.id, customer_id=one, into_id=into, now=START, by=org.admin)


@pytest.mark.parametrize("first_stays", [True, False])
@pytest.mark.parametrize("named_later", ["first", "other"])
def test_a_failure_joins_the_recovery_of_whom_its_customer_turned_out_to_be(
    org: Org, first_stays: bool, named_later: str
) -> None:
    """The open recovery is the first one's; whichever of the two stays, and whoever a later failure names."""
    with tenant(organization_id=org.id):
        other = customer(org)
        (recovery,) = open_for(org, failure(org, happening_key="purchase:1"))
        pair = (other, org.customer) if first_stays else (org.customer, other)
        merged(org, *pair)
        named = org.customer if named_later == "first" else other
        second = failure(org, customer_id=named, happening_key="purchase:1")
        assert open_for(org, second, at=START + HOUR) == [recovery]
        assert RecoveryFailure.objects.filter(recovery_id=recovery.id).count() == 2


def test_two_failures_of_one_person_in_one_batch_are_one_recovery(org: Org) -> None:
    with tenant(organization_id=org.id):
        other = customer(org)
        merged(org, other, org.customer)
        (recovery,) = open_for(
            org, failure(org, customer_id=other, happening_key="visit:1"), failure(org, happening_key="visit:1")
        )
        assert recovery.customer_id == org.customer
        assert RecoveryFailure.objects.filter(recovery_id=recovery.id).count() == 2


def test_a_recovery_opens_for_whom_they_turned_out_to_be_and_by_what_both_bought(org: Org) -> None:
    with tenant(organization_id=org.id):
        regular = customer(org, first_purchase_at=START - 900 * DAY)
        into = customer(org)
        merged(org, regular, into)
        (recovery,) = open_for(org, failure(org, customer_id=regular))
        assert (recovery.customer_id, recovery.group) == (into, "regular")


def test_of_two_open_recoveries_the_earlier_one_is_joined(org: Org) -> None:
    with tenant(organization_id=org.id):
        other = customer(org)
        first, second = open_for(
            org, failure(org, happening_key="order:1"), failure(org, customer_id=other, happening_key="order:1")
        )
        merged(org, other, org.customer)
        open_for(org, failure(org, customer_id=other, happening_key="order:1"), at=START + HOUR)
        assert RecoveryFailure.objects.filter(recovery_id=first.id).count() == 2
        assert RecoveryFailure.objects.filter(recovery_id=second.id).count() == 1


def test_a_second_failure_of_the_same_person_is_graver_under_either_name(org: Org) -> None:
    """EVIDENCE 8 rule 14, across a merge."""
    with tenant(organization_id=org.id):
        other = customer(org)
        (first,) = open_for(org, failure(org))
        merged(org, org.customer, other)
        second = open_for(org, failure(org, customer_id=other, at=START + 30 * DAY), at=START + 30 * DAY)[-1]
        assert second.severity == first.severity + 1


@pytest.mark.parametrize("same", [True, False])
def test_they_are_offered_something_for_what_happened_under_the_other_name(org: Org, same: bool) -> None:
    with tenant(organization_id=org.id):
        other = customer(org)
        if same:
            merged(org, other, org.customer)
        failure_id = failure(org, customer_id=other)
        given = offer(org, failure_id, cost=0, value=0)
        assert given.customer_id == org.customer
        if not same:
            with pytest.raises(UnableToOffer, match="another customer"):
                makegood_offer(organization_id=org.id, offer=given, now=START)
            return
        assert makegood_offer(organization_id=org.id, offer=given, now=START) > 0


def test_strangers_stay_apart(org: Org) -> None:
    with tenant(organization_id=org.id):
        other = customer(org)
        open_for(org, failure(org, happening_key="order:1"), failure(org, customer_id=other, happening_key="order:1"))
        assert Recovery.objects.filter(organization_id=org.id).count() == 2


def test_one_failure_alone_brings_what_it_brings_in_a_batch(org: Org) -> None:
    with tenant(organization_id=org.id):
        regular, into = customer(org, first_purchase_at=START - 900 * DAY), customer(org)
        merged(org, regular, into)
        made = [failure(org), failure(org, customer_id=regular), failure(org, happening_key="visit:1", severity=3)]
        at = dict.fromkeys(made, START + HOUR)
        together = {one.failure_id: one for one in taken_of(organization_id=org.id, at=at)}
        assert len(together) == 3
        for one in made:
            assert taken_of(organization_id=org.id, at={one: at[one]}) == [together[one]]
        assert taken_of(organization_id=org.id, at={10**12: START}) == []
