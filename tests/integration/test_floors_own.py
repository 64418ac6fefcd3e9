"""Contracts of the house's own and laws that count days, in a running house: owed, in doubt without their file, and back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.integration.test_makegoods_floors import HOUR, arrive
from tests.support.recoveries import playbook_with

from makegood.core.money import Money
from makegood.makegoods.doubts import UnableToSettleFloor, doubts_of, fact_given
from makegood.makegoods.models import FloorDoubt, MakeGood
from makegood.promises.operations import NewPromise, promises_make
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant

PRICE = {"minor": 4990, "currency": "EUR"}
CONTRACT = """
name: our-terms
title: Our terms of sale
jurisdiction: our own contract
facts:
  event_at: {type: datetime, absent: refuse, means: when it was promised}
  fulfilled_at: {type: datetime, means: when it came}
  order_price: {type: money, means: what the order cost}
versions:
  - active_from: 2026-01-01
    source: Terms of sale.
    checked_date: 2026-01-01
    rules:
      - id: late
        says: A tenth back when late
        cite: clause 7
        trigger: {field: fulfilled_at, op: ">", fact: event_at}
        amount: {percent: {of: order_price, share: 10}}
        form: [{form: original_payment, says: The way it was paid.}]
        deadline: [{days: 5, from: fulfilled_at, says: In five days.}]
"""


def promise(org: Org, pack: str, **facts: Any) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, ("expected_loss:", f"floor_packs: [{pack}]\nexpected_loss:"))
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source, customer_id=org.customer, key_hash=keyed_hash("a"), kind="parcel",
                    made_at=START, due_at=START + HOUR, facts={"event_at": (START + HOUR).isoformat(), **facts},
                )
            ],
        )  # fmt: skip


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "our-terms.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    monkeypatch.setenv("MAKEGOOD_FLOORS", str(tmp_path))
    return path


@pytest.mark.usefixtures("contract")
def test_what_an_own_contract_owes_is_posted_with_the_moment_it_came(org: Org) -> None:
    promise(org, "our-terms", order_price=PRICE)
    came_at = arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        (given,) = MakeGood.objects.all()
        assert (given.rule, given.value_minor, given.currency) == ("our-terms.late@2026-01-01", 499, "EUR")
        assert given.due_at == came_at + timedelta(days=5)


def test_days_without_service_are_counted_to_the_moment_it_came_back(org: Org) -> None:
    promise(org, "uk-ofcom", happened="loss_of_service")
    arrive(org, "a", timedelta(days=7))
    with tenant(organization_id=org.id):
        given = MakeGood.objects.get()
        assert (given.part, given.value_minor) == ("floor", 5 * 998)  # from Thursday to Monday


def test_without_its_file_it_is_in_doubt_and_decided_when_it_is_back(org: Org, contract: Path) -> None:
    """Nothing is lost: the failure and its recovery are there, closing waits, and the page says what to do."""
    promise(org, "our-terms", order_price=PRICE)
    contract.unlink()
    arrive(org, "a", 4 * HOUR)
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get().failure_id
        (doubt,) = doubts_of(organization_id=org.id, failure_ids=[failure_id])
        assert (doubt.title, doubt.lacks) == ("our-terms", None)
        assert not MakeGood.objects.exists()
        code = f"R-{Recovery.objects.get().number}"
        given = {"organization_id": org.id, "failure_id": failure_id, "pack": "our-terms", "by": org.employee}
        with pytest.raises(UnableToSettleFloor, match="The rules cannot be read yet: there is no rule pack"):
            fact_given(**given, value=None, now=START)
    client = signed_in(org, org.employee)
    assert "the rules for it could not be read" in client.get(f"/recoveries/{code}").content.decode()
    url = f"/recoveries/{code}/owed/{failure_id}/our-terms"
    refused = client.post(url)
    assert "The rules cannot be read yet" in refused.content.decode()
    contract.write_text(CONTRACT, encoding="utf-8")
    assert client.post(url).status_code == 302
    with tenant(organization_id=org.id):
        assert FloorDoubt.objects.get().settled == "facts"
        assert Money(minor=MakeGood.objects.get().value_minor, currency="EUR") == Money(minor=499, currency="EUR")
    assert "What is owed is not decided" not in client.get(f"/recoveries/{code}").content.decode()
