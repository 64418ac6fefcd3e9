"""Ofcom's automatic compensation, every edge from both sides; each row names its paragraph of the Code or its source.

The Code is the Industry Code of Practice for Automatic Compensation; the days counted in rows with a provider's name are
those of its own published example.
"""

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


CASES = [
    # two full working days after the report: Code, paragraph 16
    ("restored the same day", lost(MON, clock(MON, "23:59")), 0),
    ("restored on the first working day", lost(MON, TUE), 0),
    ("restored on the second, at noon", lost(MON, clock(WED, "12:00")), 0),
    ("restored on the second, a minute before midnight", lost(MON, clock(WED, "23:59")), 0),
    ("restored at midnight", lost(MON, clock(THU, "00:00")), DAY),
    ("BT's example: Monday, restored Thursday", lost(MON, THU), DAY),
    ("BT's example: Monday, restored Friday", lost(MON, FRI), 2 * DAY),
    ("reported at a minute past midnight", lost(clock(MON, "00:01"), THU), DAY),
    ("reported a minute before midnight", lost(clock(MON, "23:59"), THU), DAY),
    ("restored before midnight of the first paying day", lost(MON, clock(THU, "23:59")), DAY),
    # calendar days are paid, not working days: Code, paragraph 16
    ("over a weekend", lost(WED, NEXT_MON), 3 * DAY),
    ("Virgin Media's example of days: Wednesday to Monday", lost(WED, clock(NEXT_MON, "23:00")), 3 * DAY),
    ("restored on Friday, the second working day", lost(WED, FRI), 0),
    ("restored on the Saturday after", lost(WED, SAT), DAY),
    ("restored on the Sunday after", lost(WED, SUN), 2 * DAY),
    # a weekend holds no working day
    ("reported on Thursday, restored Monday", lost(THU, NEXT_MON), 0),
    ("reported on Thursday, restored Tuesday", lost(THU, NEXT_TUE), DAY),
    ("reported on Friday, restored Tuesday", lost(FRI, NEXT_TUE), 0),
    ("reported on Friday, restored Wednesday", lost(FRI, NEXT_WED), DAY),
    ("reported on Saturday, restored Tuesday", lost(SAT, NEXT_TUE), 0),
    ("reported on Saturday, restored Wednesday", lost(SAT, NEXT_WED), DAY),
    ("reported on Sunday, restored Tuesday", lost(SUN, NEXT_TUE), 0),
    ("reported on Sunday, restored Wednesday", lost(SUN, NEXT_WED), DAY),
    # nor does a bank holiday
    ("over May Day", lost("2025-05-02T09:00:00+01:00", "2025-05-07T09:00:00+01:00"), 0),
    ("over May Day, a day later", lost("2025-05-02T09:00:00+01:00", "2025-05-08T09:00:00+01:00"), DAY),
    ("over Easter 2025", lost("2025-04-17T09:00:00+01:00", "2025-04-23T09:00:00+01:00"), 0),
    ("over Easter 2025, a day later", lost("2025-04-17T09:00:00+01:00", "2025-04-24T09:00:00+01:00"), DAY),
    ("over Christmas 2025", lost("2025-12-24T09:00:00+00:00", "2025-12-30T09:00:00+00:00"), 0),
    ("over Christmas 2025, a day later", lost("2025-12-24T09:00:00+00:00", "2025-12-31T09:00:00+00:00"), DAY),
    ("into the new year", lost("2025-12-31T09:00:00+00:00", "2026-01-06T09:00:00+00:00"), DAY),
    # days are London's, whatever offset a moment is written with
    ("restored at half past midnight, written in UTC", lost(MON, "2025-06-04T23:30:00+00:00"), DAY),
    ("restored at half past eleven, written in UTC", lost(MON, "2025-06-04T22:30:00+00:00"), 0),
    ("reported on Sunday night in UTC, on Monday in London", lost("2025-06-01T23:30:00+00:00", THU), DAY),
    ("across the change of the clocks", lost("2025-10-23T09:00:00+01:00", "2025-10-28T09:00:00+00:00"), DAY),
    # days that the customer chose to wait or caused do not count
    ("one of two days chosen", lost(MON, FRI, customer_wait_days=1), DAY),
    ("both days chosen", lost(MON, FRI, customer_wait_days=2), 0),
    ("more days than there are", lost(MON, FRI, customer_wait_days=3), 0),
    # exceptions: Code, paragraph 40
    ("caused by the customer", lost(MON, FRI, customer_caused=True), 0),
    ("a civil emergency", lost(MON, FRI, civil_emergency=True), 0),
    ("no exception", lost(MON, FRI, customer_caused=False, civil_emergency=False), 2 * DAY),
    ("a long outage is not capped: paragraphs 35 and 36", lost(MON, "2025-09-02T09:00:00+01:00"), 90 * DAY),
    # late start: Code, paragraph 10, the missed day included
    ("started on the day", late(WED, clock(WED, "23:59")), 0),
    ("started before the day", late(WED, TUE), 0),
    ("started at midnight", late(WED, clock(THU, "00:00")), LATE),
    ("EE's example: Wednesday, started Thursday", late(WED, THU), LATE),
    ("EE's example: Wednesday, started Friday", late(WED, FRI), 2 * LATE),
    ("weekends count", late(FRI, NEXT_MON), 3 * LATE),
    ("one day chosen by the customer", late(WED, FRI, customer_wait_days=1), LATE),
    ("not at home", late(WED, FRI, customer_caused=True), 0),
    ("late start in a civil emergency", late(WED, FRI, civil_emergency=True), 0),
    # missed appointments: less than 24 hours' notice
    ("nobody came", missed(), VISIT),
    ("cancelled an hour before", missed(cancel_notice_hours=1), VISIT),
    ("cancelled 23.9 hours before", missed(cancel_notice_hours=23.9), VISIT),
    ("cancelled 24 hours before", missed(cancel_notice_hours=24), 0),
    ("cancelled 24.1 hours before", missed(cancel_notice_hours=24.1), 0),
    ("cancelled a week before", missed(cancel_notice_hours=168), 0),
    ("the customer was not at home", missed(customer_caused=True), 0),
    ("missed in a civil emergency", missed(civil_emergency=True), 0),
]


