"""Sixty messages written by somebody who had not seen the rules: thirty good apologies, thirty bad ones."""

from __future__ import annotations

from pathlib import Path

import yaml

from makegood.core.wording import Case, lint
from makegood.rules.wording_data import wording_rules

BLIND = yaml.safe_load((Path(__file__).parent / "data" / "wording_blind.yaml").read_text(encoding="utf-8"))


def judged(kind: str, *, flagged: bool) -> list[str]:
    """The messages of a kind that the linter judged so, each with the rules that blocked it."""
    chosen = []
    for message in BLIND[kind]:
        result = lint(text=message["text"], rules=wording_rules(), case=Case(fault=message["fault"]))
        if result.flagged is flagged:
            blocked = [(item.rule, item.text) for item in result.findings if item.severity == "block"]
            chosen.append(f"{message['text']}\n  -> {blocked} {result.elements}")
    return chosen


def test_the_set_is_whole() -> None:
    assert (len(BLIND["good"]), len(BLIND["bad"])) == (30, 30)


def test_at_most_two_of_thirty_good_apologies_are_flagged() -> None:
    wrong = judged("good", flagged=True)
    assert len(wrong) <= 2, "\n\n".join(wrong)


def test_at_least_twenty_seven_of_thirty_bad_apologies_are_caught() -> None:
    missed = judged("bad", flagged=False)
    assert len(missed) <= 3, "\n\n".join(missed)
