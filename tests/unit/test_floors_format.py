"""What a pack can say beyond fixed amounts: days between two moments, rates by name, other facts, moved holidays."""

from datetime import date, timedelta
from fractions import Fraction

import dateutil.easter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.floors import EasterHoliday, FixedHoliday, MovingHoliday, SingleHoliday, UnusableFacts, WorkingDays
from makegood.core.floors.deadlines import easter
from makegood.core.money import Money
from makegood.rules.packs import floor, parse

PACK = """
name: hire
title: Our hire contract
jurisdiction: our own contract
zone: {zone}
facts:
  event_at: {{type: datetime, absent: refuse, means: when it was to be returned}}
  back_at: {{type: datetime, absent: unknown, means: when it came back}}
  paid_at: {{type: datetime, means: when the bill was paid}}
  price: {{type: money, means: the price}}
  most: {{type: money, absent: unknown, means: the most that is given}}
  percent: {{type: integer, minimum: 0, maximum: 100, default: 50, means: the share}}
  excused: {{type: integer, minimum: 0, default: 0, means: days that do not count}}
holidays:
  - {{name: Founding day, date: 2026-03-11}}
versions:
  - active_from: 2026-01-01
    source: The contract.
    checked_date: 2026-11-22
    rates: {{day: {{minor: 700, currency: EUR}}, most: {{minor: 2000, currency: EUR}}}}
    rules:
      - id: days
        group: one
        says: For each day
        cite: clause 1
        trigger: {{field: back_at, op: ">", fact: event_at}}
        amount: {{per_day: {{from: event_at, to: back_at, after_working_days: {after}, less: excused, each: {{rate: day}}, cap: {{rate: most}}}}}}
        form: [{{form: cash, says: In cash.}}]
        deadline: [{{business_days: 2, from: {since}, says: In two working days.}}]
      - id: share
        says: A share
        cite: clause 2
        trigger: {{field: back_at, op: known, value: false}}
        amount: {{percent: {{of: price, share_of: percent, cap: most}}}}
        form: [{{form: cash, says: In cash.}}]
        deadline: [{{days: 0, says: At once.}}]
"""
EVENT = "2026-03-06T22:30:00+00:00"  # a Friday in London, half past seven on Saturday morning in Tokyo


def pack(*, zone="Europe/London", after=0, since="event_at"):
    return parse(PACK.format(zone=zone, after=after, since=since), where="hire.yaml")


@pytest.mark.parametrize(
    ("zone", "after", "back_at", "days"),
    [
        ("Europe/London", 0, "2026-03-06T23:59:00+00:00", 0),
        ("Europe/London", 0, "2026-03-07T00:00:00+00:00", 1),
        ("Asia/Tokyo", 0, "2026-03-07T00:00:00+00:00", 0),  # the same Saturday there
        ("Asia/Tokyo", 0, "2026-03-07T15:00:00+00:00", 1),  # midnight there
        ("Europe/London", 1, "2026-03-09T23:59:00+00:00", 0),  # Monday is the first working day
        ("Europe/London", 1, "2026-03-10T00:00:00+00:00", 1),
        ("Europe/London", 3, "2026-03-12T23:59:00+00:00", 0),  # Wednesday is a holiday, so Thursday is the third
        ("Europe/London", 3, "2026-03-13T00:00:00+00:00", 1),
        ("Europe/London", 0, "2026-03-08T12:00:00+00:00", 2),
        ("Europe/London", 0, "2026-03-09T12:00:00+00:00", None),  # three days are 21.00, more than the cap
    ],
)
def test_days_between_two_moments_in_the_zone_of_the_pack(zone, after, back_at, days):
    decision = floor(pack=pack(zone=zone, after=after), facts={"event_at": EVENT, "back_at": back_at})
    expected = 2000 if days is None else 700 * days
    assert sum(one.amount.minor for one in decision.owed) == expected


