"""Owners: never nobody, the order of preferences, and a spread that depends on state and key only."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.owners import Candidate, UnableToFindOwner, choose


def member(number: int, **facts: Any) -> Candidate:
    return Candidate(
        **{"id": number, "tier": 1, "load": 0, "present": True, "serves_place": True, "in_team": True, **facts}
    )


any_member = st.builds(
    Candidate,
    id=st.integers(min_value=1, max_value=2**40),
    tier=st.integers(min_value=1, max_value=3),
    load=st.integers(min_value=0, max_value=500),
    present=st.booleans(),
    serves_place=st.booleans(),
    in_team=st.booleans(),
)
members = st.lists(any_member, min_size=1, max_size=12, unique_by=lambda one: one.id)
tiers = st.integers(min_value=1, max_value=3)


def test_only_an_empty_list_has_no_owner() -> None:
    with pytest.raises(UnableToFindOwner, match="add a member"):
        choose(key="r", candidates=[], tier=1)


@given(candidates=members, tier=tiers, key=st.text())
def test_never_nobody(candidates: list[Candidate], tier: int, key: str) -> None:
    chosen = choose(key=key, candidates=candidates, tier=tier)
    assert chosen.id in {one.id for one in candidates}
    assert chosen.reasons


@given(candidates=members, tier=tiers, key=st.text(), data=st.data())
def test_the_order_of_candidates_does_not_matter(
    candidates: list[Candidate], tier: int, key: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(candidates))
    assert choose(key=key, candidates=candidates, tier=tier) == choose(key=key, candidates=shuffled, tier=tier)


@given(candidates=members, tier=tiers, key=st.text())
def test_preferences_come_in_their_order(candidates: list[Candidate], tier: int, key: str) -> None:
    chosen = choose(key=key, candidates=candidates, tier=tier)
    one = next(candidate for candidate in candidates if candidate.id == chosen.id)
    reached = (min(one.tier, tier), one.present, one.serves_place, one.in_team, -one.tier)
    assert reached == max(
        (min(each.tier, tier), each.present, each.serves_place, each.in_team, -each.tier) for each in candidates
    )


@given(candidates=members, tier=tiers, key=st.text(), data=st.data())
def test_who_is_not_chosen_does_not_matter(
    candidates: list[Candidate], tier: int, key: str, data: st.DataObject
) -> None:
    chosen = choose(key=key, candidates=candidates, tier=tier)
    rest = [one for one in candidates if one.id == chosen.id or data.draw(st.booleans())]
    assert choose(key=key, candidates=rest, tier=tier).id == chosen.id


@pytest.mark.parametrize(
    ("candidates", "tier", "owner"),
    [
        # enough tier before presence, presence before place, place before team
        ([member(1, tier=2, present=False), member(2)], 2, 1),
        ([member(1, serves_place=False, in_team=False), member(2, present=False)], 1, 1),
        ([member(1, in_team=False), member(2, serves_place=False)], 1, 1),
        ([member(1, in_team=False), member(2)], 1, 2),
        # the lowest tier that is enough, even with more to do
        ([member(1, tier=3), member(2, tier=2), member(3, load=30)], 1, 3),
        ([member(1, tier=3), member(2, tier=2, load=30), member(3)], 2, 2),
        # tier by tier down when nobody is high enough
        ([member(1), member(2, tier=2, present=False, serves_place=False, in_team=False)], 3, 2),
        ([member(1, present=False), member(2, present=False, in_team=False)], 3, 1),
        # the last one there, absent and elsewhere
        ([member(1, present=False, serves_place=False, in_team=False)], 3, 1),
    ],
)
def test_who_is_preferred(candidates: list[Candidate], tier: int, owner: int) -> None:
    assert choose(key="any", candidates=candidates, tier=tier).id == owner


def test_reasons_say_what_was_and_was_not_found() -> None:
    chosen = choose(key="k", candidates=[member(1, present=False)], tier=2)
    assert [reason.rule for reason in chosen.reasons] == [
        "owner.tier", "owner.presence", "owner.place", "owner.team", "owner.only",
    ]  # fmt: skip
    assert chosen.reasons[0].text.startswith("Nobody of the tier")
    assert chosen.reasons[1].text.startswith("Everybody suitable is away")


def test_equals_are_spread_evenly() -> None:
    candidates = [member(number) for number in range(1, 11)]
    counts = Counter(choose(key=f"recovery-{n}", candidates=candidates, tier=1).id for n in range(5000))
    # 500 expected each; the standard deviation is 21
    assert all(400 < counts[one.id] < 600 for one in candidates)


def test_load_weighs_steeply() -> None:
    candidates = [member(1, load=0), member(2, load=1), member(3, load=9)]
    counts = Counter(choose(key=f"recovery-{n}", candidates=candidates, tier=1).id for n in range(4000))
    # weights 1, 1/8, 1/1000: 3,553, 444 and 4 expected
    assert 3440 < counts[1] < 3660
    assert 340 < counts[2] < 550
    assert counts[3] < 20


@given(candidates=members, tier=tiers, key=st.text(), more=st.integers(min_value=1, max_value=50))
def test_more_load_never_attracts(candidates: list[Candidate], tier: int, key: str, more: int) -> None:
    chosen = choose(key=key, candidates=candidates, tier=tier)
    others = [one if one.id == chosen.id else attrs.evolve(one, load=one.load + more) for one in candidates]
    assert choose(key=key, candidates=others, tier=tier).id == chosen.id


def test_loads_even_out_as_owners_are_chosen() -> None:
    load = dict.fromkeys(range(1, 21), 0)
    for n in range(1000):
        candidates = [member(number, load=held) for number, held in load.items()]
        load[choose(key=f"recovery-{n}", candidates=candidates, tier=1).id] += 1
    assert max(load.values()) - min(load.values()) <= 20  # 50 each on average


def test_another_process_chooses_the_same() -> None:
    candidates = [member(number, load=number % 4) for number in range(1, 30)]
    here = [choose(key=f"r{n}", candidates=candidates, tier=1).id for n in range(20)]
    program = (
        "from makegood.core.owners import Candidate, choose\n"
        "c = [Candidate(id=i, tier=1, load=i % 4, present=True, serves_place=True, in_team=True)"
        " for i in range(1, 30)]\n"
        "print([choose(key=f'r{n}', candidates=c, tier=1).id for n in range(20)])"
    )
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert there.stdout.strip() == str(here)
