"""The US Department of Transportation's refunds beside their table of cases: holidays, notes and facts asked for."""

from datetime import date, timedelta

import holidays
import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2025-03-03T10:00:00-05:00"  # a Monday
FARE = {"minor": 31250, "currency": "USD"}
FEE = {"minor": 3500, "currency": "USD"}
EXTRA = {"minor": 800, "currency": "USD"}


def case(*, domestic=True, **facts):
    paid = {"paid": FARE, "bag_fee": FEE, "extra_fee": EXTRA, "tender": "card"}
    return {"event_at": EVENT, "domestic": domestic, **paid, **facts}


ABROAD = {"domestic": False}


@pytest.mark.parametrize(
    ("event_at", "usable"),
    [
        ("2024-10-27T23:59:59-04:00", False),  # to be complied with from 28 October 2024
        ("2024-10-28T00:00:00-04:00", True),
        ("2024-10-28T02:00:00+00:00", True),
    ],
)
def test_version_by_the_date_of_the_event(event_at, usable):
    facts = case(cancelled=True) | {"event_at": event_at}
    if usable:
        assert owed(pack=load("us-dot"), facts=facts).owed
    else:
        with pytest.raises(UnusableFacts, match="its first version begins on 2024-10-28"):
            owed(pack=load("us-dot"), facts=facts)


def test_federal_holidays_agree_with_an_independent_list():
    ours = load("us-dot").working_days
    for year in range(2024, 2060):
        theirs = {day for day, name in holidays.US(years=range(year, year + 2)).items()}
        mine = ours.kept_in(year)
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() < 5:
                assert (day.toordinal() in mine) == (day in theirs), day
            day += timedelta(days=1)


def rules_given(facts):
    return {reason.rule for reason in owed(pack=load("us-dot"), facts=facts).reasons}


def test_a_doubt_about_the_length_of_the_flight_is_said():
    assert "us-dot.note.bag-in-doubt" in rules_given(case(bag_delay_minutes=901, **ABROAD))
    assert "us-dot.note.bag-in-doubt" in rules_given(case(bag_delay_minutes=1800, **ABROAD))
    assert "us-dot.note.bag-in-doubt" not in rules_given(case(bag_delay_minutes=1801, **ABROAD))
    assert "us-dot.note.bag-in-doubt" not in rules_given(case(bag_delay_minutes=901, flight_minutes=600, **ABROAD))


def test_doubt_and_report_are_not_spoken_of_within_the_time_allowed():
    assert "us-dot.note.bag-in-doubt" not in rules_given(case(bag_delay_minutes=900, **ABROAD))
    assert "us-dot.note.bag-report" not in rules_given(case(bag_delay_minutes=720))
    assert "us-dot.note.bag-report" in rules_given(case(bag_delay_minutes=721))


def test_acceptance_is_the_reason_given():
    assert "us-dot.fare.accepted" in rules_given(case(cancelled=True, alternative_accepted=True))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"paid": None}, "paid is missing: the fare paid"),
        ({"bag_fee": None}, "bag_fee is missing: the fee paid for that bag"),
        ({"extra_not_provided": True, "extra_fee": None}, "extra_fee is missing: the fee paid for that extra"),
        ({"domestic": None}, "domestic is missing"),
        ({"tender": "shells"}, "tender must be one of: bank, bank_transfer, card"),
        ({"paid": 312.5}, "paid must be money"),
        ({"paid": {"minor": 312.5, "currency": "USD"}}, "paid must be money"),
        ({"paid": {"minor": True, "currency": "USD"}}, "paid must be money"),
        ({"paid": {"minor": -1, "currency": "USD"}}, "paid must be money, not negative"),
        ({"paid": {"minor": 10**40, "currency": "USD"}}, "paid must be money"),
        ({"paid": {"minor": 1, "currency": "dollars"}}, "paid: 'dollars' is not a currency code"),
        ({"paid": {"minor": 1, "currency": "USD", "note": "x"}}, "paid must be money"),
        ({"bag_delay_minutes": -1}, "bag_delay_minutes must lie between"),
        ({"flight_minutes": 0}, "flight_minutes must lie between"),
        ({"distance_km": 5}, "unknown fact: distance_km"),
    ],
)
def test_unusable_facts_are_named(change, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=load("us-dot"), facts=case(cancelled=True, bag_delay_minutes=721) | change)
    assert says in str(error.value)


def test_a_fare_or_fee_is_asked_for_only_where_it_is_refunded():
    assert not owed(pack=load("us-dot"), facts=case(arrival_later_minutes=10, paid=None, bag_fee=None)).owed
    assert owed(pack=load("us-dot"), facts=case(cancelled=True, bag_fee=None)).owed
