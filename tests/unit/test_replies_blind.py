"""Thirty replies written by someone who had not seen the rules: no thanks reopens, every "still broken" reaches the owner."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from makegood.core.replies import read_reply

BLIND = yaml.safe_load((Path(__file__).parent / "data" / "replies_blind.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", BLIND["thanks"])
def test_a_thanks_leaves_the_recovery_as_it_is(text: str) -> None:
    assert read_reply(text=text).kind == "thanks"


@pytest.mark.parametrize("text", BLIND["still_broken"])
def test_still_broken_reaches_the_owner(text: str) -> None:
    assert read_reply(text=text).reaches_owner


def test_there_are_fifteen_of_each() -> None:
    assert (len(BLIND["thanks"]), len(BLIND["still_broken"])) == (15, 15)
