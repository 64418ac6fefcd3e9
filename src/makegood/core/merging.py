"""Merging what two people made of one text: lines that only one of them touched go together by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import attrs


@attrs.frozen(kw_only=True)
class Merged:
    """One text out of two. Where both changed the same lines, theirs stand before mine and it is not `clean`."""

    text: str
    clean: bool


Span = tuple[int, int, tuple[str, ...]]
"""Lines [from, to) of the first text and what one of the two wrote in their place."""


def merge(*, was: str, theirs: str, mine: str) -> Merged:
    """This function will merge two changes of one text, line by line.

    Lines that one of them changed are taken from them, lines that both changed alike are taken once. Lines that both
    changed differently are kept twice, theirs first, so that nothing is lost.
    """
    lines = was.split("\n")
    left, right = _changes(lines, theirs.split("\n")), _changes(lines, mine.split("\n"))
    merged: list[str] = []
    clean, at = True, 0
    while left or right:
        start = min(spans[0][0] for spans in (left, right) if spans)
        merged += lines[at:start]
        ours, yours, end = _touching(left, right, start)
        first, second = _put(lines, ours, start, end), _put(lines, yours, start, end)
        if not yours or first == second:
            merged += first
        elif not ours:
            merged += second
        else:
            merged += [*first, *second]
            clean = False
        at = end
    return Merged(text="\n".join([*merged, *lines[at:]]), clean=clean)


def _changes(lines: Sequence[str], changed: Sequence[str]) -> list[Span]:
    codes = SequenceMatcher(None, lines, changed, autojunk=False).get_opcodes()
    return [(i, j, tuple(changed[k:m])) for tag, i, j, k, m in codes if tag != "equal"]


def _touching(left: list[Span], right: list[Span], start: int) -> tuple[list[Span], list[Span], int]:
    """Take off both lists the changes that overlap or meet, from `start` on; return them and where they end."""
    taken: tuple[list[Span], list[Span]] = ([], [])
    end, grew = start, True
    while grew:
        grew = False
        for spans, mine in ((left, taken[0]), (right, taken[1])):
            while spans and spans[0][0] <= end:
                mine.append(spans.pop(0))
                end = max(end, mine[-1][1])
                grew = True
    return taken[0], taken[1], end


def _put(lines: Sequence[str], spans: Sequence[Span], start: int, end: int) -> list[str]:
    """What one of the two made of the lines [start, end)."""
    made: list[str] = []
    at = start
    for first, last, text in spans:
        made += [*lines[at:first], *text]
        at = last
    return [*made, *lines[at:end]]