def test_days_excused_do_not_count():
    facts = {"event_at": EVENT, "back_at": "2026-03-08T12:00:00+00:00", "excused": 1}
    assert floor(pack=pack(), facts=facts).owed[0].amount == Money(minor=700, currency="EUR")


def test_a_deadline_may_count_from_another_moment():
    facts = {"event_at": EVENT, "back_at": "2026-03-08T12:00:00+00:00", "paid_at": "2026-03-09T08:00:00+01:00"}
    assert floor(pack=pack(since="paid_at"), facts=facts).owed[0].due_by.isoformat() == "2026-03-12T08:00:00+01:00"
    with pytest.raises(UnusableFacts, match="paid_at is missing: when the bill was paid"):
        floor(pack=pack(since="paid_at"), facts={**facts, "paid_at": None})


@pytest.mark.parametrize(
    ("more", "minor"),
    [({}, 500), ({"percent": 0}, 0), ({"percent": 33}, 330), ({"most": {"minor": 400, "currency": "EUR"}}, 400)],
)
def test_a_share_and_its_cap_may_be_facts(more, minor):
    facts = {"event_at": EVENT, "price": {"minor": 1000, "currency": "EUR"}, **more}
    assert sum(one.amount.minor for one in floor(pack=pack(), facts=facts).owed) == minor


@given(st.integers(1900, 2199))
def test_easter_agrees_with_an_independent_reckoning(year):
    assert easter(year) == dateutil.easter.easter(year)


@pytest.mark.parametrize(
    ("holiday", "year", "kept"),
    [
        (FixedHoliday(month=12, day=25), 2027, date(2027, 12, 24)),  # a Saturday's on Friday
        (FixedHoliday(month=12, day=25, saturday=2, sunday=2), 2027, date(2027, 12, 27)),
        (FixedHoliday(month=12, day=25, saturday=2, sunday=2), 2022, date(2022, 12, 27)),
        (FixedHoliday(month=12, day=25, saturday=0, sunday=0), 2027, date(2027, 12, 25)),
        (MovingHoliday(month=5, weekday=0, nth=1, not_in=frozenset({2020})), 2020, None),
        (MovingHoliday(month=5, weekday=0, nth=1, not_in=frozenset({2020})), 2021, date(2021, 5, 3)),
        (EasterHoliday(days=-2), 2026, date(2026, 4, 3)),
        (EasterHoliday(days=1), 2026, date(2026, 4, 6)),
        (SingleHoliday(on=date(2022, 9, 19)), 2022, date(2022, 9, 19)),
        (SingleHoliday(on=date(2022, 9, 19)), 2023, None),
    ],
)
def test_when_a_holiday_is_kept(holiday, year, kept):
    assert holiday.in_year(year) == kept


@given(st.dates(date(2000, 1, 1), date(2150, 1, 1)), st.integers(0, 60))
def test_working_days_are_counted_one_by_one(day, count):
    working = WorkingDays((FixedHoliday(month=1, day=1), EasterHoliday(days=1)))
    at, left = day, count
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < 5 and at.toordinal() not in working.kept_in(at.year)
    assert working.after(day, count) == at


@given(st.integers(-(10**12), 10**12), st.integers(0, 1000) | st.decimals(0, 1000, places=2), st.integers(1, 500))
def test_a_share_is_exact_and_rounded_half_up(minor, percent, parts):
    exact = Fraction(minor) * Fraction(percent) / 100 / parts
    nearest = int(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    assert Money(minor=minor, currency="EUR").share(percent, divided_by=parts).minor == nearest


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "0.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (123456789, "USD", "1,234,567.89 USD"),
        (-1250, "JPY", "-1,250 JPY"),
        (1250, "KWD", "1.250 KWD"),
    ],
)
def test_money_is_written_with_its_own_decimals(minor, currency, text):
    assert str(Money(minor=minor, currency=currency)) == text
