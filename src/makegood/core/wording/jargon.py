"""Words that only insiders know: abbreviations nobody spelled out, and the talk of a trade, a system or a queue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makegood.core.wording.sentences import Sentence
from makegood.core.wording.types import WordingRules

Span = tuple[int, int]

_CAPITALS = re.compile(
    r"(?<![\w$\u00a3\u20ac&'\u2019./-])[A-Z]{2,6}\d?s?(?![\w'\u2019$\u00a3\u20ac&/-])(?!\s?[$\u00a3\u20ac\d])|\bL[1-4]\b"
)

_SHOUTED = re.compile(r"(?:[A-Z]{2,}[\s,.!?'-]+){2,}[A-Z]{2,}")
_HEADING = re.compile(r"(?:^|(?<=[.!?]\s))[A-Z]{3,}(?=:\s)", re.MULTILINE)
ENOUGH = 2
"""Insiders' words that make a message one for insiders; a single one is advice."""


def insiders_words(*, text: str, parts: tuple[Sentence, ...], rules: WordingRules) -> list[Span]:
    """This function will return where insiders' words stand in `text`, in order.

    `parts` are the message's sentences in normal form. Shouting, and capitals that everybody knows, do not count.
    """
    return sorted({*_abbreviations(text, rules), *_talk(parts, rules)})


def _abbreviations(text: str, rules: WordingRules) -> Iterator[Span]:
    shouted = [match.span() for pattern in (_SHOUTED, _HEADING) for match in pattern.finditer(text)]
    seen: set[str] = set()
    for match in _CAPITALS.finditer(text):
        word = match.group().rstrip("s0123456789").lower() or match.group().lower()
        known = word in rules.capitals or word in rules.generic or word in seen
        if not known and not any(start <= match.start() < end for start, end in shouted):
            seen.add(word)
            yield match.span()


def _talk(parts: tuple[Sentence, ...], rules: WordingRules) -> Iterator[Span]:
    talk = rules.signs.get("insiders")
    if talk is None:
        return
    for part in parts:
        for match in talk.finditer(part.text):
            yield part.start + match.start(), part.start + match.end()
