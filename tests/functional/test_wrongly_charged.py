"""A double charge: how much is to go back is shown, given as the fix, and the fix is done once it is paid."""

from __future__ import annotations

import html

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _finance, _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import opened

from makegood.config.working import work_dry
from makegood.console.building.repaying import repaid_of
from makegood.core.money import Money
from makegood.customers.models import Purchase
from makegood.failures.models import Failure
from makegood.journal.models import Effect
from makegood.makegoods.models import Allowance, LedgerEntry, MakeGood
from makegood.makegoods.repaying import UnableToRepay, repayment_make
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.promises.operations import source_watch
from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.operations import step_done
from makegood.recoveries.queries import recovery_case
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


@pytest.fixture
def double(org: Org) -> Recovery:
    """A customer who was charged €212 twice for one lamp: apologised to, not repaid."""
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
        recovery = opened(
            org, kind="wrong_charge", loss="money", price_minor=21_200, currency="EUR", purchase_id=_bought(org)
        )
        Message.objects.filter(thread_id=recovery.thread_id, state="draft").update(state="stopped")
        step_done(organization_id=org.id, recovery_id=recovery.id, step="apologise", by=org.employee, now=START)
        return Recovery.objects.get(id=recovery.id)


def _bought(org: Org) -> int:
    return Purchase.objects.create(
        organization_id=org.id, customer_id=org.customer, placed_at=START, currency="EUR", total_minor=21_200,
        key_hash=b"lamp",
    ).id  # fmt: skip


def test_what_was_charged_wrongly_goes_back_as_the_fix(org: Org, double: Recovery) -> None:
    """Asked with the amount, beyond the giver's own limit; the fix is done when it is paid, and they see it."""
    client, url = signed_in(org, org.employee), f"/recoveries/R-{double.number}"
    page = html.unescape(client.get(url).content.decode())
    assert "Next: give back what was charged wrongly" in page
    assert 'value="212.00"' in page
    assert "Not given back yet. That is the fix" in page
    assert "Nothing is owed by law or contract beyond what was charged wrongly" in page
    assert "What is owed is decided" not in page
    assert "What is owed is delivered" not in page
    assert client.post(f"{url}/repayment", {"repaid": "0"}).status_code == 422
    assert client.post(f"{url}/repayment", {"repaid": "212.01"}).status_code == 422
    told = html.unescape(client.post(f"{url}/repayment", {"repaid": "212.00"}, follow=True).content.decode())
    assert "nothing now; €212 is on its way back to them" in told
    assert client.post(f"{url}/repayment", {"repaid": "1"}).status_code == 422, "once"
    with tenant(organization_id=org.id):
        row = MakeGood.objects.get(organization_id=org.id)
        assert (row.part, row.form, row.value_minor, row.state) == ("fix", "money", 21_200, "accepted")
        assert not Allowance.objects.filter(given_minor__gt=0).exists(), "the fix takes nothing from a limit"
        assert Effect.objects.get(kind="payout").payload["minor"] == 21_200
        assert Step.objects.get(recovery_id=double.id, step="fix").state == "todo", "promised is not paid"
        path = status_path(organization_id=org.id, token=double.thread.token)
    shown = client.get(path).content.decode()
    assert "What was charged wrongly, €212" in shown
    assert "On its way to you." in shown
    work_dry(only=[org.id])
    signed_in(org, _finance(org)).post(f"/payments/{row.id}", {"reference": "SEPA 1"})
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=row.id).state == "delivered"
        assert Step.objects.get(recovery_id=double.id, step="fix").state == "done"
        assert LedgerEntry.objects.filter(debit="fix", credit="owed", amount_minor=21_200).exists()


def test_where_nothing_shows_what_they_paid_the_limit_holds(org: Org, double: Recovery) -> None:
    """Somebody's word alone opens no till: without purchase or charge it stays within the giver's limit."""
    given = {"organization_id": org.id, "title": "Back", "by": org.employee, "now": START}
    with tenant(organization_id=org.id):
        failure = Failure.objects.get(organization_id=org.id)
        Failure.objects.filter(id=failure.id).update(purchase_id=None)
        with pytest.raises(UnableToRepay, match="within your limit"):
            repayment_make(**given, failure_id=failure.id, amount=Money(minor=21_200, currency="EUR"))
        repayment_make(**given, failure_id=failure.id, amount=Money(minor=1_000, currency="EUR"))


def test_in_a_shadow_it_goes_back_no_more_than_once_either(org: Org) -> None:
    """What was paid there is shadowed, and stands as what was delivered does: live, no second one would go."""
    with tenant(organization_id=org.id):
        source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)
        recovery = opened(
            org, kind="wrong_charge", loss="money", price_minor=21_200, currency="EUR", purchase_id=_bought(org)
        )
        failure = Failure.objects.get()
        back = {"organization_id": org.id, "failure_id": failure.id, "title": "Back", "by": org.employee, "now": START}
        repayment_make(**back, amount=Money(minor=21_200, currency="EUR"))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get().state == "shadowed"
        with pytest.raises(UnableToRepay, match=r"212\.00 EUR of it was given back before"):
            repayment_make(**back, amount=Money(minor=1, currency="EUR"))
        case = recovery_case(organization_id=org.id, now=START, number=recovery.number)
        assert case is not None
        assert repaid_of(case) is not None


def test_what_is_not_owed_is_never_ticked(org: Org) -> None:
    """An outage where nothing is owed says so, and has no tick for what nobody decided or delivered."""
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery_of(org).number}").content.decode()
    assert "Nothing is owed by law or contract</span>" in page
    assert "What is owed" not in page[page.index("Before this can close") :]
