"""What holds for every case: more delay never pays less, nothing is negative, the same facts decide the same."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.floors import FloorDecision, UnusableFacts, owed
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
    },
)
PACKS_261 = st.sampled_from(["eu261", "uk261"])
CASES = st.tuples(PACKS_261, AIR_261) | st.tuples(st.just("us-dot"), US)


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
        assert facts["event_at"] < one.due_by <= facts["event_at"] + timedelta(days=20)
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
    base = data.draw(AIR_261 if pack != "us-dot" else US)
    with contextlib.suppress(UnusableFacts):
        assert isinstance(owed(pack=load(pack), facts=base | facts), FloorDecision)
