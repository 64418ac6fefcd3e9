"""The US Department of Transportation's refunds, every edge from both sides; each row names its section of 14 CFR."""

from datetime import date, datetime, timedelta

import holidays
import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2025-03-03T10:00:00-05:00"  # a Monday
FARE = {"minor": 31250, "currency": "USD"}
FEE = {"minor": 3500, "currency": "USD"}
EXTRA = {"minor": 800, "currency": "USD"}
REFUNDED = {"fare": FARE, "changed-otherwise": FARE, "bag-fee": FEE, "extra": EXTRA}


def case(*, domestic=True, **facts):
    paid = {"paid": FARE, "bag_fee": FEE, "extra_fee": EXTRA, "tender": "card"}
    return {"event_at": EVENT, "domestic": domestic, **paid, **facts}


ABROAD = {"domestic": False}

CASES = [
    # significant change: 260.2, three hours or more at home, six abroad
    ("arrives 179 late", case(arrival_later_minutes=179), []),
    ("arrives 180 late", case(arrival_later_minutes=180), ["fare"]),
    ("arrives 181 late", case(arrival_later_minutes=181), ["fare"]),
    ("departs 179 early", case(departure_earlier_minutes=179), []),
    ("departs 180 early", case(departure_earlier_minutes=180), ["fare"]),
    ("departs 181 early", case(departure_earlier_minutes=181), ["fare"]),
    ("departs 300 late, arrives on time", case(departure_earlier_minutes=-300, arrival_later_minutes=0), []),
    ("two small changes", case(departure_earlier_minutes=170, arrival_later_minutes=170), []),
    ("abroad, arrives 180 late", case(arrival_later_minutes=180, **ABROAD), []),
    ("abroad, arrives 359 late", case(arrival_later_minutes=359, **ABROAD), []),
    ("abroad, arrives 360 late", case(arrival_later_minutes=360, **ABROAD), ["fare"]),
    ("abroad, arrives 361 late", case(arrival_later_minutes=361, **ABROAD), ["fare"]),
    ("abroad, departs 359 early", case(departure_earlier_minutes=359, **ABROAD), []),
    ("abroad, departs 360 early", case(departure_earlier_minutes=360, **ABROAD), ["fare"]),
    # cancelled: 260.6(b)
    ("cancelled", case(cancelled=True), ["fare"]),
    ("cancelled, abroad", case(cancelled=True, **ABROAD), ["fare"]),
    ("not cancelled, not late", case(cancelled=False, arrival_later_minutes=0), []),
    # only if nothing else was accepted: 260.6(b), 260.7
    ("cancelled, another flight accepted", case(cancelled=True, alternative_accepted=True), []),
    ("late, accepted", case(arrival_later_minutes=180, alternative_accepted=True), []),
    ("late, not accepted", case(arrival_later_minutes=180, alternative_accepted=False), ["fare"]),
    (
        "accepted, but the bag was late",
        case(cancelled=True, alternative_accepted=True, bag_delay_minutes=721),
        ["bag-fee"],
    ),
    # bags at home: 260.2, not delivered within 12 hours
    ("bag 719", case(bag_delay_minutes=719), []),
    ("bag 720", case(bag_delay_minutes=720), []),
    ("bag 721", case(bag_delay_minutes=721), ["bag-fee"]),
    # bags abroad: within 15 hours where the flight takes at most 12, within 30 where it takes longer
    ("abroad, bag 721", case(bag_delay_minutes=721, **ABROAD), []),
    ("abroad, short flight, bag 899", case(bag_delay_minutes=899, flight_minutes=720, **ABROAD), []),
    ("abroad, short flight, bag 900", case(bag_delay_minutes=900, flight_minutes=720, **ABROAD), []),
    ("abroad, short flight, bag 901", case(bag_delay_minutes=901, flight_minutes=720, **ABROAD), ["bag-fee"]),
    ("abroad, long flight, bag 901", case(bag_delay_minutes=901, flight_minutes=721, **ABROAD), []),
    ("abroad, long flight, bag 1,800", case(bag_delay_minutes=1800, flight_minutes=721, **ABROAD), []),
    ("abroad, long flight, bag 1,801", case(bag_delay_minutes=1801, flight_minutes=721, **ABROAD), ["bag-fee"]),
    ("abroad, length unknown, bag 900", case(bag_delay_minutes=900, **ABROAD), []),
    ("abroad, length unknown, bag 901", case(bag_delay_minutes=901, **ABROAD), ["bag-fee"]),
    ("abroad, length unknown, bag 1,801", case(bag_delay_minutes=1801, **ABROAD), ["bag-fee"]),
    # lost bags: 260.5, however long it took
    ("bag lost", case(bag_lost=True), ["bag-fee"]),
    ("bag not lost", case(bag_lost=False), []),
    ("abroad, bag lost", case(bag_lost=True, **ABROAD), ["bag-fee"]),
    ("lost and late: one fee", case(bag_lost=True, bag_delay_minutes=721), ["bag-fee"]),
    # other significant changes: 260.2, a lower class, another airport, more connections
    ("moved to a lower class", case(downgraded=True), ["changed-otherwise"]),
    ("not moved to a lower class", case(downgraded=False), []),
    ("abroad, moved to a lower class", case(downgraded=True, **ABROAD), ["changed-otherwise"]),
    ("another airport", case(airport_changed=True), ["changed-otherwise"]),
    ("the same airports", case(airport_changed=False), []),
    ("one connection more", case(connection_added=True), ["changed-otherwise"]),
    ("no connection more", case(connection_added=False), []),
    ("a lower class, accepted: 260.6(b)", case(downgraded=True, alternative_accepted=True), []),
    ("another airport, accepted", case(airport_changed=True, alternative_accepted=True), []),
    ("cancelled and a lower class: one fare", case(cancelled=True, downgraded=True), ["fare"]),
    ("a lower class and 179 late", case(downgraded=True, arrival_later_minutes=179), ["changed-otherwise"]),
    ("a lower class and 180 late: one fare", case(downgraded=True, arrival_later_minutes=180), ["fare"]),
    # extras paid for and not provided: 260.4(a)
    ("no Wi-Fi", case(extra_not_provided=True), ["extra"]),
    ("Wi-Fi", case(extra_not_provided=False), []),
    ("no Wi-Fi, change accepted", case(extra_not_provided=True, alternative_accepted=True), ["extra"]),
    ("no Wi-Fi on a cancelled flight", case(extra_not_provided=True, cancelled=True), ["fare", "extra"]),
    (
        "all three",
        case(extra_not_provided=True, cancelled=True, bag_lost=True),
        ["fare", "bag-fee", "extra"],
    ),
    ("a free extra", case(extra_not_provided=True, extra_fee={"minor": 0, "currency": "USD"}), []),
    # both at once; nothing paid, nothing to refund: 260.10
    ("late and bag late", case(arrival_later_minutes=180, bag_delay_minutes=721), ["fare", "bag-fee"]),
    ("bag carried free", case(bag_delay_minutes=721, bag_fee={"minor": 0, "currency": "USD"}), []),
    ("flown free", case(cancelled=True, paid={"minor": 0, "currency": "USD"}), []),
]


