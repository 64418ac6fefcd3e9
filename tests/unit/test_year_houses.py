"""The simulated year in several houses: what they tell is added up, and nothing of one house is lost."""

from __future__ import annotations

from typing import Any

from benchmarks.year.houses import shares, together


def told(recoveries: int, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "recoveries": recoveries,
        "steps": 10,
        "lived_seconds": seconds,
        "processor_seconds": {"python": 1.25, "database": 0.5},
        "struck": {"told twice": 1},
        "done": {"ratings": recoveries},
        "refused": {},
        "looked": 3,
        "checking_seconds": 0.5,
        "broken": {},
        "fingerprint": f"{recoveries}",
        **more,
    }


def test_shares_leave_nobody_out() -> None:
    assert shares(50, 2) == [25, 25]
    assert shares(7, 3) == [3, 2, 2]
    assert shares(1, 2) == [1, 0]


def test_houses_are_added_up_and_the_slowest_says_how_long_it_took() -> None:
    both = together([told(30, 10.0, done={"ratings": 30, "incidents": 2}), told(20, 20.0)])
    assert (both["recoveries"], both["steps"], both["looked"]) == (50, 20, 6)
    assert both["recoveries_per_second"] == 2.5
    assert both["processor_seconds"] == {"python": 2.5, "database": 1.0}
    assert both["done"] == {"incidents": 2, "ratings": 50}
    assert both["struck"] == {"told twice": 2}


def test_a_rule_broken_in_one_house_is_told_with_the_house() -> None:
    both = together([told(1, 1.0), told(1, 1.0, broken={"a rule": "3 times"})])
    assert both["broken"] == {"a rule, in house 1": "3 times"}


def test_the_fingerprint_is_of_all_houses_or_of_none() -> None:
    one, other, killed = told(1, 1.0), told(2, 1.0), told(3, 1.0, fingerprint="")
    assert together([one, other])["fingerprint"] == together([one, other])["fingerprint"]
    assert together([one, other])["fingerprint"] != together([other, one])["fingerprint"]
    assert together([one, killed])["fingerprint"] == ""
