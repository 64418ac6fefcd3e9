"""Scores: what the customer's rating from 1 to 7 means, and the five taps of CARES."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import attrs

from makegood.core.reasons import Reason, because

Result = Literal["reopen", "stay_open", "satisfied", "unknown"]
LOWEST: Final = 1
HIGHEST: Final = 7
BENEFIT_FROM: Final = 4
BREAK_EVEN_FROM: Final = 6
CARES: Final = ("communication", "accountability", "responsiveness", "empathy", "solution")


class UnusableScore(ValueError):
    """A score is a whole number from 1 to 7."""


def checked(*, score: object) -> int:
    """This function will return the score if it is a whole number from 1 to 7, and raise UnusableScore if not."""
    if isinstance(score, bool) or not isinstance(score, int) or not LOWEST <= score <= HIGHEST:
        raise UnusableScore(f"{score!r} is not a score: give a whole number from {LOWEST} to {HIGHEST}")
    return score


def _tap(_: object, __: attrs.Attribute[int | None], value: int | None) -> None:
    if value is not None:
        checked(score=value)


@attrs.frozen(kw_only=True)
class Rating:
    """One answer: the score and the five CARES taps, each from 1 to 7 or left out.

    Raises UnusableScore for any other value.
    """

    score: int | None = attrs.field(default=None, validator=_tap)
    communication: int | None = attrs.field(default=None, validator=_tap)
    accountability: int | None = attrs.field(default=None, validator=_tap)
    responsiveness: int | None = attrs.field(default=None, validator=_tap)
    empathy: int | None = attrs.field(default=None, validator=_tap)
    solution: int | None = attrs.field(default=None, validator=_tap)


@attrs.frozen(kw_only=True)
class ScoreOutcome:
    """What a score does to its recovery, and why."""

    outcome: Result
    reasons: tuple[Reason, ...]


_REOPEN = (
    because("score.reopen", "Under 4 the recovery itself has failed: it reopens, one level up.", evidence="1.9"),
)
_STAY_OPEN = (
    because("score.stay_open", "Under 6 fewer customers spend more than spend less: it stays open.", evidence="1.9"),
)
_SATISFIED = (
    because("score.satisfied", "At 6 or 7 the customer is satisfied, which is not yet back.", evidence="1.10"),
)
_UNKNOWN = (
    because("score.unknown", "No answer is not success: most badly served customers say nothing.", evidence="1.9"),
)


def after_score(*, score: int | None, asked_at: datetime, now: datetime) -> ScoreOutcome:
    """This function will say what a score, or its absence, does to the recovery (EVIDENCE 8 rule 20, 1.9).

    Under 4 reopens; under 6 stays open; 6 and 7 are satisfied; None, however long ago it was asked, is unknown.
    Raises UnusableScore for anything but a whole number from 1 to 7, and ValueError for a moment before asking.
    """
    if now < asked_at:
        raise ValueError("A score cannot be judged before it was asked for")
    if score is None:
        return ScoreOutcome(outcome="unknown", reasons=_UNKNOWN)
    if checked(score=score) < BENEFIT_FROM:
        return ScoreOutcome(outcome="reopen", reasons=_REOPEN)
    if score < BREAK_EVEN_FROM:
        return ScoreOutcome(outcome="stay_open", reasons=_STAY_OPEN)
    return ScoreOutcome(outcome="satisfied", reasons=_SATISFIED)
