"""Whether a message acts: what we did or do about the failure, told in whatever words, and what comes on a day.

Repairs have more forms than any list of verbs holds; here they are known by how they are told: done by us or for the
customer since, free or paid, here or on its way, or coming at a time. A sentence that tells the failure is none.
"""

from __future__ import annotations

import re

from makegood.core.wording.types import WordingRules

_BREAK = re.compile(r"[;:]| - |, (?:and|but|so|which|because|as) |\. ")
_OURS = re.compile(r"(?<![\w'])(?:i|we|our|my|us|me|i'll|we'll|i've|we've|i'm|we're|im|ive|weve|ill)(?![\w])")


def acted(clause: str, rules: WordingRules) -> bool:
    """Whether a clause tells a deed that puts something right, not the deed that went wrong."""
    return rules.signs["deed"].search(clause) is not None and not rules.signs["marred"].search(clause)


def due(clause: str, rules: WordingRules) -> bool:
    """Whether a clause tells what comes at a time, and nothing of what was."""
    signs = rules.signs
    return (
        bool(signs["due"].search(clause)) and not signs["past"].search(clause) and not signs["idle_due"].search(clause)
    )


def by_us(clause: str) -> bool:
    """Whether a clause names us."""
    return _OURS.search(clause) is not None


def clauses(sentence: str) -> list[str]:
    """This function will split a sentence into its clauses."""
    return [clause for clause in _BREAK.split(sentence) if clause.strip()]
