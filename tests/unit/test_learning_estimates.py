"""What another way of choosing would have brought: right by hand, true to its level, and "not shown" while it is not."""

import attrs
import numpy as np
import pytest
from benchmarks.learning_worlds import draw, truth

from makegood.core.learning.estimates import LEAST, Estimate, estimate, student
from makegood.core.learning.models import Basis, Coded, cross_fitted_scores
from makegood.core.learning.records import Records, UnusableRecords, constant, from_lists

BY_HAND = from_lists(
    contexts=[{"channel": "web", "spent": 10.0}] * 4,
    given=["", "note", "note", ""],
    propensities=[{"": 0.5, "note": 0.5}, {"": 0.75, "note": 0.25}, {"": 0.5, "note": 0.5}, {"": 0.8, "note": 0.2}],
    outcomes=[1.0, 1.0, 0.0, 0.0],
    units=["a", "b", "c", "d"],
)


def test_the_estimates_by_hand():
    note = constant(records=BY_HAND, arm=BY_HAND.arms.index("note"))
    assert estimate(records=BY_HAND, policy=note, method="ips").value == pytest.approx((1 / 0.25) / 4)
    assert estimate(records=BY_HAND, policy=note, method="self_normalised").value == pytest.approx(4 / (4 + 2))
    scores = np.array([[0.4, 0.6]] * 4)
    scores[np.arange(4), BY_HAND.chosen] += (BY_HAND.outcomes - scores[0, BY_HAND.chosen]) / BY_HAND.chance_of_chosen
    robust = estimate(records=BY_HAND, policy=note, scores=scores)
    assert robust.value == pytest.approx((0.6 + (0.6 + 0.4 / 0.25) + (0.6 - 0.6 / 0.5) + 0.6) / 4)


def test_an_interval_is_students_and_counts_units():
    each = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    records = Records(
        arms=("", "note"),
        contexts={"spent": np.arange(6.0)},
        chosen=np.zeros(6, dtype=np.int64),
        propensities=np.full((6, 2), 0.5),
        outcomes=each / 2,
        units=np.arange(6),
    )
    nothing = constant(records=records, arm=0)
    found = estimate(records=records, policy=nothing, method="ips")
    half = student(level=0.95, freedom=5) * each.std(ddof=1) / 6**0.5
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    four_times = records.take(np.repeat(np.arange(6), 4))
    again = estimate(records=four_times, policy=constant(records=four_times, arm=0), method="ips")
    assert (again.low, again.high) == pytest.approx((found.low, found.high)), "rows of one unit count once"


@pytest.mark.parametrize(("freedom", "table"), [(10, 2.228), (30, 2.042), (100, 1.984), (10**6, 1.960)])
def test_students_t_as_in_the_table(freedom, table):
    assert student(level=0.95, freedom=freedom) == pytest.approx(table, rel=1e-3)


@pytest.mark.parametrize("method", ["ips", "self_normalised", "doubly_robust"])
def test_intervals_hold_the_truth_at_about_their_rate(method):
    held = 0
    for seed in range(30):
        drawn = draw(world="by channel", rows=400, seed=seed)
        way = np.where(drawn.records.contexts["channel"] == "web", 1.0, 0.0)
        policy = np.column_stack([1 - way, 0 * way, way])
        found = estimate(
            records=drawn.records, policy=policy, against=constant(records=drawn.records, arm=0), method=method
        )
        held += found.low <= 0.4 * 0.12 <= found.high
    assert held >= 25, "fewer of 30 come by chance once in 300 times at 95 %"


def test_records_are_told_by_their_chances_even_where_the_lot_followed_the_outcome():
    """Given more often where it is useless, a voucher looks useless unless the chances are weighed."""
    chance = np.random.default_rng(5)
    new = (chance.random(4000) < 0.5).astype(float)
    pull = np.where(new > 0, 0.9, 0.1)
    given = (chance.random(4000) < pull).astype(np.int64)
    came = (chance.random(4000) < np.where(new > 0, 0.2, 0.7) + 0.1 * given).astype(float)
    records = Records(
        arms=("", "voucher"),
        contexts={"days": chance.random(4000)},
        chosen=given,
        propensities=np.column_stack([1 - pull, pull]),
        outcomes=came,
        units=np.arange(4000),
    )
    assert came[given == 1].mean() < came[given == 0].mean()
    found = estimate(records=records, policy=constant(records=records, arm=1), against=constant(records=records, arm=0))
    assert found.shown
    assert found.low <= 0.1 <= found.high


