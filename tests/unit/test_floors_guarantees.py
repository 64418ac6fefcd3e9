"""Published guarantees beside their tables of cases; the amounts are a business's own and come with the facts."""

import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2026-05-08T19:30:00+02:00"


def money(minor, currency="EUR"):
    return {"minor": minor, "currency": currency}


def meal(minutes, **more):
    return {"event_at": EVENT, "arrival_delay_minutes": minutes, "order_price": money(2350), **more}


def test_a_guarantee_of_credit_is_paid_in_credit():
    (one,) = owed(pack=load("late-is-free"), facts=meal(1, credit_promised=True)).owed
    assert one.form == "store_credit"


def guest(**more):
    return {"event_at": EVENT, "walked": True, "promised": money(20000, "USD"), **more}


@pytest.mark.parametrize(
    ("pack", "facts", "says"),
    [
        ("late-is-free", meal(1) | {"order_price": None}, "order_price is missing: what the order cost"),
        ("late-is-free", meal(None), "arrival_delay_minutes is missing"),
        ("late-is-free", meal(1, free_percent=0), "free_percent must lie between 1 and 100"),
        ("late-is-free", meal(1, free_percent=12.5), "free_percent must be a whole number"),
        ("late-is-free", meal(1, most=money(1, "USD")), "the amounts cannot be compared"),
        ("hotel-walk", guest() | {"promised": None}, "promised is missing: the money that your guarantee promises"),
        ("hotel-walk", guest() | {"walked": None}, "walked is missing"),
    ],
)
def test_unusable_facts_are_named(pack, facts, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=load(pack), facts=facts)
    assert says in str(error.value)


def test_an_amount_is_asked_for_only_where_something_is_owed():
    assert not owed(pack=load("late-is-free"), facts=meal(0) | {"order_price": None}).owed
    assert not owed(pack=load("hotel-walk"), facts=guest(walked=False) | {"promised": None}).owed
