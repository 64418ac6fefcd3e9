"""Two treatments of one case are compared, and two texts of a playbook, in words that people read."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.gate import KINDS
from makegood.core.money import Money
from makegood.core.remedies import LOSSES
from makegood.rules.playbooks import data_of, load, names, parse, text_of
from makegood.rules.playbooks.differing import Difference, changed_lines, differences
from makegood.rules.playbooks.treating import Case, Otherwise, span, treated_otherwise, treatment, treatment_of

CASES = st.builds(
    Case,
    kind=st.sampled_from(sorted(KINDS)),
    loss=st.sampled_from(sorted(LOSSES)),
    noticed=st.integers(1, 4),
    price=st.none() | st.builds(Money, minor=st.integers(1, 10**6), currency=st.just("EUR")),
    group=st.sampled_from(["new", "regular", "unknown"]),
    repeated=st.booleans(),
    kept_service=st.none() | st.booleans(),
    answer_late=st.booleans(),
)


@given(CASES, st.sampled_from(names()), st.sampled_from(names()))
def test_what_is_treated_the_same_differs_in_nothing_and_the_other_way_round(case: Case, one: str, other: str) -> None:
    was, becomes = (treatment(playbook=load(name), case=case) for name in (one, other))
    there = treated_otherwise(was=was, becomes=becomes)
    back = treated_otherwise(was=becomes, becomes=was)
    assert [(change.what, change.becomes, change.was) for change in there] == [
        (change.what, change.was, change.becomes) for change in back
    ]
    assert not treated_otherwise(was=was, becomes=was)
    assert treatment_of(playbook=load(one), cases=(case, case)) == was


@given(CASES, st.sampled_from(names()))
def test_a_first_time_customer_never_waits_longer(case: Case, name: str) -> None:
    new, regular = (
        dict(treatment(playbook=load(name), case=attrs.evolve(case, group=group)).targets)
        for group in ("new", "regular")
    )
    assert all(new[target] <= regular[target] for target in regular)


def test_the_gravest_of_several_failures_counts_and_the_first_says_what_puts_it_right() -> None:
    first, second = Case(kind="other", loss="time", noticed=1), Case(kind="wrong_charge", loss="money", noticed=2)
    done = treatment_of(playbook=load("default"), cases=(first, second))
    assert (done.severity, done.tier) == (3, 2)
    assert done.fix == load("default").fix("other").title


def test_each_kind_of_change_is_told() -> None:
    text = text_of("default")
    for old, new in (
        ("fix: { minutes: 1440, warn_minutes: 240 }", "fix: { minutes: 60 }"),
        ("apologise: { minutes: 240, send: person }", 'apologise: { minutes: 60, send: "after:30" }'),
        ("days: 7, send: person", "days: 3, send: person"),
        ('tiers: { "1": 1, "2": 1,', 'tiers: { "1": 1, "2": 2,'),
        ("every_minutes: 120, repeats: 6", "every_minutes: 60, repeats: 3"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    case = Case(kind="other", loss="time", noticed=2)
    was, becomes = treatment(playbook=load("default"), case=case), treatment(playbook=parse(text), case=case)
    told = {one.what: one for one in treated_otherwise(was=was, becomes=becomes)}
    assert told["Clock: put right"] == Otherwise(what="Clock: put right", was="24 hours", becomes="1 hour")
    assert told["Apologise: who sends"].becomes == "by itself after 30 minutes, unless stopped"
    assert told["Owner"].becomes == "a manager"
    assert "check in on day 3" in told["Afterwards"].becomes
    assert told["A missed clock is told again"].becomes.startswith("every 1 hour, 3 times")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 minutes"), (1, "1 minute"), (59, "59 minutes"), (60, "1 hour"), (90, "90 minutes"), (1440, "24 hours"),
     (2880, "2 days"), (3000, "50 hours")],
)  # fmt: skip
def test_spans_are_said_in_the_largest_unit_that_fits(minutes: int, said: str) -> None:
    assert span(minutes) == said


def test_differences_name_the_place_what_stood_there_and_what_stands_there() -> None:
    before = data_of(text_of("default"))
    after = data_of(
        text_of("default")
        .replace("watch_days: 90", "watch_days: 60", 1)
        .replace("value: { minor: 900, currency: EUR }", "value: { minor: 950, currency: EUR }", 1)
        .replace("kinds: [wrong_charge, rework, outage]", "kinds: [wrong_charge, outage]", 1)
        .replace("certain_to_notice: true, severity: 2", "certain_to_notice: false, severity: 2", 1)
    )
    assert set(differences(before=before, after=after)) == {
        Difference(where="promises, appointment, certain to notice", was="yes", becomes="no"),
        Difference(
            where="severity, rules, 1, kinds", was="wrong_charge, rework, outage", becomes="wrong_charge, outage"
        ),
        Difference(where="severity, watch days", was="90", becomes="60"),
        Difference(where="remedies, express, value", was="9.00 EUR", becomes="9.50 EUR"),
    }
    assert differences(before=before, after=before) == ()


def test_a_remedy_that_moves_in_the_list_is_no_difference_and_one_that_goes_is() -> None:
    before = data_of(text_of("default"))
    turned = {**before, "remedies": before["remedies"][::-1]}
    assert differences(before=before, after=turned) == ()
    fewer = {**before, "remedies": before["remedies"][1:]}
    gone = differences(before=before, after=fewer)
    assert gone
    assert all(one.where.startswith("remedies, credit-10, ") and one.becomes == "" for one in gone)


def test_changed_lines_are_marked() -> None:
    lines = changed_lines(before="a\nb\nc\n", after="a\nx\nc\n")
    assert [line for line in lines if line[0] != "@"] == [" a", "-b", "+x", " c"]
    assert changed_lines(before="a\n", after="a\n") == ()
