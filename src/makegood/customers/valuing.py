"""Learning what customers are likely to buy and spend: by currency, from an organization's own purchases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import attrs
from django.db import connection

from makegood.core.retention import next_night
from makegood.core.value.fitting import Fit, UnableToFit, fit
from makegood.core.value.foreseen import horizon
from makegood.core.value.groups import high_from
from makegood.core.value.histories import WEEK_DAYS, History
from makegood.core.value.model import Buying, Drawn, Spending
from makegood.customers.models import ValueFit, ValueRound
from makegood.journal.operations import Happened, record
from makegood.organizations.models import Organization

CUSTOMERS_MOST: Final = 100_000
"""Of more customers every second, third and so on is asked: what they teach is then as sure as it will be of use."""
AGAIN_DAYS: Final = 7
CURRENCIES = """
SELECT currency, count(DISTINCT customer_id), (max(placed_at) AT TIME ZONE %(zone)s)::date FROM customers_purchase
WHERE organization_id = %(organization)s AND total_minor >= 0 AND placed_at <= %(now)s
GROUP BY currency ORDER BY currency
"""
HISTORIES = """
WITH bought AS (
    SELECT coalesce(c.merged_into_id, c.id) AS who, (p.placed_at AT TIME ZONE %(zone)s)::date AS day,
        sum(p.total_minor) AS minor
    FROM customers_purchase p
    JOIN customers_customer c ON c.organization_id = p.organization_id AND c.id = p.customer_id
    WHERE p.organization_id = %(organization)s AND p.currency = %(currency)s AND p.total_minor >= 0
        AND p.placed_at <= %(now)s AND coalesce(c.merged_into_id, c.id) %% %(each)s = 0
    GROUP BY 1, 2),
known AS (SELECT who, day, minor, min(day) OVER (PARTITION BY who) AS first FROM bought)
SELECT count(*) - 1, max(day) - min(first), %(until)s::date - min(first),
    count(*) FILTER (WHERE day > first AND minor > 0),
    coalesce(avg(minor) FILTER (WHERE day > first AND minor > 0), 0)::float8
FROM known GROUP BY who
"""


@attrs.frozen(kw_only=True, slots=True)
class Lesson:
    """All customers' histories in one currency: `until` is the day of the last purchase, `each` as `ValueFit` says."""

    currency: str
    until: date
    each: int
    pasts: tuple[History, ...]


@attrs.frozen(kw_only=True, slots=True)
class Learnt:
    """What a lesson taught, or what it lacked."""

    lesson: Lesson
    fit: Fit | None
    high_from_minor: int | None
    refused: str


def lessons(*, organization_id: int, now: datetime) -> list[Lesson]:
    """This function will read an organization's purchases, each currency's apart, those of one day as one.

    A day is one of the organization's zone. Who turned out to be one person counts once. What was given back was
    bought all the same; a purchase below zero is none.
    """
    zone = Organization.objects.values_list("zone", flat=True).get(id=organization_id)
    asked: dict[str, int | str | datetime] = {"organization": organization_id, "zone": zone, "now": now}
    found = []
    with connection.cursor() as cursor:
        cursor.execute(CURRENCIES, asked)
        for currency, customers, until in cursor.fetchall():
            each = max(1, -(-customers // CUSTOMERS_MOST))
            cursor.execute(HISTORIES, {**asked, "currency": currency, "until": until, "each": each})
            pasts = tuple(
                History(repeats=again, last=last / WEEK_DAYS, age=age / WEEK_DAYS, paid=paid, average=average)
                for again, last, age, paid, average in cursor.fetchall()
            )
            found.append(Lesson(currency=currency, until=until, each=each, pasts=pasts))
    return found


def learn(lesson: Lesson) -> Learnt:
    """This function will fit one currency's customers; it takes long and needs no database."""
    try:
        found = fit(pasts=lesson.pasts)
    except UnableToFit as error:
        return Learnt(lesson=lesson, fit=None, high_from_minor=None, refused=str(error))
    high = high_from(fit=found, pasts=lesson.pasts, weeks=horizon(past_weeks=found.weeks))
    return Learnt(lesson=lesson, fit=found, high_from_minor=high, refused="")


def values_keep(*, organization_id: int, learnt: list[Learnt], now: datetime) -> None:
    """This function will keep what was learnt in place of what was, and say when to look again.

    Where something was learnt that is in a week, else the next night; both at night in the organization's zone.
    """
    for one in learnt:
        ValueFit.objects.update_or_create(
            organization_id=organization_id,
            currency=one.lesson.currency,
            defaults={
                "fitted_at": now,
                "until_date": one.lesson.until,
                "customers": len(one.lesson.pasts),
                "returned": sum(past.repeats > 0 for past in one.lesson.pasts),
                "each": one.lesson.each,
                "learnt": fit_data(one.fit) if one.fit else None,
                "high_from_minor": one.high_from_minor,
                "refused": one.refused[:200],
            },
        )
    fitted = [one for one in learnt if one.fit is not None]
    if fitted:
        entry = Happened(
            at=now,
            event="customers:value:fitted",
            subject="organization",
            subject_id=organization_id,
            data={one.lesson.currency: len(one.lesson.pasts) for one in fitted},
        )
        record(organization_id=organization_id, entries=[entry])
    zone = Organization.objects.values_list("zone", flat=True).get(id=organization_id)
    after = now + timedelta(days=AGAIN_DAYS - 1) if fitted else now
    ValueRound.objects.update_or_create(
        organization_id=organization_id, defaults={"next_at": next_night(after=after, zone=zone)}
    )


def fit_data(found: Fit) -> dict[str, Any]:
    """This function will put a fit into plain data, for a column."""
    return {
        "draws": [_drawn_data(one) for one in (found.best, *found.draws)],
        "weeks": found.weeks,
        "log_likelihood": found.log_likelihood,
    }


def fit_of(data: Mapping[str, Any], *, customers: int, returned: int) -> Fit:
    """This function will read a fit back."""
    best, *draws = (
        Drawn(buying=Buying(**one["buying"]), spending=Spending(**one["spending"])) for one in data["draws"]
    )
    return Fit(
        best=best,
        draws=tuple(draws),
        customers=customers,
        returned=returned,
        weeks=data["weeks"],
        log_likelihood=data["log_likelihood"],
    )


def _drawn_data(one: Drawn) -> dict[str, dict[str, float]]:
    return {"buying": attrs.asdict(one.buying), "spending": attrs.asdict(one.spending)}
