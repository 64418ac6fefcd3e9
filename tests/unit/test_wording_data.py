"""Wording rules as data: a language or a rule that cannot be used is refused in words."""

from __future__ import annotations

import pytest

from makegood.core.wording.types import ELEMENTS
from makegood.rules.wording_data import UnableToReadWordingRules, parsed, wording_rules


@pytest.mark.parametrize("language", ["xx", "../en", "templates.en", ""])
def test_an_unknown_language_is_refused(language: str) -> None:
    with pytest.raises(UnableToReadWordingRules, match="no wording rules"):
        wording_rules(language)


ELEMENT_LINES = dict.fromkeys(ELEMENTS, "sorry")
RULE = {
    "id": "a",
    "evidence": None,
    "severity": "block",
    "scope": "any",
    "message": "m",
    "suggestion": "s",
    "patterns": "x",
}
DOCUMENT = {
    "language": "en",
    "words": {},
    "elements": ELEMENT_LINES,
    "signs": {},
    "rules": [RULE],
    "generic": "",
    "limits": {},
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rules": [{**RULE, "patterns": "{nobody} x"}]}, "unknown word class"),
        ({"rules": [{**RULE, "patterns": "(x"}]}, "not a regular expression"),
        ({"rules": [{**RULE, "off_if": ["rainy"]}]}, "unknown condition rainy"),
        ({"rules": [{**RULE, "severity": "loud"}]}, "unknown severity"),
        ({"rules": [{**RULE, "evidence": "Z9"}]}, "register does not hold"),
        ({"elements": {"regret": "sorry"}}, "The elements must be exactly"),
    ],
)
def test_malformed_rules_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(UnableToReadWordingRules, match=says):
        parsed({**DOCUMENT, **change})


def test_a_weight_for_an_unknown_measure_is_refused() -> None:
    weights = {"sentence": {"base": 0.0, "rain": 1.0}, "message": {"base": 0.0}}
    with pytest.raises(UnableToReadWordingRules, match="unknown measure rain"):
        parsed({**DOCUMENT, "weights": weights})
