"""Concepts: words and phrases that mean alike leave the same marks, in the order in which they are said."""

from __future__ import annotations

import attrs
import pytest
from tests.unit.test_wording_data import DOCUMENT
from tests.unit.test_wording_naming import LATE, RULES, blocking, one_rule

from makegood.core.wording import Case, lint
from makegood.core.wording.concepts import Concepts, concepts_of
from makegood.core.wording.marks import concept_marks, words_of
from makegood.rules.wording_data import UnableToReadWordingRules, concepts_from, parsed

KNOWN = concepts_from(
    {
        "staff": "driver* | locum",
        "contempt": "own bat | off his own bat",
        "he": "he | his",
        "sum": "\u00a35",
        "time": "5 | 5pm | within 5 days",
        "idle": "the | off",
    }
)


def said(text: str, known: Concepts = KNOWN) -> list[str]:
    return concepts_of(words_of(text), known)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("the drivers", ["staff"]),
        ("off his own bat", ["contempt"]),
        ("his own bat", ["he", "contempt"]),
        ("his own", ["he", "+"]),
        ("\u00a342.10 at 16:40 within 12 days", ["sum", "+", "time", "time"]),
        ("he hasn't, he sadly limped! blorbing?", ["he", "not", "stop", "he", "-ly", "-ed", "!", "-ing", "?"]),
        ("green moon red, sing", ["+", "stop", "+"]),
        ("", []),
    ],
)
def test_reads_the_longest_phrase_else_the_word_else_its_form(text: str, concepts: list[str]) -> None:
    assert said(text) == concepts


def test_without_concepts_only_forms_are_read() -> None:
    assert said("the drivers walked", Concepts()) == ["+", "-ed"]


def test_order_is_marked_past_what_is_not_known() -> None:
    marks = concept_marks(["staff", "+", "contempt", "stop", "sum"])
    assert {"q:staff", "q2:staff +", "q2:^ staff", "o2:staff contempt", "o_:staff sum"} <= marks
    assert {"o3:staff contempt sum", "o3:contempt sum ."} <= marks
    assert not {"q2:staff contempt", "o2:contempt staff"} & marks


@pytest.mark.parametrize("sentence", ["The locum did it off his own bat.", "A driver, sadly, off his own bat."])
def test_concepts_in_their_order_speak_for_a_rule_in_whatever_words(sentence: str) -> None:
    naming = one_rule("wording.staff-blame", "o2:staff contempt", points=1.0)
    rules = attrs.evolve(RULES, naming=naming, concepts=KNOWN)
    for one, broken in ((sentence, True), ("Off his own bat did he hire the locum.", False)):
        judged = lint(text=LATE + one, rules=rules, case=Case(is_apology=True))
        assert ("staff-blame" in blocking(judged)) is broken


@pytest.mark.parametrize(
    ("concepts", "says"),
    [
        ({"one": "a bed", "other": "a bed"}, "'a bed' under other stands twice"),
        ({"one": "bed* | bed*"}, "stands twice"),
        ({"one": "bed | | sun"}, "is no word"),
        ({"one": "be*"}, "too short"),
        ({"one": "a bed*"}, "no beginning of a word"),
    ],
)
def test_malformed_concepts_are_refused(concepts: dict[str, str], says: str) -> None:
    with pytest.raises(UnableToReadWordingRules, match=says):
        parsed({**DOCUMENT, "concepts": concepts})
