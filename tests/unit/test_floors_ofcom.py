"""Ofcom's automatic compensation beside its table of cases: prices, holidays, deadlines and facts asked for."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import holidays
import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.core.money import Money
from makegood.rules.packs import load

PACK = load("uk-ofcom")
DAY, LATE, VISIT = 998, 624, 3119  # pence in the year from 1 April 2025


def lost(reported, restored, **more):
    return {"happened": "loss_of_service", "event_at": reported, "fulfilled_at": restored, **more}


def late(promised, started, **more):
    return {"happened": "late_start", "event_at": promised, "fulfilled_at": started, **more}


def missed(at="2025-06-02T09:00:00+01:00", **more):
    return {"happened": "missed_appointment", "event_at": at, **more}


def pence(facts):
    return sum(one.amount.minor for one in owed(pack=PACK, facts=facts).owed)


MON, TUE, WED, THU, FRI, SAT, SUN = (f"2025-06-{day:02}T09:00:00+01:00" for day in range(2, 9))
NEXT_MON, NEXT_TUE, NEXT_WED = (f"2025-06-{day:02}T09:00:00+01:00" for day in range(9, 12))


def clock(at, time):
    return at.replace("T09:00", f"T{time}")


@pytest.mark.parametrize(
    ("before", "percent", "after"),
    [  # each amount is the one before and the prices of October before: Code, from 1 April 2021
        ((800, 500, 2500), "0.7", (806, 504, 2518)),
        ((806, 504, 2518), "4.2", (840, 525, 2624)),
        ((840, 525, 2624), "11.1", (933, 583, 2915)),
        ((933, 583, 2915), "4.6", (976, 610, 3049)),
        ((976, 610, 3049), "2.3", (998, 624, 3119)),
        ((998, 624, 3119), "3.6", (1034, 646, 3231)),
    ],
)
def test_the_amounts_follow_the_prices(before, percent, after):
    for was, becomes in zip(before, after, strict=True):
        assert abs(Money(minor=was, currency="GBP").share(100 + Decimal(percent)).minor - becomes) <= 1


@pytest.mark.parametrize(
    ("event_at", "says"),
    [
        ("2019-03-31T23:59:00+00:00", "its first version begins on 2019-04-01"),
        ("2027-04-01T00:00:00+01:00", "they ended on 2027-04-01"),
    ],
)
def test_outside_the_years_that_are_known_nothing_is_guessed(event_at, says):
    with pytest.raises(UnusableFacts, match=says):
        owed(pack=PACK, facts=missed(event_at))


@pytest.mark.parametrize(
    ("facts", "due_by"),
    [  # thirty calendar days from the day on which it works, or from the appointment
        (lost(MON, FRI), datetime.fromisoformat(FRI) + timedelta(days=30)),
        (late(WED, FRI), datetime.fromisoformat(FRI) + timedelta(days=30)),
        (missed(), datetime.fromisoformat(MON) + timedelta(days=30)),
    ],
)
def test_due(facts, due_by):
    (one,) = owed(pack=PACK, facts=facts).owed
    assert one.due_by == due_by
    assert one.cite.startswith("Code")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"event_at": MON}, "nothing says what happened"),
        ({"event_at": MON, "happened": "outage"}, "happened must be one of"),
        (lost(MON, None), "fulfilled_at is missing: when the service was restored or started"),
        (lost(MON, "soon"), "fulfilled_at must be an ISO 8601 time"),
        (lost(MON, FRI, customer_wait_days=1.5), "customer_wait_days must be a whole number"),
        (lost(MON, FRI, customer_wait_days=-1), "customer_wait_days must lie between"),
        (missed(cancel_notice_hours=-1), "cancel_notice_hours must lie between"),
        (missed(distance_km=3), "unknown fact: distance_km"),
    ],
)
def test_unusable_facts_are_named(facts, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=PACK, facts=facts)
    assert says in str(error.value)


@pytest.mark.parametrize("pack", ["uk-ofcom", "delay-repay-15", "delay-repay-30"])
def test_bank_holidays_agree_with_an_independent_list(pack):
    ours = load(pack).working_days
    theirs = holidays.UK(subdiv="ENG", years=range(2016, 2040))
    for year in range(2017, 2039):
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() < 5:
                assert (day.toordinal() in ours.kept_in(year)) == (day in theirs), day
            day += timedelta(days=1)
