"""A policy is proposed where a gain was shown over every single arm, and only then; nothing is switched on."""

import numpy as np
import pytest
from benchmarks import learning as measured
from benchmarks.learning_worlds import draw

from makegood.core.learning.policies import learn, propose
from makegood.core.learning.records import UnusableRecords, from_lists


def test_where_there_is_something_to_gain_most_of_it_is():
    drawn = draw(world="by two together", rows=4000, seed=3)
    proposal = propose(records=drawn.records, seed=3, splits=4)
    assert proposal.shown
    assert "Yours to switch on" in proposal.said
    fresh = draw(world="by two together", rows=20_000, seed=4)
    gain = fresh.value(proposal.policy.choose(fresh.records.contexts)) - fresh.best_for_all
    assert gain >= 0.8 * fresh.possible
    assert proposal.gain.low <= gain
    assert sum(proposal.shares.values()) == pytest.approx(1)


def test_where_there_is_nothing_to_gain_none_is_claimed():
    claimed = 0
    for seed in range(5):
        for world in ("same for all", "nothing helps"):
            proposal = propose(records=draw(world=world, rows=600, seed=seed).records, seed=seed, splits=2)
            claimed += proposal.shown
            assert (proposal.policy is None) == (not proposal.shown)
            assert "not shown" in proposal.said or proposal.shown or "it loses" in proposal.said
    assert claimed <= 1


def test_a_gain_over_a_badly_picked_arm_is_no_gain():
    """Two arms are nearly alike, so a half may pick the worse one and beat it: that is not beating both."""
    for seed in range(40):
        drawn = draw(world="by channel", rows=2500, seed=seed)
        proposal = propose(records=drawn.records, seed=seed, splits=1)
        if proposal.gain.shown and proposal.gain.low > 0 and min(one.low for one in proposal.over.values()) <= 0:
            assert not proposal.shown
            assert "not shown to beat every single arm" in proposal.said
            return
    pytest.fail("no draw in which it matters: choose another world")


def test_the_same_records_and_seed_propose_the_same():
    records = draw(world="by spend", rows=1000, seed=8).records
    one, again = (propose(records=records, seed=5, splits=2) for _ in range(2))
    assert (one.gain, one.over, one.splits) == (again.gain, again.over, again.splits)


def test_a_units_rows_stay_on_one_side():
    """Every row four times over, as one unit: a copy on the other side would let noise look like a gain."""
    records = draw(world="nothing helps", rows=50, seed=2).records.take(np.repeat(np.arange(50), 4))
    one, other = (set(records.units[part]) for part in records.parts(count=2, seed=7))
    assert len(one) == len(other) == 25
    assert not one & other


def test_an_arm_that_was_hardly_given_is_not_chosen():
    drawn = draw(world="by spend", rows=2000, seed=1)
    few = np.flatnonzero(drawn.records.chosen == 2)[:20]
    kept = np.sort(np.concatenate([np.flatnonzero(drawn.records.chosen != 2), few]))
    policy = learn(records=drawn.records.take(kept), seed=1)
    assert policy.lines[2] is None
    assert policy.choose(drawn.records.contexts)[:, 2].sum() == 0


def test_categories_and_numbers_that_were_not_seen_are_chosen_for_too():
    policy = learn(records=draw(world="by two together", rows=3000, seed=1).records, seed=1)
    strange = {
        "spent": np.array([-5.0, 1e12]),
        "channel": np.array(["fax", "web"]),
        "new": np.array([0.0, 1.0]),
        "days": np.array([0.0, 1e6]),
    }
    assert policy.choose(strange).sum(axis=1).tolist() == [1, 1]


def test_what_cannot_be_learned_from_is_refused():
    records = draw(world="nothing helps", rows=59, seed=1).records
    with pytest.raises(UnusableRecords, match="59 records so far: a policy is learned from 60 units on"):
        propose(records=records, seed=1)
    assert not propose(records=draw(world="nothing helps", rows=60, seed=1).records, seed=1, splits=2).shown
    held = from_lists(
        contexts=[{"spent": float(row)} for row in range(100)],
        given=["", "note"] * 50,
        propensities=[{"": 0.5, "note": 0.5}] * 99 + [{"note": 1.0}],
        outcomes=[1.0] * 100,
        units=[str(row) for row in range(100)],
    )
    with pytest.raises(UnusableRecords, match="every arm was possible"):
        propose(records=held, seed=1)
    with pytest.raises(UnusableRecords, match="every arm was possible"):
        learn(records=held, seed=1)


@pytest.mark.data
def test_a_retailers_mail_shows_no_gain_by_what_was_known_before():
    proposal = propose(records=measured.hillstrom(outcome="visit"), seed=1, splits=2)
    assert (proposal.best, proposal.shown) == ("Mens E-Mail", False)
    assert proposal.gain.low <= 0 <= proposal.gain.high
    assert "not shown" in proposal.said


def test_regret_grows_slower_than_the_horizon():
    regrets = sum(np.cumsum(measured.lived(rounds=400, seed=seed)[2])[[99, 399]] for seed in range(2))
    assert regrets[1] < 3 * regrets[0], "linear regret is four times as much"
