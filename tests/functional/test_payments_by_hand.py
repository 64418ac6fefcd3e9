"""Finance pays by hand what no payment system could pay: a list, one page for each, and the payment's reference."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _finance, signed_in
from tests.support.given import failed
from tests.support.recoveries import open_for

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.failures.models import Failure
from makegood.journal.models import Effect
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import FloorOwed, floors_owe, makegoods_erase
from makegood.makegoods.queries import payouts_by_hand_counted
from makegood.organizations.models import Organization
from makegood.store.tenancy import tenant


@pytest.fixture
def owed(org: Org) -> int:
    """Money that no payment system could pay; returns its make-good."""
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
    failure_id = failed(org)
    with tenant(organization_id=org.id):
        (makegood_id,) = floors_owe(
            organization_id=org.id,
            owed=[
                FloorOwed(
                    failure_id=failure_id, customer_id=org.customer, rule="contract@2026", title="Owed by contract",
                    form="cash_or_bank", amount=Money(minor=25_000, currency="EUR"), due_at=START, reasons=(), at=START,
                )
            ],
            now=START,
        )  # fmt: skip
    work_dry(only=[org.id])
    return makegood_id


def test_finance_finds_what_waits_and_pays_it_under_a_reference(org: Org, owed: int) -> None:
    client = signed_in(org, _finance(org))
    listed = client.get("/payments").content.decode()
    assert "Ana Ferreira" in listed
    assert "€250" in listed
    assert "Payments by hand" in client.get(f"/payments/{owed}").content.decode()
    refused = client.post(f"/payments/{owed}", {"reference": " "})
    assert refused.status_code == 422
    assert "Write the payment&#x27;s reference." in refused.content.decode()
    assert client.post(f"/payments/{owed}", {"reference": "SEPA 4711"}).status_code == 302
    after = client.get("/payments").content.decode()
    assert "Nothing to pay by hand" in after
    assert "Reference SEPA 4711." in after
    with tenant(organization_id=org.id):
        row = MakeGood.objects.get(id=owed)
        assert (row.state, row.reference) == ("delivered", "SEPA 4711")
    assert client.get(f"/payments/{owed}").status_code == 404
    assert client.post(f"/payments/{owed}", {"reference": "again"}).status_code == 404


def test_where_the_answer_is_unknown_the_payment_system_is_asked_first(org: Org, owed: int) -> None:
    with tenant(organization_id=org.id):
        Effect.objects.filter(kind="payout").update(state="unknown", outcome="No answer")
    client = signed_in(org, org.admin)
    assert "ask first" in client.get("/payments").content.decode()
    refused = client.post(f"/payments/{owed}", {"reference": "SEPA 1"})
    assert refused.status_code == 422
    assert "so that nobody is paid twice" in refused.content.decode()
    assert client.post(f"/payments/{owed}", {"reference": "SEPA 1", "asked": "not-paid"}).status_code == 302


def test_the_recovery_leads_to_the_payment_and_records_nothing_by_itself(org: Org, owed: int) -> None:
    """One guarded page records payments: the button on the recovery goes there."""
    with tenant(organization_id=org.id):
        Effect.objects.filter(kind="payout").update(state="unknown", outcome="No answer")
        recovery = open_for(org, MakeGood.objects.get(id=owed).failure_id)[0]
    client = signed_in(org, org.admin)
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "Pay it by hand" in page
    assert "The payment did not go through: Owed by contract." in page
    answer = client.post(f"/recoveries/R-{recovery.number}/make-goods/{owed}/paid")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/payments/{owed}")
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=owed).state == "accepted"


def test_what_is_owed_no_more_and_was_not_paid_is_taken_off_the_list(org: Org, owed: int) -> None:
    with tenant(organization_id=org.id):
        Effect.objects.filter(kind="payout").update(state="unknown", outcome="No answer")
        Failure.objects.update(withdrawn_at=START)
    client = signed_in(org, org.admin)
    assert "It did not, and it is owed no more" in client.get(f"/payments/{owed}").content.decode()
    assert client.post(f"/payments/{owed}", {"asked": "not-paid", "reference": "X"}).status_code == 422
    after = client.post(f"/payments/{owed}", {"asked": "not-owed"}, follow=True).content.decode()
    assert "nothing is owed any more" in after
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=owed).state == "withdrawn"


def test_the_way_there_is_shown_to_those_who_pay(org: Org, owed: int) -> None:
    assert 'href="/payments"' in signed_in(org, _finance(org)).get("/").content.decode()
    assert 'href="/payments"' in signed_in(org, org.admin).get("/").content.decode()
    assert 'href="/payments"' not in signed_in(org, org.employee).get("/").content.decode()
    assert signed_in(org, org.manager).get("/payments").status_code == 403


def test_another_organization_sees_none_of_it(org: Org, owed: int, make_org) -> None:
    other = make_org()
    client = signed_in(other, other.admin)
    assert "Nothing to pay by hand" in client.get("/payments").content.decode()
    assert client.get(f"/payments/{owed}").status_code == 404


def test_a_reference_is_forgotten_with_the_person(org: Org, owed: int) -> None:
    signed_in(org, org.admin).post(f"/payments/{owed}", {"reference": "Ana's account"})
    with tenant(organization_id=org.id):
        makegoods_erase(organization_id=org.id, customer_ids=[org.customer])
        assert MakeGood.objects.get(id=owed).reference == ""
        assert payouts_by_hand_counted(organization_id=org.id) == 0
