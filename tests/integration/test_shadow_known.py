"""An upgrade while a source only watches: what it told of since then is a shadow's, and what began before goes on."""

from __future__ import annotations

from importlib import import_module

from django.db import connection
from django.db.models import F, Q, Sum
from tests.conftest import START, Org
from tests.support.given import offer
from tests.support.recoveries import HOUR, failure, open_for

from makegood.config.working import work_dry
from makegood.failures.models import Failure
from makegood.journal.models import Effect
from makegood.makegoods.models import Allowance, LedgerEntry, MakeGood
from makegood.makegoods.operations import makegood_accept, makegood_offer
from makegood.promises.operations import source_watch
from makegood.recoveries.models import RecoveryFailure
from makegood.store.tenancy import tenant

KNOWN = import_module("makegood.recoveries.migrations.0013_shadow_known")
LATER = START + 2 * HOUR


def upgraded() -> None:
    """Do what the migration does to rows; call inside a unit of work."""
    with connection.cursor() as cursor:
        for statement in (KNOWN.FAILURES, KNOWN.MAKEGOODS):
            cursor.execute(statement)


def offered(org: Org, failure_id: int, title: str) -> int:
    """Offer a payment for a failure as the last release did; call inside a unit of work."""
    return makegood_offer(organization_id=org.id, offer=offer(org, failure_id, form="money", title=title), now=START)


def test_what_a_source_told_of_since_it_watches_is_a_shadows_and_what_began_before_goes_on(org: Org) -> None:
    with tenant(organization_id=org.id):
        begun = failure(org, happening_key="h")
        open_for(org, begun)
        joined, since, apart = failure(org, at=LATER, happening_key="h"), failure(org, at=LATER), failure(org, at=LATER)
        open_for(org, joined, since, at=LATER)
        gifts = {one: offered(org, one, str(one)) for one in (begun, since, apart)}
        for watched, at in ((True, START - HOUR), (False, START), (True, START + HOUR)):
            source_watch(organization_id=org.id, source_id=org.source, watched=watched, by=org.admin, now=at)
        assert RecoveryFailure.objects.values("recovery_id").distinct().count() == 2
        assert not Failure.objects.filter(shadow=True).exists()
        upgraded()
        assert dict(Failure.objects.values_list("id", "shadow")) == {
            begun: False, joined: False, since: True, apart: True,
        }  # fmt: skip
        assert dict(MakeGood.objects.values_list("failure_id", "shadow")) == {begun: False, since: True, apart: True}
        assert Allowance.objects.get().given_minor == 1_000, "what is a shadow's takes from no allowance"
        owed = LedgerEntry.objects.aggregate(
            owed=Sum("amount_minor", filter=Q(credit="owed")) - Sum("amount_minor", filter=Q(debit="owed"))
        )["owed"]
        assert owed == 1_000, "nor is it owed"
        assert not LedgerEntry.objects.exclude(at=F("makegood__offered_at")).exists()
        upgraded()
        assert LedgerEntry.objects.count() == 5
        for makegood_id in gifts.values():
            makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        paid = dict(Effect.objects.filter(kind="payout").values_list("subject_id", "state"))
        assert paid == {gifts[begun]: "done", gifts[since]: "shadowed", gifts[apart]: "shadowed"}
        assert MakeGood.objects.filter(state="delivered").values_list("failure_id", flat=True).get() == begun
