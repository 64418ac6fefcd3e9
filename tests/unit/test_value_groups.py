"""Groups by rule, at every edge; and what no group may ever change."""

from __future__ import annotations

import inspect
from itertools import product

import attrs
import pytest

from makegood.core.evidence import REGISTER
from makegood.core.floors import owed
from makegood.core.gate import GateFacts, decide
from makegood.core.money import Money
from makegood.core.value.foreseen import Foreseen
from makegood.core.value.groups import Standing, acquainted, standing
from makegood.rules import playbooks
from makegood.rules.playbooks.treating import Case, treatment

HIGH = 50_000


def foreseen(*, minor: int = 20_000, alive: float = 0.9) -> Foreseen:
    return Foreseen(weeks=52, alive=alive, purchases=4.0, minor=minor, low_minor=0, high_minor=2 * minor, reasons=())


RULES = [
    # purchases, days, foreseen, high from, group, rule
    (0, 0, None, None, "unknown", "group.unknown"),
    (0, 0, foreseen(minor=HIGH), HIGH, "unknown", "group.unknown"),
    (1, 1, None, None, "new", "group.new"),
    (2, 1, None, None, "fragile", "group.once"),  # twice on one day is no first purchase
    (3, 1, foreseen(minor=HIGH), HIGH, "fragile", "group.once"),
    (1, 1, foreseen(minor=HIGH), HIGH, "new", "group.new"),  # however much is expected of them
    (2, 2, None, None, "fragile", "group.few"),
    (3, 3, foreseen(minor=HIGH), HIGH, "fragile", "group.few"),
    (4, 4, None, None, "regular", "group.regular"),
    (4, 4, foreseen(alive=0.5), HIGH, "regular", "group.regular"),
    (4, 4, foreseen(alive=0.4999), HIGH, "fragile", "group.quiet"),
    (40, 40, foreseen(minor=HIGH, alive=0.4999), HIGH, "fragile", "group.quiet"),  # care comes before worth
    (40, 40, foreseen(minor=HIGH - 1), HIGH, "regular", "group.regular"),
    (40, 40, foreseen(minor=HIGH), HIGH, "high_value", "group.high_value"),
    (40, 40, foreseen(minor=0), 0, "regular", "group.regular"),  # where nothing is expected of anybody
    (40, 40, foreseen(minor=HIGH), None, "regular", "group.regular"),
]


@pytest.mark.parametrize(("purchases", "days", "seen", "high", "group", "rule"), RULES)
def test_a_group_by_its_rule_to_the_edge(
    purchases: int, days: int, seen: Foreseen | None, high: int | None, group: Standing, rule: str
) -> None:
    stood = standing(purchases=purchases, days=days, foreseen=seen, high_from_minor=high)
    assert (stood.group, stood.reasons[0].rule) == (group, rule)
    for one in stood.reasons:
        assert one.evidence is None or one.grade == REGISTER[one.evidence].grade


@pytest.mark.parametrize("purchases", range(4))
@pytest.mark.parametrize("days", range(1, 4))
def test_who_is_new_is_said_by_one_rule(purchases: int, days: int) -> None:
    """The list, which knows how often they bought, and the page, which knows more, never differ in who is new."""
    stood = standing(purchases=purchases, days=min(days, purchases), foreseen=None, high_from_minor=None)
    known = acquainted(purchases=purchases)
    assert known == ("regular" if stood.group == "fragile" else stood.group)
    assert ("first purchase" in stood.reasons[0].text) == (purchases == 1)


@pytest.mark.parametrize("name", playbooks.names())
def test_a_new_customer_is_never_ranked_below_regular_for_fix_or_floor(name: str) -> None:
    """Every clock and step of theirs runs out at the same time or sooner; the fix, who owns it and the extra are the same."""
    book = playbooks.load(name)
    for percent, (kind, loss), noticed in product(
        (book.new_customer_percent, 1, 100), (("late", "time"), ("billing", "money"), ("rework", "service")), (1, 4)
    ):
        playbook = attrs.evolve(book, new_customer_percent=percent)
        case = Case(kind=kind, loss=loss, noticed=noticed, price=Money(minor=9900, currency="EUR"))
        regular = treatment(playbook=playbook, case=case)
        for group in ("new", "unknown"):
            theirs = treatment(playbook=playbook, case=attrs.evolve(case, group=group))
            for (target, sooner), (_, later) in zip(theirs.targets, regular.targets, strict=True):
                assert sooner <= later, (group, target)
            for (step, sooner, sent), (_, later, same) in zip(theirs.steps, regular.steps, strict=True):
                assert (sooner <= later, sent) == (True, same), (group, step)
            for what in ("severity", "tier", "team", "fix", "remedy", "acknowledgement", "cause_must_be_known"):
                assert getattr(theirs, what) == getattr(regular, what), (group, what)


def test_neither_what_is_owed_nor_whether_we_come_forward_is_told_a_group_or_a_value() -> None:
    """What a decision is not given it cannot weigh: the floor knows the facts of its law, the gate those of the failure."""
    asked = set(inspect.signature(owed).parameters) | set(inspect.signature(decide).parameters)
    asked |= {one.name for one in attrs.fields(GateFacts)}
    assert not {one for one in asked if "group" in one or "value" in one or "standing" in one}
