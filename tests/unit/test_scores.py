"""Scores: what each of 1 to 7 and silence does, and what is no score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from makegood.core.scores import CARES, Rating, UnusableScore, after_score

ASKED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "outcome"),
    [  # EVIDENCE 8 rule 20: under 4 reopens, under 6 stays open, silence is unknown
        (1, "reopen"), (2, "reopen"), (3, "reopen"), (4, "stay_open"), (5, "stay_open"), (6, "satisfied"),
        (7, "satisfied"), (None, "unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("waited", [timedelta(0), timedelta(days=365)])
def test_what_a_score_does(score: int | None, outcome: str, waited: timedelta) -> None:
    found = after_score(score=score, asked_at=ASKED, now=ASKED + waited)
    assert found.outcome == outcome
    assert [reason.rule for reason in found.reasons] == [f"score.{outcome}"]
    assert found.reasons[0].evidence


WRONG: list[Any] = [0, 8, -1, 3.0, "5", True, False]


@pytest.mark.parametrize("score", WRONG)
def test_what_is_no_score(score: Any) -> None:
    with pytest.raises(UnusableScore, match="whole number from 1 to 7"):
        after_score(score=score, asked_at=ASKED, now=ASKED)


def test_a_score_before_it_was_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="before it was asked"):
        after_score(score=5, asked_at=ASKED, now=ASKED - timedelta(seconds=1))


def test_cares_is_five_taps_each_optional() -> None:
    assert len(CARES) == 5
    assert Rating(score=6) == Rating(score=6, **dict.fromkeys(CARES))
    assert Rating(**dict.fromkeys(CARES, 7)).score is None


@pytest.mark.parametrize("tap", ["score", *CARES])
@pytest.mark.parametrize("value", WRONG)
def test_each_tap_is_checked(tap: str, value: Any) -> None:
    with pytest.raises(UnusableScore):
        Rating(**{tap: value})
