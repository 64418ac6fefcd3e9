"""What an organization's customers teach of each other is kept, renewed at night, and told of each with why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError
from tests.conftest import START, Org
from tests.support.rights import client_of

from makegood.core.value.fitting import CUSTOMERS_LEAST
from makegood.core.value.foreseen import foresee, horizon
from makegood.core.value.histories import Bought, History, history
from makegood.customers.bought import NewCharge, NewPurchase, charges_record, purchases_record
from makegood.customers.models import ValueFit, ValueRound
from makegood.customers.operations import Seen, customer_merge, customers_resolve
from makegood.customers.tasks import LOCK, LOOK_SECONDS, Values, values_work
from makegood.customers.valuing import Learnt, Lesson, fit_of, learn, lessons, values_keep
from makegood.customers.worth import Worth, customer_worth
from makegood.journal.models import Entry
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)
KEYS = iter(range(1, 1_000_000))


def buy(
    org: Org, customer: int, *days_ago: float, minor: int = 2000, currency: str = "EUR", now: datetime = START
) -> None:
    bought = [
        NewPurchase(
            customer_id=customer,
            key_hash=f"value-{next(KEYS)}".encode(),
            placed_at=now - days * DAY,
            total_minor=minor,
            currency=currency,
        )
        for days in days_ago
    ]
    with tenant(organization_id=org.id):
        purchases_record(organization_id=org.id, purchases=bought)


def people(org: Org, count: int) -> list[int]:
    seen = [Seen(identities=(("email", f"value{number}@example.com"),)) for number in range(count)]
    with tenant(organization_id=org.id):
        return customers_resolve(organization_id=org.id, seen=seen, now=START)


def read(org: Org, *, now: datetime = START) -> dict[str, Lesson]:
    with tenant(organization_id=org.id):
        return {one.currency: one for one in lessons(organization_id=org.id, now=now)}


def crowd(org: Org, *, count: int = CUSTOMERS_LEAST, now: datetime = START) -> list[int]:
    """Just enough customers, every second of whom bought again, some often and some long ago."""
    ids = people(org, count)
    with tenant(organization_id=org.id):
        purchases_record(
            organization_id=org.id,
            purchases=[
                NewPurchase(
                    customer_id=one,
                    key_hash=f"value-{next(KEYS)}".encode(),
                    placed_at=now - (240 - number % 40 - 13 * again) * DAY,
                    total_minor=1000 + 300 * (number % 9) + 50 * again,
                    currency="EUR",
                )
                for number, one in enumerate(ids)
                for again in range(1 + (number % 2) * (1 + number % 13))
            ],
        )
    return ids


def worked_out(org: Org, *, now: datetime = START) -> None:
    """As a worker does it; a stepped organization's is not due by itself."""
    found = [learn(lesson) for lesson in read(org, now=now).values()]
    with tenant(organization_id=org.id):
        values_keep(organization_id=org.id, learnt=found, now=now)


def told(org: Org, customer: int, *, now: datetime = START) -> Worth:
    with tenant(organization_id=org.id):
        return customer_worth(organization_id=org.id, customer_id=customer, now=now)


def test_purchases_are_read_by_currency_and_day_of_the_house_and_refunds_are_none(org: Org) -> None:
    one, same, other = people(org, 3)
    buy(org, one, 70, 35, 35.1, minor=3000)  # two on one day are one
    buy(org, one, 20, minor=-500)
    buy(org, one, 14, minor=0)
    buy(org, one, -1)  # still to come
    buy(org, same, 49)
    buy(org, other, 7, minor=900, currency="USD")
    refund = NewCharge(
        customer_id=one, key_hash=b"back", kind="refund", amount_minor=3000, currency="EUR", charged_at=START - 30 * DAY
    )
    with tenant(organization_id=org.id):
        charges_record(organization_id=org.id, charges=[refund])
        customer_merge(organization_id=org.id, customer_id=same, into_id=one, now=START, by=None)
    found = read(org)
    assert set(found) == {"EUR", "USD"}
    assert found["EUR"].pasts == (History(repeats=3, last=8.0, age=8.0, paid=2, average=4000.0),)
    assert found["EUR"].until == date(2026, 2, 16), "the last day on which anything was bought"
    assert found["USD"].pasts == (History(repeats=0, last=0.0, age=0.0),)


def test_the_database_reads_a_history_as_core_does(org: Org) -> None:
    (one,) = people(org, 1)
    days = (100, 64, 64, 51, 30, 2)
    buy(org, one, *days)
    mine = [Bought(on=(START - day * DAY).date(), minor=2000) for day in days]
    assert read(org)["EUR"].pasts == (history(bought=mine, until=(START - 2 * DAY).date()),)


