"""Messages written by people who had not seen the rules, good apologies and bad ones; the rules have since seen them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from makegood.core.wording import Case, lint
from makegood.rules.wording_data import wording_rules

SETS = ("blind", "practice_1", "practice_2")
MOST_GOOD_FLAGGED = 2 / 30
LEAST_BAD_CAUGHT = 27 / 30


def messages(name: str) -> dict[str, list[dict[str, str]]]:
    path = Path(__file__).parent / "data" / f"wording_{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def judged(chosen: list[dict[str, str]], *, flagged: bool) -> list[str]:
    """The messages that the linter judged so, each with the rules that blocked it."""
    found = []
    for message in chosen:
        result = lint(text=message["text"], rules=wording_rules(), case=Case(fault=message["fault"]))
        if result.flagged is flagged:
            blocked = [(item.rule, item.text) for item in result.findings if item.severity == "block"]
            found.append(f"{message['text']}\n  -> {blocked} {result.elements}")
    return found


@pytest.mark.parametrize(("name", "size"), [("blind", 30), ("practice_1", 40), ("practice_2", 40)])
def test_the_sets_are_whole(name: str, size: int) -> None:
    assert (len(messages(name)["good"]), len(messages(name)["bad"])) == (size, size)


@pytest.mark.parametrize("name", SETS)
def test_at_most_two_in_thirty_good_apologies_are_flagged(name: str) -> None:
    good = messages(name)["good"]
    wrong = judged(good, flagged=True)
    assert len(wrong) <= MOST_GOOD_FLAGGED * len(good), "\n\n".join(wrong)


@pytest.mark.parametrize("name", SETS)
def test_at_least_twenty_seven_in_thirty_bad_apologies_are_caught(name: str) -> None:
    bad = messages(name)["bad"]
    caught = judged(bad, flagged=True)
    assert len(caught) >= LEAST_BAD_CAUGHT * len(bad), "\n\n".join(judged(bad, flagged=False))
