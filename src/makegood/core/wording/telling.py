"""What failed, told in the case's own words: it explains, and no rule finds fault with how it is said."""

from __future__ import annotations

import re

import attrs

from makegood.core.wording import linter
from makegood.core.wording.types import Case, Element, Linted, WordingRules

NEUTRAL = ("your order", "order")
"""What is judged in place of what failed, the longest that fits."""


def lint(*, text: str, rules: WordingRules, case: Case | None = None) -> Linted:
    """Judge the wording of one message to a customer.

    `case` says what is known of the failure behind it (by default: our fault, nothing else known). Findings are in
    the order of the text; their offsets are characters of `text`. Evidence P1, P4, P5, P8, P9, P10 and R2.
    """
    plain, told = _plain(text, case.told if case else ())
    if case and told:
        case = attrs.evolve(case, what=None)  # It says what failed, in words that are not judged.
    linted = linter.lint(text=plain, rules=rules, case=case)
    if not told:
        return linted
    spans = sorted({*linted.spans, *told}, key=lambda span: (span.start, span.end, span.name))
    return attrs.evolve(
        linted,
        findings=tuple(attrs.evolve(one, text=text[one.start : one.end]) for one in linted.findings),
        elements=tuple(dict.fromkeys(span.name for span in spans)),
        spans=tuple(spans),
    )


def _plain(text: str, told: tuple[str, ...]) -> tuple[str, list[Element]]:
    """Put neutral words of the same length where the text says what failed, and say where that is."""
    found: list[Element] = []
    for words in filter(None, (one.strip() for one in told)):
        for match in re.finditer(re.escape(words), text, re.IGNORECASE):
            found.append(Element(name="explanation", start=match.start(), end=match.end()))
            neutral = next((one for one in NEUTRAL if len(one) <= len(words)), "")
            text = text[: match.start()] + neutral.ljust(len(words)) + text[match.end() :]
    return text, found
