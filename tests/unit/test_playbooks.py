"""Playbooks are read whole or refused, saying where; planning rules grade, group and weigh."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.money import Money
from makegood.core.plans import SeverityRule, expected_loss, group, p_miss, raised, severity, shortened
from makegood.core.steps import Step
from makegood.rules import playbooks
from makegood.rules.playbooks import UnusablePlaybook, data_of, from_data, load, names, parse, text_of

AT = datetime(2026, 3, 2, tzinfo=UTC)
ASK = "  - { action: ask_score, days: 1, send: at_once }"


@pytest.mark.parametrize("name", names())
def test_the_shipped_playbooks_survive_being_frozen(name: str) -> None:
    text = text_of(name)
    frozen = json.loads(json.dumps(data_of(text)))
    assert from_data(frozen) == parse(text) == load(name)
    assert load(name).code == name
    assert set(load(name).steps) == set(Step)


def test_each_group_of_customers_may_be_asked_on_a_day_of_its_own() -> None:
    """What is asked once of everybody is one question; a frozen version that asks twice is still read."""
    text = text_of("default")
    apart = (
        ASK.replace("at_once }", "at_once, groups: [new] }")
        + "\n"
        + ASK.replace("at_once }", "at_once, groups: [regular] }")
    )
    assert len(parse(text.replace(ASK, apart)).follow_ups) == len(parse(text).follow_ups) + 1
    frozen = data_of(text)
    frozen["follow_ups"] = [*frozen["follow_ups"], frozen["follow_ups"][0]]
    assert len(from_data(frozen).follow_ups) == len(parse(text).follow_ups) + 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title: For anyone", "titel: For anyone", "lacks title"),
        ("fix: { minutes: 1440, warn_minutes: 240 }", "fix: { minutes: 0 }", "targets.fix.minutes"),
        ("fix: { minutes: 1440, warn_minutes: 240 }", "fix: { minutes: 60, warn_minutes: 60 }", "warn_minutes"),
        ("fix: { clock: fix, send: person }", "fix: { clock: fix, minutes: 5, send: person }", "either"),
        ("fix: { clock: fix, send: person }", "fix: { clock: fix, send: soon }", "person, at_once"),
        ("acknowledgement: at_once", "acknowledgement: none", "apologise"),
        ('tiers: { "1": 1, "2": 1, "3": 2, "4": 2 }', 'tiers: { "1": 1 }', "owners.tiers lacks 2, 3, 4"),
        ('prior: "0.10"', "prior: 1", "must be a text"),
        ('prior: "0.10"', 'prior: "1.5"', "between 0 and 1"),
        ("severity: 3, kinds: [wrong_charge, rework, outage]", "severity: 3, kinds: [nonsense]", "kinds[0]"),
        ("  any: { title: Put right", "  other: { title: Put right", "any"),
        ("  default: { loss: time", "  standard: { loss: time", "default"),
        ("form: credit", "form: gold", "form"),
        ("cost: { minor: 1000, currency: EUR }", "cost: { minor: -1, currency: EUR }", "minor"),
        ("code: default", "code: default\ncode: twice", "twice"),
        ("code: default", "code: two words", "short name"),
        (ASK, f"{ASK}\n  - {{ action: ask_score, days: 30, send: at_once }}", "keep one ask_score"),
    ],
)
def test_a_wrong_playbook_is_refused_in_one_line_that_says_where(old: str, new: str, says: str) -> None:
    text = text_of("default")
    assert old in text
    with pytest.raises(UnusablePlaybook) as refused:
        parse(text.replace(old, new, 1), where="mine.yaml")
    assert says in str(refused.value)
    assert "mine.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_yaml_or_no_playbook_is_refused() -> None:
    for text in ("", "- 1", "code: [", "!!python/object:os.system {}"):
        with pytest.raises(UnusablePlaybook):
            parse(text)
    with pytest.raises(UnusablePlaybook):
        playbooks.text_of("../secrets")


EUR = [
    SeverityRule(severity=3, kinds=frozenset({"outage"})),
    SeverityRule(severity=4, price_from=Money(minor=1000, currency="EUR")),
]


@pytest.mark.parametrize(
    ("kind", "price", "at_least", "repeated", "grade"),
    [
        ("other", None, 2, False, 2),
        ("outage", None, 2, False, 3),
        ("outage", None, 4, False, 4),
        ("outage", Money(minor=999, currency="EUR"), 1, False, 3),
        ("outage", Money(minor=1000, currency="EUR"), 1, False, 4),
        ("other", Money(minor=5000, currency="USD"), 1, False, 1),  # another currency is never compared
        ("other", None, 2, True, 3),  # EVIDENCE 8 rule 14
        ("outage", Money(minor=1000, currency="EUR"), 1, True, 4),
    ],
)
def test_severity(kind: str, price: Money | None, at_least: int, repeated: bool, grade: int) -> None:
    found = severity(kind=kind, loss="time", price=price, rules=EUR, at_least=at_least, repeated=repeated)
    assert found.severity == grade
    assert found.reasons


def test_groups_by_the_first_purchase() -> None:
    assert group(first_purchase_at=None, this_purchase_at=AT) == "unknown"
    assert group(first_purchase_at=AT, this_purchase_at=AT) == "new"
    assert group(first_purchase_at=AT - timedelta(seconds=1), this_purchase_at=AT) == "regular"


@given(st.integers(0, 10**6), st.integers(1, 100))
def test_a_shortened_target_is_never_longer_and_never_nothing(minutes: int, percent: int) -> None:
    short = shortened(minutes=minutes, percent=percent)
    assert min(minutes, 1) <= short <= minutes


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.floats(-1e6, 1e6), st.integers(1, 50))
def test_the_chance_of_missing_is_a_share_and_falls_with_more_time_left(
    slacks: list[float], left: float, needed: int
) -> None:
    slacks.sort()
    prior = Decimal("0.1")
    chance = p_miss(left_seconds=left, slacks=slacks, prior=prior, cases_needed=needed)
    assert 0 <= chance <= 1
    still = sum(1 for one in slacks if one < left)
    if left <= 0:
        assert chance == 1
    elif still < needed:
        assert chance == prior
    else:
        assert chance == Decimal(sum(1 for one in slacks if one < 0)) / still
        more = p_miss(left_seconds=left + 1000, slacks=slacks, prior=prior, cases_needed=needed)
        assert more <= chance


def test_expected_loss_and_raising() -> None:
    assert expected_loss(at_stake_minor=20000, chance=Decimal("0.1")) == 2000
    assert expected_loss(at_stake_minor=5, chance=Decimal("0.5")) == 3
    assert [raised(level=level) for level in (1, 3, 4)] == [2, 4, 4]
    assert raised(level=2, by=3, most=3) == 3
