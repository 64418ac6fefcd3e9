"""Extras drawn by lot: only what is allowed, by the very chances that are logged, from wide and labelled priors."""

import subprocess
import sys
from random import Random

import attrs
import pytest

from makegood.core.learning.exploring import LARGEST_CHOICE, NOTHING, Extra, Seen, UnableToChoose, choose, trying
from makegood.core.learning.priors import BIG_LOSS, SMALL_LOSS, Prior, UnusablePrior

NOTE = Extra(id="note", cost_minor=100, seen=Seen(known=40, back=22))
VOUCHER = Extra(id="voucher", cost_minor=500, seen=Seen(known=40, back=30))
UPGRADE = Extra(id="upgrade", cost_minor=2001)
USUAL = {
    "extras": (NOTE, VOUCHER, UPGRADE),
    "nothing": Seen(known=40, back=20),
    "at_most_minor": 2000,
    "worth_minor": 6000,
    "prior": BIG_LOSS,
    "hold_out": 0.1,
    "seed": "r-1",
}


def test_only_what_is_allowed_is_drawn_and_nothing_always_is():
    chances = choose(**USUAL).propensities
    assert chances["upgrade"] == 0
    assert min(chances[arm] for arm in (NOTHING, "note", "voucher")) > 0
    assert sum(chances.values()) == pytest.approx(1)
    assert choose(**USUAL | {"at_most_minor": 2001}).propensities["upgrade"] > 0
    assert choose(**USUAL | {"at_most_minor": 0}).extra == NOTHING
    assert choose(**USUAL | {"extras": ()}).propensities == {NOTHING: pytest.approx(1)}


def test_each_extra_is_drawn_as_often_as_its_logged_chance_says():
    choices = [choose(**USUAL | {"seed": f"r-{number}"}) for number in range(500)]
    for arm in (NOTHING, "note", "voucher"):
        expected = sum(choice.propensities[arm] for choice in choices)
        spread = sum(choice.propensities[arm] * (1 - choice.propensities[arm]) for choice in choices) ** 0.5
        assert abs(sum(choice.extra == arm for choice in choices) - expected) < 4 * spread
    assert not any(choice.extra == "upgrade" for choice in choices)
    held = [choice for choice in choices if choice.held_out]
    assert 25 <= len(held) <= 80, "a tenth of 500"
    assert {choice.extra for choice in held} == {NOTHING}, "held out are extras only"
    assert all(choice.propensity == choice.propensities[choice.extra] for choice in choices)


def test_what_brought_more_back_is_drawn_more_and_what_costs_more_than_it_brings_is_not():
    assert choose(**USUAL).propensities["voucher"] > 0.6
    dear = attrs.evolve(VOUCHER, cost_minor=1900)
    assert choose(**USUAL | {"extras": (NOTE, dear)}).propensities["voucher"] < 0.25


def test_the_same_seed_draws_the_same_and_another_may_not():
    assert choose(**USUAL) == choose(**USUAL)
    assert len({choose(**USUAL | {"seed": f"r-{number}"}).extra for number in range(30)}) > 1


def test_nobody_is_held_out_unless_asked_and_a_fifth_is_the_most():
    none = [choose(**USUAL | {"hold_out": 0, "seed": f"r-{number}"}) for number in range(50)]
    assert not any(choice.held_out for choice in none)
    assert choose(**USUAL | {"hold_out": 0.2}).propensities[NOTHING] > 0.2
    with pytest.raises(UnableToChoose, match="between 0 and 20%"):
        choose(**USUAL | {"hold_out": 0.2001})


def test_what_is_spread_evenly_halves_after_three_hundred_and_never_ends():
    assert trying(known=0) == 0.1
    assert trying(known=300) == 0.05
    assert 0 < trying(known=10**6) < 0.002


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"at_most_minor": -1}, "amounts of 0 or more"),
        ({"worth_minor": -1}, "amounts of 0 or more"),
        ({"hold_out": float("nan")}, "Hold out between"),
        ({"extras": (NOTE, NOTE)}, "two have the same id"),
        ({"extras": tuple(Extra(id=str(n), cost_minor=0) for n in range(LARGEST_CHOICE + 1))}, "at most 12 extras"),
    ],
)
def test_what_cannot_be_drawn_from_is_refused(change, says):
    with pytest.raises(UnableToChoose, match=says):
        choose(**USUAL | change)


def test_impossible_counts_costs_and_ids_are_refused():
    with pytest.raises(UnableToChoose, match="3 of 2"):
        Seen(known=2, back=3)
    with pytest.raises(UnableToChoose, match="less than nothing"):
        Extra(id="note", cost_minor=-1)
    with pytest.raises(UnableToChoose, match="an id"):
        Extra(id="", cost_minor=0)
    assert choose(**USUAL | {"extras": tuple(Extra(id=str(n), cost_minor=0) for n in range(LARGEST_CHOICE))}).extra


@pytest.mark.parametrize(("prior", "silent", "quick"), [(BIG_LOSS, 0.09, 0.82), (SMALL_LOSS, 0.37, 0.95)])
def test_a_prior_spans_all_that_the_industry_found_and_says_that_it_is_nobodys_result(prior, silent, quick):
    random = Random(1)
    alpha = prior.mean * prior.weight
    drawn = sorted(random.betavariate(alpha, prior.weight - alpha) for _ in range(4000))
    assert drawn[200] < silent
    assert drawn[-200] > quick
    assert (prior.reason.evidence, prior.reason.grade) == ("1.14", "C")
    assert "nobody's result" in prior.reason.text
    assert prior.reason in choose(**USUAL | {"prior": prior}).reasons


@pytest.mark.parametrize(("mean", "weight"), [(0, 2), (1, 2), (0.5, 0), (0.5, 20.1), (float("nan"), 2)])
def test_a_prior_out_of_range_is_refused(mean, weight):
    with pytest.raises(UnusablePrior):
        Prior(name="own", mean=mean, weight=weight)
    assert Prior(name="own", mean=0.5, weight=20).reason.grade is None


def test_drawing_and_comparing_need_no_numpy():
    code = (
        "import sys, makegood.core.learning.exploring, makegood.core.learning.fairness; "
        "sys.exit(bool({'numpy', 'django'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
