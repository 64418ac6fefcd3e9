"""The ledger for the accountant: what each account moved in a period, by currency, and its entries as a file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import BooksPage, Empty, Field, Form, Link, Table, TableRow
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, staff
from makegood.core.money import Money
from makegood.makegoods.books import Account, UnableToExport, accounts, books_csv, lines
from makegood.recoveries.queries.faces import recoveries_of_failures

NAMES = {
    "floor": "Owed by law or contract",
    "fix": "Fixes",
    "extra": "Extras",
    "owed": "Promised, not given yet",
    "cash": "Paid out",
    "credit": "Credit and coupons issued",
    "kind": "Given in kind",
    "released": "Came to nothing",
}
ONE_DAY = timedelta(days=1)


@staff
def books(request: HttpRequest, desk: Desk) -> Screen:
    """Show the ledger of a period, the present month unless the address says another."""
    first, last, wrong = _period(request, desk)
    found = accounts(organization_id=desk.organization_id, **_moments(desk, first, last))
    asked = {"from": first.isoformat(), "to": last.isoformat()}
    return Screen(
        template="console/books.html",
        current="payouts",
        page=BooksPage(
            title="Ledger",
            lead="What make-goods cost you, at cost. Every entry debits one account and credits another; none is ever"
            " changed. Currencies are never added up together.",
            period=Form(
                key="period",
                action=reverse("books"),
                submit="Show it",
                method="get",
                style="plain",
                fields=(
                    Field(name="from", label="First day", kind="date", value=asked["from"], error=wrong),
                    Field(name="to", label="Last day", kind="date", value=asked["to"]),
                ),
            ),
            tables=tuple(_table(desk, currency, mine) for currency, mine in found.items()),
            empty=Empty(title="Nothing moved in these days", text="What is owed, offered or given appears here."),
            download=Link(label="Download its entries (CSV)", url=f"{reverse('books-file')}?{urlencode(asked)}")
            if found
            else None,
        ),
    )


def _table(desk: Desk, currency: str, mine: tuple[Account, ...]) -> Table:
    none = Money(minor=0, currency=currency)
    total = (sum((one.debit for one in mine), start=none), sum((one.credit for one in mine), start=none))
    rows = [(NAMES.get(one.name, one.name), one.debit, one.credit) for one in mine]
    return Table(
        caption=currency,
        head=("Account", "Debit", "Credit"),
        rows=tuple(
            TableRow(cells=(name, *(written(it, desk.reader) for it in amounts)))
            for name, *amounts in (*rows, ("Sum", *total))
        ),
        numeric=(1, 2),
    )


@staff
def books_file(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Give the entries of a period as a CSV."""
    first, last, wrong = _period(request, desk)
    if wrong:
        return error_answer(request, status=400, text=wrong)
    try:
        found = lines(organization_id=desk.organization_id, **_moments(desk, first, last))
    except UnableToExport as error:
        return error_answer(request, status=400, text=str(error))
    numbers = recoveries_of_failures(
        organization_id=desk.organization_id, failure_ids=list({one.failure_id for one in found})
    )
    name = f"ledger-{first}-{last}.csv"
    return HttpResponse(
        books_csv(found, zone=desk.facts.zone, numbers=numbers).encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


def _period(request: HttpRequest, desk: Desk) -> tuple[date, date, str]:
    """The first and last day that were asked for, else the present month, and what was wrong with them."""
    today = desk.facts.now.astimezone(ZoneInfo(desk.facts.zone)).date()
    month = today.replace(day=1)
    end = (month + timedelta(days=31)).replace(day=1) - ONE_DAY
    asked = request.GET.get("from", ""), request.GET.get("to", "")
    if not any(asked):
        return month, end, ""
    try:
        first, last = (date.fromisoformat(one) for one in asked)
    except ValueError:
        return month, end, "Choose two days, such as 2026-03-01 and 2026-03-31."
    if not 2000 <= first.year <= last.year < 2200 or last < first:
        return month, end, "Choose a last day that is not before the first."
    return first, last, ""


def _moments(desk: Desk, first: date, last: date) -> dict[str, datetime]:
    zone = ZoneInfo(desk.facts.zone)
    return {
        "from_at": datetime.combine(first, time(), tzinfo=zone),
        "to_at": datetime.combine(last + ONE_DAY, time(), tzinfo=zone),
    }
