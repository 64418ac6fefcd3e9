"""Wording: the apology linter. `lint` judges a message; the rules are data (makegood.rules.wording_data)."""

from makegood.core.wording.linter import lint
from makegood.core.wording.types import Case, Element, Finding, Linted, Rule, WordingRules

__all__ = ["Case", "Element", "Finding", "Linted", "Rule", "WordingRules", "lint"]
