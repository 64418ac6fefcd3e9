"""How fast floors are decided, by a measure that a busy machine changes little."""

from itertools import chain

from benchmarks.floors import beside_json, cases_of

from makegood.rules.packs import shipped_names

MOST = 8.0
"""A decision takes 3 to 5 times as long as its facts take as JSON; 20,000 a second on one core leave room for 8."""


def test_a_decision_costs_no_more_than_a_few_times_its_facts_as_json():
    cases = list(chain.from_iterable(cases_of(name)[:40] for name in sorted(shipped_names())))
    assert beside_json(cases, rounds=8) <= MOST
