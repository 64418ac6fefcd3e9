"""Delay Repay from 15 and from 30 minutes beside their tables of cases.

Charters: a quarter from 15 minutes (only in the 15-minute scheme), half from 30, the whole journey from 60, and from 120
a return ticket whole. Half of a return is one journey; a weekly, monthly and annual season ticket count as 10, 40 and
464 single journeys. Condition 32 of the National Rail Conditions of Travel refers to the charters.
"""

from datetime import datetime

import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2025-06-03T18:30:00+01:00"
PRICES = {"single": 1840, "return": 5210, "weekly": 9630, "monthly": 36980, "annual": 384720}  # pence


def case(minutes, ticket="single", price=None, **more):
    return {
        "event_at": EVENT,
        "arrival_delay_minutes": minutes,
        "ticket": ticket,
        "ticket_price": {"minor": PRICES.get(ticket, 0) if price is None else price, "currency": "GBP"},
        **more,
    }


@pytest.mark.parametrize(
    ("journeys", "minutes", "pence"),
    [  # other season tickets by the journeys that the company reckons in them: quarterly 120, half-yearly 240
        (120, 60, 1000),
        (120, 59, 500),
        (240, 60, 500),
        (240, 15, 125),
        (240, 14, 0),
        (1, 60, 120000),
    ],
)
def test_another_season_ticket_counts_by_its_journeys(journeys, minutes, pence):
    facts = case(minutes, "season", price=120000, season_journeys=journeys)
    assert sum(one.amount.minor for one in owed(pack=load("delay-repay-15"), facts=facts).owed) == pence


@pytest.mark.parametrize(
    ("price", "pence"),
    [
        (1001, 125),  # an eighth is 125.125
        (1003, 125),  # an eighth is 125.375; a quarter of 501.5 rounded to 502 would be 126
    ],
)
def test_what_is_rounded_is_rounded_once(price, pence):
    facts = case(15, "return", price=price)
    assert owed(pack=load("delay-repay-15"), facts=facts).owed[0].amount.minor == pence


@pytest.mark.parametrize("pack", ["delay-repay-15", "delay-repay-30"])
def test_a_refunded_ticket_is_not_compensated_too(pack):
    assert not owed(pack=load(pack), facts=case(90, abandoned=True)).owed
    assert owed(pack=load(pack), facts=case(90, abandoned=False)).owed


@pytest.mark.parametrize("pack", ["delay-repay-15", "delay-repay-30"])
@pytest.mark.parametrize(
    ("consent", "form"), [(True, "cash_bank_or_voucher"), (False, "cash_or_bank"), (None, "cash_or_bank")]
)
def test_vouchers_only_by_choice(pack, consent, form):
    (one,) = owed(pack=load(pack), facts=case(90, voucher_consent=consent)).owed
    assert one.form == form


@pytest.mark.parametrize(
    ("event_at", "claimed_at", "due_by"),
    [  # twenty working days, without weekends and bank holidays, from the claim or from the journey
        (EVENT, None, "2025-07-01T18:30:00+01:00"),
        (EVENT, "2025-06-10T08:00:00+01:00", "2025-07-08T08:00:00+01:00"),
        ("2025-04-10T18:30:00+01:00", None, "2025-05-13T18:30:00+01:00"),  # over Good Friday, Easter Monday and May Day
        ("2025-12-10T18:30:00+00:00", "2025-12-12T08:00:00+00:00", "2026-01-14T08:00:00+00:00"),
    ],
)
def test_due(event_at, claimed_at, due_by):
    facts = case(90) | {"event_at": event_at, "claimed_at": claimed_at}
    (one,) = owed(pack=load("delay-repay-15"), facts=facts).owed
    assert one.due_by == datetime.fromisoformat(due_by)


@pytest.mark.parametrize(
    ("pack", "event_at", "rule"),
    [
        ("delay-repay-15", "2016-12-10T23:59:00+00:00", None),  # the first scheme began on 11 December 2016
        ("delay-repay-15", "2016-12-11T00:00:00+00:00", "delay-repay-15.delay@2016-12-11"),
        ("delay-repay-30", "2016-09-30T23:59:00+01:00", None),  # the Conditions of Travel on 1 October 2016
        ("delay-repay-30", "2016-10-01T00:00:00+01:00", "delay-repay-30.delay@2016-10-01"),
    ],
)
def test_version_by_the_date_of_the_journey(pack, event_at, rule):
    facts = case(90) | {"event_at": event_at}
    if rule:
        assert owed(pack=load(pack), facts=facts).owed[0].rule == rule
    else:
        with pytest.raises(UnusableFacts, match="its first version begins on"):
            owed(pack=load(pack), facts=facts)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ticket": None}, "ticket is missing: the kind of ticket"),
        ({"ticket": "rover"}, "ticket must be one of: annual, monthly"),
        ({"ticket_price": None}, "ticket_price is missing"),
        ({"ticket": "season"}, "season_journeys is missing"),
        ({"ticket": "season", "season_journeys": 0}, "season_journeys must lie between 1 and"),
        ({"arrival_delay_minutes": None}, "arrival_delay_minutes is missing"),
        ({"arrival_delay_minutes": "late"}, "arrival_delay_minutes must be a number"),
    ],
)
def test_unusable_facts_are_named(change, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=load("delay-repay-15"), facts=case(90) | change)
    assert says in str(error.value)


def test_the_two_schemes_differ_only_below_half_an_hour():
    fifteen, thirty = (load(f"delay-repay-{n}") for n in (15, 30))
    assert fifteen.facts == thirty.facts
    assert fifteen.working_days == thirty.working_days


@pytest.mark.parametrize(
    ("pack", "minutes", "rules"),
    [  # 28 days to claim; from an hour on by Condition 32.1
        ("delay-repay-15", 14, set()),
        ("delay-repay-15", 15, {"claim-in-28-days"}),
        ("delay-repay-15", 59, {"claim-in-28-days"}),
        ("delay-repay-15", 60, {"claim-in-28-days", "statutory"}),
        ("delay-repay-30", 29, set()),
        ("delay-repay-30", 30, {"claim-in-28-days"}),
        ("delay-repay-30", 59, {"claim-in-28-days"}),
        ("delay-repay-30", 60, {"claim-in-28-days", "statutory"}),
    ],
)
def test_notes_say_what_else_counts(pack, minutes, rules):
    reasons = owed(pack=load(pack), facts=case(minutes)).reasons
    assert {one.rule.rsplit(".", 1)[1] for one in reasons if ".note." in one.rule} == rules
