"""Pacing: the price at which the money lasts, near the bound on a small world, and never more spent than there is."""

from __future__ import annotations

import math

import pytest
from benchmarks.pacing import WORLDS, bound, came, gaps, paced, seen, wanted

from makegood.core.pacing import FEWEST, Option, Pacer, best, curve_of, price_for, steps_of


def test_the_steps_are_the_upper_hull() -> None:
    options = [Option(2, 10), Option(4, 14), Option(3, 11), Option(5, 12), Option(8, 16)]
    assert steps_of(options) == ((5.0, 2.0), (2.0, 2.0), (0.5, 4.0))
    assert steps_of([Option(2, 3), Option(4, 14)]) == ((3.5, 4.0),), "the first is never best"
    assert steps_of([Option(1, 0), Option(2, -1)]) == ()
    assert steps_of([Option(3, 9), Option(3, 6)]) == ((3.0, 3.0),)


@pytest.mark.parametrize(
    ("price", "left", "chosen"),
    [
        (0.0, 10.0, 1),  # the most worth
        (1.99, 10.0, 1),
        (2.0, 10.0, 0),  # the second step is worth just its price: the less costly
        (4.99, 10.0, 0),
        (5.0, 10.0, None),  # nothing is kept beyond the price
        (0.0, 3.99, 0),  # what is left cannot pay the other
        (0.0, 1.99, None),
        (math.inf, 10.0, None),
    ],
)
def test_the_best_option_at_a_price(price: float, left: float, chosen: int | None) -> None:
    assert best(options=[Option(2, 10), Option(4, 14)], price=price, left=left) == chosen


@pytest.mark.parametrize(
    ("left", "to_come", "price"),
    [
        (0, 10, math.inf),
        (19.9, 10, 5.0),  # not even the first step of every case
        (20, 10, 2.0),
        (39.9, 10, 2.0),
        (40, 10, 0.0),  # enough for all
        (40, 11, 2.0),
    ],
)
def test_the_price_at_which_the_money_lasts(left: float, to_come: float, price: float) -> None:
    curve = curve_of([(1.0, steps_of([Option(2, 10), Option(4, 14)]))])
    assert price_for(curve=curve, left=left, to_come=to_come) == price


def test_more_worth_ahead_is_a_higher_price() -> None:
    steps = steps_of([Option(2, 10)])
    dear, cheap = (price_for(curve=curve_of([(by, steps)]), left=1, to_come=1) for by in (3.0, 1.0))
    assert (dear, cheap) == (15.0, 5.0)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_a_warm_price_comes_near_the_bound(share: float) -> None:
    """The small form of `python -m benchmarks pacing`, where it is within 1 %."""
    ours, plain = gaps(WORLDS[0], count=1_500, seed=4, share=share)
    assert 0 <= ours < 0.02
    assert ours < plain


@pytest.mark.parametrize("world", WORLDS[1:], ids=lambda world: world.name)
def test_no_world_makes_it_spend_more_than_there_is(world) -> None:
    before = seen(came(400, level=world.before, seed="before")) if world.before else []
    cases = came(400, level=world.now, seed="now")
    for share in (0.0, 0.01, 2.0):
        budget = share * wanted(cases)
        kept = paced(cases, budget, before)
        assert kept <= (bound(cases, budget) if budget else 0) * (1 + 1e-9)
    assert kept == pytest.approx(bound(cases, budget)), "with enough for all, all get what keeps most"


def test_a_cold_start_spends_no_faster_than_the_time() -> None:
    pacer, spent = Pacer(budget=100.0), 0.0
    for number in range(FEWEST - 1):
        phase = number / 1000
        price = pacer.price(phase=phase)
        chosen = best(options=[Option(1, 50)], price=price, left=pacer.left)
        assert chosen is None or spent <= 100 * phase
        spent += chosen is not None
        pacer.saw(phase=phase, options=[Option(1, 50)], spent=float(chosen is not None))
    assert pacer.left == 100 - spent
    assert 1 <= spent <= 4


def test_the_next_period_begins_with_what_was_seen() -> None:
    pacer = Pacer(budget=1.0)
    pacer.saw(phase=0.5, options=[Option(2, 10)], spent=0)
    assert [(one.phase, one.steps) for one in pacer.seen] == [(0.5, ((5.0, 2.0),))]
    assert Pacer(budget=1.0, before=pacer.seen).price(phase=0.0) == 5.0
