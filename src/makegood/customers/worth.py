"""Reads of what one customer is likely to spend, of which group they are, and why; or why that is not known."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import attrs
from django.db import connection

from makegood.core.value.foreseen import Foreseen, foresee, horizon
from makegood.core.value.groups import Stood, standing
from makegood.core.value.histories import Bought, history
from makegood.customers.correcting import person_of
from makegood.customers.models import ValueFit
from makegood.customers.valuing import fit_of
from makegood.organizations.models import Organization

BOUGHT = """
SELECT currency, (placed_at AT TIME ZONE %s)::date, sum(total_minor)::bigint, count(*) FROM customers_purchase
WHERE organization_id = %s AND customer_id = ANY (%s) AND total_minor >= 0 AND placed_at <= %s
GROUP BY 1, 2 ORDER BY 1, 2
"""


@attrs.frozen(kw_only=True, slots=True)
class Learning:
    """From whom it was learnt: how many customers, how many of them bought again, until which day, and when."""

    customers: int
    returned: int
    until: date
    fitted_at: datetime


@attrs.frozen(kw_only=True, slots=True)
class Worth:
    """One customer's group, and what they are likely to spend in `currency`, the one on most of their days.

    `unknown` says why nothing is foreseen; then `foreseen` and `learning` are None.
    """

    stood: Stood
    currency: str
    foreseen: Foreseen | None
    learning: Learning | None
    unknown: str


def customer_worth(*, organization_id: int, customer_id: int, now: datetime) -> Worth:
    """This function will say what a customer is worth and of which group they are, whoever they were merged with.

    Their past counts to the day until which all customers' counted as it was learnt, or to their last purchase.
    """
    bought, purchases = _bought(organization_id, customer_id, now)
    days = {one.on for mine in bought.values() for one in mine}
    currency = max(sorted(bought), key=lambda one: len(bought[one]), default="")
    row = ValueFit.objects.filter(organization_id=organization_id, currency=currency).first()
    if row is None or row.learnt is None:
        return Worth(
            stood=standing(purchases=purchases, days=len(days), foreseen=None, high_from_minor=None),
            currency=currency,
            foreseen=None,
            learning=None,
            unknown=_lacking(currency, row),
        )
    mine = bought[currency]
    until = max(row.until_date, *(one.on for one in mine))
    past = history(bought=mine, until=until)
    assert past is not None
    fit = fit_of(row.learnt, customers=row.customers, returned=row.returned)
    foreseen = foresee(fit=fit, past=past, weeks=horizon(past_weeks=fit.weeks))
    return Worth(
        stood=standing(purchases=purchases, days=len(days), foreseen=foreseen, high_from_minor=row.high_from_minor),
        currency=currency,
        foreseen=foreseen,
        learning=Learning(
            customers=row.customers, returned=row.returned, until=row.until_date, fitted_at=row.fitted_at
        ),
        unknown="",
    )


def _lacking(currency: str, row: ValueFit | None) -> str:
    if not currency:
        return "No purchase of theirs is known."
    if row is None:
        return "It has not been worked out yet: that is done at night, from all customers' purchases."
    return f"Too little is known of your customers together to say. {row.refused}."


def _bought(organization_id: int, customer_id: int, now: datetime) -> tuple[dict[str, list[Bought]], int]:
    """What they bought by currency, a sum a day, and in how many purchases."""
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    zone = Organization.objects.values_list("zone", flat=True).get(id=organization_id)
    found, purchases = defaultdict(list), 0
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT, [zone, organization_id, ids, now])
        for currency, on, minor, count in cursor.fetchall():
            found[currency].append(Bought(on=on, minor=minor))
            purchases += count
    return found, purchases
