"""What holds for every case: more delay never pays less, nothing is negative, the same facts decide the same."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.floors import FloorDecision, UnusableFacts, owed
from makegood.core.floors.decisions import version_on
from makegood.rules.packs import load, names

EVENTS = st.datetimes(min_value=datetime(2024, 10, 29), max_value=datetime(2190, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC),
)
MAYBE_MINUTES = st.none() | st.integers(-1440, 5000)
AIR_261 = st.fixed_dictionaries(
    {
        "event_at": EVENTS,
        "distance_km": st.integers(1, 20040) | st.sampled_from([1500, 1501, 3500, 3501]),
        "intra_eu": st.booleans(),
        "arrival_delay_minutes": st.integers(-1440, 5000),
        "cancelled": st.booleans(),
        "denied_boarding": st.booleans(),
        "notice_days": st.none() | st.integers(0, 30),
        "extraordinary": st.booleans(),
        "rerouted_departure_earlier_minutes": MAYBE_MINUTES,
        "rerouted_arrival_delay_minutes": MAYBE_MINUTES,
        "voucher_consent": st.booleans(),
    },
)
MONEY = st.fixed_dictionaries({"minor": st.integers(0, 10**9), "currency": st.just("USD")})
US = st.fixed_dictionaries(
    {
        "event_at": EVENTS,
        "domestic": st.booleans(),
        "departure_earlier_minutes": MAYBE_MINUTES,
        "arrival_later_minutes": MAYBE_MINUTES,
        "cancelled": st.booleans(),
        "alternative_accepted": st.booleans(),
        "paid": MONEY,
        "tender": st.none() | st.sampled_from(["card", "cash", "miles"]),
        "bag_delay_minutes": st.none() | st.integers(0, 5000),
        "bag_fee": MONEY,
        "flight_minutes": st.none() | st.integers(1, 1440),
        "downgraded": st.booleans(),
        "bag_lost": st.booleans(),
        "extra_not_provided": st.booleans(),
        "extra_fee": MONEY,
    },
)
POUNDS = st.fixed_dictionaries({"minor": st.integers(0, 10**9), "currency": st.just("GBP")})
TICKETS = st.sampled_from(["single", "return", "weekly", "monthly", "annual", "season"])
RAIL = st.fixed_dictionaries(
    {
        "event_at": EVENTS,
        "arrival_delay_minutes": st.integers(-1440, 5000) | st.sampled_from([14, 15, 29, 30, 59, 60, 119, 120]),
        "ticket": TICKETS,
        "ticket_price": POUNDS,
        "season_journeys": st.integers(1, 5000),
        "abandoned": st.booleans(),
        "claimed_at": st.none() | EVENTS,
        "voucher_consent": st.booleans(),
    },
)
OFCOM_YEARS = st.datetimes(min_value=datetime(2019, 4, 2), max_value=datetime(2027, 3, 30)).map(
    lambda at: at.replace(tzinfo=UTC),
)
OFCOM = st.fixed_dictionaries(
    {
        "event_at": OFCOM_YEARS,
        "happened": st.sampled_from(["loss_of_service", "late_start", "missed_appointment"]),
        "fulfilled_at": st.datetimes(datetime(2019, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
        "cancel_notice_hours": st.none() | st.integers(0, 100),
        "customer_wait_days": st.integers(0, 30),
        "customer_caused": st.booleans(),
        "civil_emergency": st.booleans(),
    },
)
MEAL = st.fixed_dictionaries(
    {
        "event_at": EVENTS,
        "arrival_delay_minutes": st.integers(-1440, 5000),
        "grace_minutes": st.integers(0, 120),
        "order_price": MONEY,
        "free_percent": st.integers(1, 100),
        "most": st.none() | MONEY,
        "suspended": st.booleans(),
        "customer_caused": st.booleans(),
    },
)
HOTEL = st.fixed_dictionaries(
    {
        "event_at": EVENTS,
        "walked": st.booleans(),
        "guaranteed": st.booleans(),
        "guest_declined": st.booleans(),
        "other_room_cost": st.none() | MONEY,
        "transport_cost": st.none() | MONEY,
        "promised": MONEY,
    },
)
PACKS_261 = st.sampled_from(["eu261", "uk261"])
PACKS_RAIL = st.sampled_from(["delay-repay-15", "delay-repay-30"])
FACTS = {
    "delay-repay-15": RAIL,
    "delay-repay-30": RAIL,
    "eu261": AIR_261,
    "hotel-walk": HOTEL,
    "late-is-free": MEAL,
    "uk-ofcom": OFCOM,
    "uk261": AIR_261,
    "us-dot": US,
}
CASES = st.sampled_from(names()).flatmap(lambda name: st.tuples(st.just(name), FACTS[name]))


def total(pack, facts):
    return sum(one.amount.minor for one in owed(pack=load(pack), facts=facts).owed)


@given(
    PACKS_261,
    AIR_261,
    st.integers(0, 5000),
    st.sampled_from(["arrival_delay_minutes", "rerouted_arrival_delay_minutes"]),
)
def test_more_delay_never_pays_less(pack, facts, more, which):
    if facts[which] is not None:
        assert total(pack, facts) <= total(pack, facts | {which: facts[which] + more})


@given(
    US,
    st.integers(0, 5000),
    st.sampled_from(["arrival_later_minutes", "departure_earlier_minutes", "bag_delay_minutes"]),
)
def test_more_delay_never_refunds_less(facts, more, which):
    if facts[which] is not None:
        assert total("us-dot", facts) <= total("us-dot", facts | {which: facts[which] + more})


@given(PACKS_RAIL, RAIL, st.integers(0, 5000))
def test_a_later_train_never_pays_less(pack, facts, more):
    later = facts | {"arrival_delay_minutes": facts["arrival_delay_minutes"] + more}
    assert total(pack, facts) <= total(pack, later)


@given(RAIL)
def test_the_shorter_scheme_never_pays_less_and_never_more_than_the_ticket(facts):
    assert total("delay-repay-30", facts) <= total("delay-repay-15", facts) <= facts["ticket_price"]["minor"]


@given(OFCOM, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_later_repair_never_pays_less(facts, more):
    assert total("uk-ofcom", facts) <= total("uk-ofcom", facts | {"fulfilled_at": facts["fulfilled_at"] + more})


@given(OFCOM)
def test_days_waited_by_choice_never_pay_more(facts):
    chosen = facts | {"customer_wait_days": facts["customer_wait_days"] + 1}
    assert total("uk-ofcom", chosen) <= total("uk-ofcom", facts)


@given(MEAL, st.integers(0, 5000))
def test_a_later_order_never_gives_back_less_nor_more_than_it_cost(facts, more):
    later = facts | {"arrival_delay_minutes": facts["arrival_delay_minutes"] + more}
    assert total("late-is-free", facts) <= total("late-is-free", later) <= facts["order_price"]["minor"]


@given(CASES, st.data())
def test_a_version_decides_alone_whatever_comes_before_or_after_it(case, data):
    name, facts = case
    pack = load(name)
    version = version_on(pack=pack, event_date=facts["event_at"].date())
    alone = attrs.evolve(pack, versions=(version,))
    other = data.draw(st.sampled_from(pack.versions))
    changed = attrs.evolve(other, rules=other.rules[:1], notes=())
    replaced = tuple(changed if one is other and one is not version else one for one in pack.versions)
    decided = owed(pack=pack, facts=facts)
    assert owed(pack=alone, facts=facts) == decided
    assert owed(pack=attrs.evolve(pack, versions=replaced), facts=facts) == decided
    assert all(one.rule.endswith(f"@{version.active_from}") for one in decided.owed)


@given(st.sampled_from(names()), st.data())
def test_every_day_has_the_one_version_in_force(name, data):
    pack = load(name)
    last = pack.versions[-1].active_to or date(2199, 12, 31)
    day = data.draw(st.dates(date(1990, 1, 1), last))
    fitting = [
        one for one in pack.versions if one.active_from <= day and (one.active_to is None or day < one.active_to)
    ]
    if fitting:
        assert [version_on(pack=pack, event_date=day)] == fitting
    else:
        with pytest.raises(UnusableFacts, match="has no rules for"):
            version_on(pack=pack, event_date=day)


@given(PACKS_261, AIR_261, st.integers(0, 30))
def test_more_notice_never_pays_more_without_a_rerouting(pack, facts, more):
    facts |= {"rerouted_departure_earlier_minutes": None, "rerouted_arrival_delay_minutes": None}
    noticed = facts | {"notice_days": (facts["notice_days"] or 0) + more}
    assert total(pack, noticed) <= total(pack, facts)


@given(CASES)
def test_what_is_owed_is_more_than_nothing_in_time_and_explained(case):
    pack, facts = case
    decision = owed(pack=load(pack), facts=facts)
    assert decision.reasons
    for one in decision.owed:
        assert one.amount.minor > 0
        assert one.cite
        if pack in ("eu261", "uk261", "us-dot"):
            assert facts["event_at"] < one.due_by <= facts["event_at"] + timedelta(days=20)
        else:
            since = [facts[name] for name in ("fulfilled_at", "claimed_at") if facts.get(name)]
            assert min(facts["event_at"], *since, facts["event_at"]) <= one.due_by
    assert len({one.rule for one in decision.owed}) == len(decision.owed)


@given(PACKS_261, AIR_261)
def test_one_compensation_at_most_and_of_a_known_size(pack, facts):
    sizes = {"eu261": {25000, 40000, 60000, 12500, 20000, 30000}, "uk261": {22000, 35000, 52000, 11000, 17500, 26000}}
    amounts = [one.amount.minor for one in owed(pack=load(pack), facts=facts).owed]
    assert len(amounts) <= 1
    assert set(amounts) <= sizes[pack]


@given(CASES)
def test_the_same_facts_decide_the_same(case):
    pack, facts = case
    first = owed(pack=load(pack), facts=facts)
    assert owed(pack=load(pack), facts=dict(reversed(list(facts.items())))) == first


@given(CASES, st.text(min_size=1))
def test_unknown_facts_are_refused(case, name):
    pack, facts = case
    if name not in load(pack).facts:
        with pytest.raises(UnusableFacts, match="unknown fact"):
            owed(pack=load(pack), facts=facts | {name: True})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(names()), st.data())
def test_any_json_is_decided_or_refused(pack, data):
    known = list(load(pack).facts)
    facts = data.draw(st.dictionaries(st.sampled_from(known), JSON_VALUES))
    base = data.draw(FACTS[pack])
    with contextlib.suppress(UnusableFacts):
        assert isinstance(owed(pack=load(pack), facts=base | facts), FloorDecision)


EXCLUDED = {
    "eu261": (
        {"extraordinary": True, "denied_boarding": False},
        {"cancelled": True, "denied_boarding": False, "notice_days": 14},
    ),
    "uk261": (
        {"extraordinary": True, "denied_boarding": False},
        {"cancelled": True, "denied_boarding": False, "notice_days": 14},
    ),
    "us-dot": ({"alternative_accepted": True, "bag_lost": False, "bag_delay_minutes": 0, "extra_not_provided": False},),
    "uk-ofcom": ({"customer_caused": True}, {"civil_emergency": True}),
    "delay-repay-15": ({"abandoned": True},),
    "delay-repay-30": ({"abandoned": True},),
    "late-is-free": ({"suspended": True}, {"customer_caused": True}),
    "hotel-walk": ({"guest_declined": True}, {"walked": False}, {"guaranteed": False}),
}


@given(CASES, st.data())
def test_an_excluded_case_is_never_owed_anything(case, data):
    name, facts = case
    excluded = data.draw(st.sampled_from(EXCLUDED[name]))
    assert owed(pack=load(name), facts=facts | excluded).owed == ()


@given(CASES)
def test_every_reason_cites_where_it_stands(case):
    name, facts = case
    pack = load(name)
    decision = owed(pack=pack, facts=facts)
    for one in decision.reasons:
        assert one.rule.startswith(name)
        if one.rule == f"{name}.assumed" or one.text.startswith("Not added"):
            assert one.evidence is None
            continue
        assert one.evidence == pack.evidence
        assert one.grade in {"L", "M", "C"}
        assert one.text.endswith(")") or one.rule == decision.reasons[0].rule
    assert "Checked on 20" in decision.reasons[0].text
    assert {one.rule.split("@")[0] for one in decision.owed} <= {one.rule for one in decision.reasons}
