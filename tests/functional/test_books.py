"""The ledger for the accountant: sums that match in each currency, a file of every entry, and who may have it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.given import failed, ledger_holds, offer

from makegood.makegoods import books
from makegood.makegoods.models import LedgerEntry
from makegood.makegoods.operations import makegood_accept, makegood_decline, makegood_delivered, makegood_offer
from makegood.organizations.operations import member_create
from makegood.store.tenancy import tenant

FILE = "/ledger/entries.csv?from=2026-03-01&to=2026-03-31"


def finance(org: Org) -> int:
    with tenant(organization_id=org.id):
        return member_create(organization_id=org.id, name="Fay", role="finance", now=START)


def moved(org: Org) -> None:
    """Something delivered, declined and still open in euros, and something in dollars."""
    ids = []
    for cost, currency, form in (
        (1_050, "EUR", "credit"),
        (500, "EUR", "gift"),
        (1, "EUR", "gift"),
        (700, "USD", "gift"),
    ):
        failure_id = failed(org, price=90_000, currency=currency)
        by = None if currency == "USD" else org.employee
        with tenant(organization_id=org.id):
            new = offer(org, failure_id, cost=cost, currency=currency, form=form, offered_by=by)
            ids.append(makegood_offer(organization_id=org.id, offer=new, now=START))
    with tenant(organization_id=org.id):
        makegood_accept(organization_id=org.id, makegood_id=ids[0], now=START)
        makegood_delivered(organization_id=org.id, makegood_id=ids[0], now=START)
        makegood_decline(organization_id=org.id, makegood_id=ids[1], now=START)
        makegood_delivered(organization_id=org.id, makegood_id=ids[3], now=START)


def test_the_file_balances_in_each_currency_and_holds_every_entry(org: Org) -> None:
    moved(org)
    answer = signed_in(org, finance(org)).get(FILE)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ledger-2026-03-01-2026-03-31.csv"'
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["currency"], "debit"] += Decimal(row["debit"] or 0)
        sums[row["currency"], "credit"] += Decimal(row["credit"] or 0)
        assert bool(row["debit"]) is not bool(row["credit"])
    assert dict(sums) == {
        ("EUR", "debit"): Decimal("31.01"),
        ("EUR", "credit"): Decimal("31.01"),
        ("USD", "debit"): Decimal("14.00"),
        ("USD", "credit"): Decimal("14.00"),
    }
    with tenant(organization_id=org.id):
        assert {int(row["entry"]) for row in rows} == set(LedgerEntry.objects.values_list("id", flat=True))
    assert {row["date"] for row in rows} == {"2026-03-02"}
    assert "Express delivery" not in answer.content.decode(), "titles are words, and stay out of the books' file"
    ledger_holds(org)


def test_the_page_shows_each_currency_apart_with_equal_sums(org: Org) -> None:
    client = signed_in(org, finance(org))
    assert "Nothing moved in these days" in client.get("/ledger").content.decode()
    moved(org)
    page = client.get("/ledger").content.decode()
    for said in ("Promised, not given yet", "Credit and coupons issued", "Came to nothing", "€31.01", "US$14"):
        assert said in page, said
    assert "The ledger, for your accountant" in client.get("/payments").content.decode()


@pytest.mark.parametrize(
    ("days", "count"),
    [("from=2026-03-02&to=2026-03-02", 14), ("from=2026-03-03&to=2026-03-31", 0), ("from=2026-02-01&to=2026-03-01", 0)],
)
def test_a_period_begins_and_ends_with_its_own_days(org: Org, days: str, count: int) -> None:
    moved(org)
    answer = signed_in(org, finance(org)).get(f"/ledger/entries.csv?{days}")
    assert len(list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))) == count


def test_only_finance_and_admins_have_it_and_a_wrong_period_says_what_to_do(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(org)
    for member, status in ((org.employee, 403), (org.manager, 403), (org.admin, 200)):
        assert signed_in(org, member).get(FILE).status_code == status
        assert signed_in(org, member).get("/ledger").status_code == status
    client = signed_in(org, org.admin)
    for wrong in ("from=yesterday&to=2026-03-31", "from=2026-03-31&to=2026-03-01", "from=2026-03-01"):
        assert client.get(f"/ledger/entries.csv?{wrong}").status_code == 400
    for most, status in ((7, 200), (6, 400)):
        monkeypatch.setattr(books, "MOST", most)
        assert client.get(FILE).status_code == status
