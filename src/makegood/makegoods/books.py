"""Reading the ledger for an accountant: what each account moved in a period, and each entry as a file, by currency."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import attrs
from django.db.models import Sum

from makegood.core.money import Money
from makegood.makegoods.models import LedgerEntry

MOST = 200_000
"""The most entries of one file: each is two lines, and all are read at once."""


class UnableToExport(ValueError):
    """The ledger of this period cannot be read as one file: choose a shorter period."""


@attrs.frozen(kw_only=True)
class Account:
    """What one account was debited and credited in a period, in one currency, at what it costs the business."""

    name: str
    debit: Money
    credit: Money


@attrs.frozen(kw_only=True, slots=True)
class Line:
    """One entry: the same amount is debited to one account and credited to another."""

    id: int
    at: datetime
    debit: str
    credit: str
    amount: Money
    makegood_id: int
    failure_id: int
    rule: str


def accounts(*, organization_id: int, from_at: datetime, to_at: datetime) -> dict[str, tuple[Account, ...]]:
    """This function will add up each account's debits and credits in a period (`to_at` exclusive), by currency.

    Within each currency the debits come to what the credits come to; nothing is ever added across currencies.
    """
    moved = (
        LedgerEntry.objects.filter(organization_id=organization_id, at__gte=from_at, at__lt=to_at)
        .values_list("currency", "debit", "credit")
        .annotate(minor=Sum("amount_minor"))
        .order_by("currency")
    )
    sums: dict[str, dict[str, list[int]]] = {}
    for currency, debit, credit, minor in moved:
        mine = sums.setdefault(currency, {})
        mine.setdefault(debit, [0, 0])[0] += int(minor)
        mine.setdefault(credit, [0, 0])[1] += int(minor)
    return {
        currency: tuple(
            Account(
                name=name,
                debit=Money(minor=debited, currency=currency),
                credit=Money(minor=credited, currency=currency),
            )
            for name, (debited, credited) in sorted(mine.items())
        )
        for currency, mine in sums.items()
    }


def lines(*, organization_id: int, from_at: datetime, to_at: datetime) -> list[Line]:
    """This function will list the entries of a period (`to_at` exclusive), the oldest first.

    Raises UnableToExport where they are more than MOST.
    """
    rows = list(
        LedgerEntry.objects.filter(organization_id=organization_id, at__gte=from_at, at__lt=to_at)
        .order_by("at", "id")
        .values_list(
            "id", "at", "debit", "credit", "amount_minor", "currency", "makegood_id", "makegood__failure_id",
            "makegood__rule",
        )[: MOST + 1]
    )  # fmt: skip
    if len(rows) > MOST:
        raise UnableToExport(f"This period has more than {MOST:,} entries: choose a shorter one.")
    return [
        Line(
            id=entry_id,
            at=at,
            debit=debit,
            credit=credit,
            amount=Money(minor=minor, currency=currency),
            makegood_id=makegood_id,
            failure_id=failure_id,
            rule=rule,
        )
        for entry_id, at, debit, credit, minor, currency, makegood_id, failure_id, rule in rows
    ]


HEAD = ("entry", "date", "at", "account", "debit", "credit", "currency", "make_good", "recovery", "rule")


def books_csv(found: Iterable[Line], *, zone: str, numbers: Mapping[int, int]) -> str:
    """This function will write entries as a CSV, two lines each: what is debited, then what is credited.

    `date` is the organization's own day (`zone`), `at` the moment in UTC; amounts have a point and no signs.
    `numbers` are those of recoveries, by failure. It holds codes and numbers only, nothing that anybody wrote.
    """
    written_to = io.StringIO()
    rows = csv.writer(written_to)
    rows.writerow(HEAD)
    for one in found:
        amount, currency = str(one.amount).rsplit(" ", 1)
        number = numbers.get(one.failure_id)
        begin = (one.id, one.at.astimezone(ZoneInfo(zone)).date().isoformat(), one.at.astimezone(UTC).isoformat())
        end = (currency, one.makegood_id, f"R-{number}" if number else "", one.rule)
        rows.writerow((*begin, one.debit, amount, "", *end))
        rows.writerow((*begin, one.credit, "", amount, *end))
    return written_to.getvalue()