def test_too_few_are_said_to_be_and_the_next_night_looks_again(org: Org) -> None:
    (one,) = people(org, 1)
    buy(org, one, 100, 50, 20, 10)
    assert told(org, one).unknown.startswith("It has not been worked out yet")
    worked_out(org)
    worth = told(org, one)
    assert worth.foreseen is None
    assert worth.unknown.endswith("1 customers have bought so far; 200 are needed.")
    assert worth.stood.group == "regular", "the group needs no value"
    with tenant(organization_id=org.id):
        next_at = ValueRound.objects.get(organization_id=org.id).next_at
        assert START < next_at <= START + DAY
        assert not Entry.objects.filter(organization_id=org.id, event="customers:value:fitted").exists()
    assert told(org, people(org, 2)[1]).unknown == "No purchase of theirs is known."


def test_what_is_learnt_is_kept_told_and_renewed_in_a_week(org: Org) -> None:
    ids = crowd(org)
    worked_out(org)
    lesson = read(org)["EUR"]
    with tenant(organization_id=org.id):
        row = ValueFit.objects.get(organization_id=org.id)
        assert (row.currency, row.customers, row.returned, row.each) == ("EUR", CUSTOMERS_LEAST, 100, 1)
        assert START + 6 * DAY < ValueRound.objects.get(organization_id=org.id).next_at <= START + 7 * DAY
        assert Entry.objects.filter(organization_id=org.id, event="customers:value:fitted").count() == 1
    found = learn(lesson).fit
    assert found is not None
    assert fit_of(row.learnt, customers=row.customers, returned=row.returned) == found, "the same purchases, the same"
    with tenant(organization_id=org.id):
        again = Learnt(lesson=lesson, fit=found, high_from_minor=1, refused="")
        values_keep(organization_id=org.id, learnt=[again], now=START + DAY)
        assert ValueFit.objects.get(organization_id=org.id).fitted_at == START + DAY, (
            "the last stands for the one before"
        )
    groups = [told(org, one).stood.group for one in ids[:26]]
    assert {"new", "fragile"} <= set(groups)
    often = told(org, ids[11])
    assert often.foreseen is not None
    assert often.foreseen.low_minor <= often.foreseen.minor <= often.foreseen.high_minor
    assert often.foreseen.weeks == horizon(past_weeks=found.weeks)
    once = told(org, ids[0])
    age = (lesson.until - (START - 240 * DAY).date()).days / 7
    past = History(repeats=0, last=0.0, age=age)
    assert once.foreseen == foresee(fit=found, past=past, weeks=horizon(past_weeks=found.weeks))


def test_the_page_says_the_group_the_value_and_why_or_that_it_is_not_known(org: Org) -> None:
    ids = crowd(org)
    client = client_of(org.id, org.employee)
    before = client.get(f"/customers/{ids[11]}").content.decode()
    assert "We do not know." in before
    assert "worked out" in before
    worked_out(org)
    after = client.get(f"/customers/{ids[11]}").content.decode()
    assert "four of five customers like this spend €" in after
    assert "Learnt from 200 customers, of whom 100 bought again" in after
    assert "evidence BG/NBD" in after
    once = client.get(f"/customers/{ids[0]}").content.decode()
    assert "<dd>New</dd>" in once
    assert "Still buys here" not in once, "of who bought once the model cannot tell"


def test_a_worker_learns_for_who_is_due_and_leaves_the_rest(make_org: Callable[..., Org]) -> None:
    real, stepped = make_org(clock="real"), make_org()
    for org in (real, stepped):
        buy(org, people(org, 1)[0], 3)
    assert values_work(only=[real.id, stepped.id]) == 1
    assert values_work(only=[real.id, stepped.id]) == 0, "not before the next night"
    with tenant(organization_id=real.id):
        assert ValueFit.objects.get(organization_id=real.id).refused == "1 customers have bought so far; 200 are needed"
        ValueRound.objects.filter(organization_id=real.id).update(next_at=wall_now() - DAY)
    assert values_work(only=[real.id, stepped.id]) == 1


def test_one_worker_at_a_time_learns_for_an_organization(make_org: Callable[..., Org], owner_url: str) -> None:
    import psycopg

    real = make_org(clock="real")
    with psycopg.connect(owner_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK, real.id])
        assert values_work(only=[real.id]) == 0
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, real.id])
    assert values_work(only=[real.id]) == 1


def test_who_is_due_is_asked_once_a_minute(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("makegood.customers.tasks.values_work", lambda on_error: asked.append(on_error) or 0)
    values = Values()
    for moment in (0.0, LOOK_SECONDS - 0.1, LOOK_SECONDS, LOOK_SECONDS + 1):
        values.look(moment=moment, on_error=print)
    assert len(asked) == 2


def test_a_fit_is_learnt_or_refused_never_both(org: Org) -> None:
    row = {"currency": "EUR", "fitted_at": START, "until_date": START.date(), "customers": 1, "returned": 0, "each": 1}
    for wrong in ({}, {"learnt": {}, "high_from_minor": 1, "refused": "why"}, {"learnt": {}}):
        with pytest.raises(IntegrityError), tenant(organization_id=org.id):
            ValueFit.objects.create(organization_id=org.id, **row, **wrong)
