"""Wording: `lint` judges a message, `blank` finds one that says nothing; rules are data (rules.wording_data)."""

from makegood.core.wording.blank import blank
from makegood.core.wording.linter import tells_what
from makegood.core.wording.signing import signed_by, signed_for, stands_under
from makegood.core.wording.telling import NEUTRAL, lint
from makegood.core.wording.types import Case, Element, Finding, Linted, Rule, WordingRules

__all__ = [
    "NEUTRAL",
    "Case",
    "Element",
    "Finding",
    "Linted",
    "Rule",
    "WordingRules",
    "blank",
    "lint",
    "signed_by",
    "signed_for",
    "stands_under",
    "tells_what",
]
