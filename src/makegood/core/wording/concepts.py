"""What the words of a sentence mean here: its concepts, in the order in which they are said.

People break a rule in ever other words, but by few thoughts: somebody of ours, a deed undone, "you should have", a time
that is none. Words and phrases that mean about the same are gathered by hand (rules/wording/en.concepts.yaml), so that
what was learned of one holds for the others (core.wording.marks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import attrs

IDLE = "idle"
"""The concept of words that mean nothing by themselves."""
OTHER, STOP, NOT = "+", "stop", "not"
"""Any word that is not known, a comma or the like, and what ends in "n't"."""
ENDINGS = ("ed", "ing", "ly")
"""By which words that are not known are told apart."""
LEAST = 3
"""Letters before an ending, and of a beginning that stands for all words that begin so."""


@attrs.frozen(eq=False)
class Concepts:
    """Concepts by phrase (words as core.wording.marks splits them), and by the beginning of a word."""

    phrases: Mapping[tuple[str, ...], str] = attrs.field(factory=dict)
    beginnings: Mapping[str, str] = attrs.field(factory=dict)
    longest: Mapping[str, int] = attrs.field(init=False)
    """Words of the longest phrase that begins with a word."""

    @longest.default
    def _longest(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for phrase in self.phrases:
            found[phrase[0]] = max(len(phrase), found.get(phrase[0], 1))
        return found


def concepts_of(words: Sequence[str], known: Concepts) -> list[str]:
    """This function will return the concepts of a sentence's words; words side by side that are not known are one."""
    found: list[str] = []
    for concept in _said(words, known):
        if concept != IDLE and not (concept == OTHER and found and found[-1] == OTHER):
            found.append(concept)
    return found


def _said(words: Sequence[str], known: Concepts) -> Iterator[str]:
    place = 0
    while place < len(words):
        for size in range(min(known.longest.get(words[place], 1), len(words) - place), 1, -1):
            concept = known.phrases.get(tuple(words[place : place + size]))
            if concept is not None:
                break
        else:
            size, concept = 1, _of_word(words[place], known)
        yield concept
        place += size


@lru_cache(maxsize=20_000)
def _of_word(word: str, known: Concepts) -> str:
    if (word,) in known.phrases:
        return known.phrases[word,]
    for size in range(len(word), LEAST - 1, -1):
        if word[:size] in known.beginnings:
            return known.beginnings[word[:size]]
    if word.endswith("n't"):
        return NOT
    if not word[0].isalnum():
        return word if word in "?!" else STOP
    return next((f"-{end}" for end in ENDINGS if word.endswith(end) and len(word) >= LEAST + len(end)), OTHER)