@pytest.mark.parametrize(("facts", "due"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_compensation(facts, due):
    decision = owed(pack=PACK, facts=facts)
    assert [one.amount for one in decision.owed] == ([Money(minor=due, currency="GBP")] if due else [])
    assert all(one.form == "bill_credit" and not one.claim_required for one in decision.owed)
    assert decision.reasons


YEARS = [  # a day lost, a day late, a visit, in pence; the notices of each 1 April
    ("2019-04-01", 800, 500, 2500),
    ("2020-04-01", 800, 500, 2500),  # nothing was added in 2020
    ("2021-03-31", 800, 500, 2500),
    ("2021-04-01", 806, 504, 2518),
    ("2022-03-31", 806, 504, 2518),
    ("2022-04-01", 840, 525, 2624),
    ("2023-03-31", 840, 525, 2624),
    ("2023-04-01", 933, 583, 2915),
    ("2024-03-31", 933, 583, 2915),
    ("2024-04-01", 976, 610, 3049),
    ("2025-03-31", 976, 610, 3049),
    ("2025-04-01", 998, 624, 3119),
    ("2026-03-31", 998, 624, 3119),
    ("2026-04-01", 1034, 646, 3231),
    ("2027-03-31", 1034, 646, 3231),
]


@pytest.mark.parametrize(("day", "lost_day", "late_day", "visit"), YEARS)
def test_a_year_has_its_amounts_and_a_later_year_changes_no_earlier_case(day, lost_day, late_day, visit):
    at = f"{day}T09:00:00+00:00"
    assert pence(missed(at)) == visit
    assert pence(late(at, (datetime.fromisoformat(at) + timedelta(days=2)).isoformat())) == 2 * late_day
    working = PACK.working_days.after(date.fromisoformat(day), 2)
    assert pence(lost(at, f"{working + timedelta(days=3)}T12:00:00+00:00")) == 3 * lost_day


def test_what_began_in_one_year_keeps_its_amount_in_the_next():
    assert pence(lost("2026-03-30T09:00:00+01:00", "2026-04-03T09:00:00+01:00")) == 2 * 998


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