SAID = [  # value, low, high, effective, shown, said
    (0.10, 0.02, 0.18, 30, True, "shown: +0.1 (95% interval +0.02 to +0.18, 400 so far)"),
    (0.10, 0.00, 0.20, 30, False, "not shown: 400 so far, +0.1, the 95% interval +0 to +0.2 contains 0"),
    (-0.1, -0.2, 0.00, 30, False, "not shown: 400 so far, -0.1, the 95% interval -0.2 to +0 contains 0"),
    (0.10, 0.02, 0.18, 29, False, "not shown: 400 so far, of which 29 bear on it; it takes 30"),
]


@pytest.mark.parametrize(("value", "low", "high", "effective", "shown", "said"), SAID)
def test_a_difference_is_shown_only_without_0_and_with_enough(value, low, high, effective, shown, said):
    found = Estimate(value=value, low=low, high=high, level=0.95, rows=400, effective=effective)
    assert (found.shown, found.said) == (shown, said)
    assert LEAST == 30


def test_no_row_is_judged_by_what_its_own_outcome_taught():
    records = draw(world="by spend", rows=200, seed=3).records
    coded, parts = (Coded.of(records, Basis.made_of(records.contexts)), records.parts(count=5, seed=1))
    other = attrs.evolve(coded, outcomes=coded.outcomes + 100.0 * (np.arange(200) == 7))
    before, after = (cross_fitted_scores(coded=one, parts=parts)[7] for one in (coded, other))
    chosen = np.arange(3) == coded.chosen[7]
    assert (before[~chosen] == after[~chosen]).all()
    assert after[chosen] - before[chosen] == pytest.approx(100 / coded.chance[7])


def test_what_was_not_possible_cannot_be_judged():
    records = from_lists(
        contexts=[{"channel": "web"}] * 3,
        given=["", "note", ""],
        propensities=[{"": 0.5, "note": 0.5}, {"": 0.5, "note": 0.5}, {"": 1.0}],
        outcomes=[1, 0, 1],
        units=["a", "b", "c"],
    )
    with pytest.raises(UnusableRecords, match=r"1 rows tell nothing .*'note' was not possible"):
        estimate(records=records, policy=constant(records=records, arm=1))
    with pytest.raises(UnusableRecords, match="no records yet"):
        estimate(records=records.take(np.array([], dtype=np.int64)), policy=np.zeros((0, 2)))
    with pytest.raises(UnusableRecords, match="adding up to 1"):
        estimate(records=records, policy=np.full((3, 2), 0.4))
    only = records.take(np.array([0]))
    with pytest.raises(UnusableRecords, match="No record agrees"):
        estimate(records=only, policy=constant(records=only, arm=1), method="self_normalised")


ROW = {
    "contexts": [{"spent": 1.0}, {"spent": 2.0}],
    "given": ["", "note"],
    "propensities": [{"": 0.5, "note": 0.5}] * 2,
    "outcomes": [1.0, 0.0],
    "units": ["a", "b"],
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"propensities": [{"": 0.5, "note": 0.4}] * 2}, "add up to 1"),
        ({"propensities": [{"": 1.5, "note": -0.5}] * 2}, "0 or more"),
        ({"propensities": [{"": 0.0, "note": 1.0}] * 2}, "had a chance of 0"),
        ({"outcomes": [1.0, float("nan")]}, "outcome is no number"),
        ({"outcomes": [1.0]}, "one value a row"),
        ({"contexts": [{"spent": 1.0}, {"spent": float("inf")}]}, "spent holds what is no number"),
        ({"contexts": [{}, {}]}, "1 to 12 columns"),
        ({"contexts": [{str(n): 1.0 for n in range(13)}] * 2}, "1 to 12 columns"),
        ({"given": ["", ""], "propensities": [{"": 1.0}] * 2}, "at least two arms"),
    ],
)
def test_records_that_cannot_be_judged_by_are_refused(change, says):
    with pytest.raises(UnusableRecords, match=says):
        from_lists(**ROW | change)
    assert len(from_lists(**ROW)) == 2


def test_a_worlds_truth_is_what_the_tests_say():
    drawn = draw(world="by channel", rows=1000, seed=1)
    true = truth(world="by channel", known=drawn.records.contexts)
    web = drawn.records.contexts["channel"] == "web"
    assert np.allclose((true[:, 2] - true[:, 0])[web], 0.12)