@pytest.mark.parametrize(("facts", "rules"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_refund(facts, rules):
    decision = owed(pack=load("us-dot"), facts=facts)
    assert [one.rule for one in decision.owed] == [f"us-dot.{rule}@2024-10-28" for rule in rules]
    for one, rule in zip(decision.owed, rules, strict=True):
        assert one.amount.as_dict() == REFUNDED[rule]
        assert one.form == "original_payment"
    assert decision.reasons


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


DEADLINES = [
    # credit card: seven business days, Monday to Friday without federal holidays (260.2)
    ("2025-03-03", "card", "2025-03-12"),  # from a Monday
    ("2025-03-07", "credit_card", "2025-03-18"),  # from a Friday
    ("2025-03-08", "card", "2025-03-18"),  # from a Saturday
    ("2025-03-09", "card", "2025-03-18"),  # from a Sunday
    ("2025-11-25", "card", "2025-12-05"),  # over Thanksgiving
    ("2025-06-13", "card", "2025-06-25"),  # over Juneteenth
    ("2026-06-26", "card", "2026-07-08"),  # 4 July 2026 is a Saturday, kept on Friday the 3rd
    ("2027-06-29", "card", "2027-07-09"),  # 4 July 2027 is a Sunday, kept on Monday the 5th
    ("2025-12-22", "card", "2026-01-02"),  # over Christmas and New Year's Day
    ("2027-12-22", "card", "2028-01-04"),  # Christmas kept on the 24th, New Year's Day 2028 on 31 December 2027
    ("2025-03-03", None, "2025-03-12"),  # how it was paid is not said: the shorter time
    # any other payment: twenty calendar days (260.2)
    ("2025-03-03", "cash", "2025-03-23"),
    ("2025-03-03", "check", "2025-03-23"),
    ("2025-03-03", "debit_card", "2025-03-23"),
    ("2025-03-03", "miles", "2025-03-23"),
    ("2025-12-20", "other", "2026-01-09"),
]


@pytest.mark.parametrize(("event_date", "tender", "due_date"), DEADLINES)
def test_due(event_date, tender, due_date):
    facts = case(cancelled=True, tender=tender) | {"event_at": f"{event_date}T10:00:00-05:00"}
    (one,) = owed(pack=load("us-dot"), facts=facts).owed
    assert one.due_by == datetime.fromisoformat(f"{due_date}T10:00:00-05:00")


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
