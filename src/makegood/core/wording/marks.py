"""Marks of sentences and messages: the small signs by which the naming of rules weighs them (core.wording.naming).

A sentence is marked by its words, pairs and pairs with a gap, by pieces of its longer words (which it shares with words
that are alike), by its frame (its commonest words without what stands between them: "if you had .. it would have"), by
its concepts (core.wording.concepts) in their order, by what was measured and found in it, where it stands and what the
sentence before it held.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from makegood.core.wording.concepts import ENDINGS, OTHER, STOP, Concepts, concepts_of
from makegood.core.wording.reading import Reading
from makegood.core.wording.types import ELEMENTS, Finding

_TOKEN = re.compile(
    r"[\u00a3$\u20ac]\s?\d[\d.,]*\d|[\u00a3$\u20ac]\s?\d|\d[\d.,]*\s?[\u00a3\u20ac$]|\d{1,2}[:.]\d\d(?!\d)|"
    r"\d{1,2}\s?[ap]\.?m\b|[^\W\d_]+(?:'[^\W\d_]+)?|\d[\d.,]*|[\u00a3$\u20ac?!:;,()-]"
)
_SUMS = "\u00a3$\u20ac"
_ENDINGS = ("ing", "ed", "es", "s", "ly")
_UNKNOWN = frozenset((OTHER, STOP, *(f"-{ending}" for ending in ENDINGS)))
"""Concepts of words of which only their form is known."""
_PIECES, _FRAMES = (3, 4, 5), (2, 3, 4)
"""Letters of a piece of a word, words of a piece of a frame."""
_LENGTHS, _SORRIES, _WORDS, _TELLING, _SENTENCES = (
    (5, 10, 18, 28), range(1, 7), (20, 30, 40, 60, 80, 110), (3, 6, 10, 14, 20, 30), (2, 3, 4, 6, 8),
)  # fmt: skip
"""Steps at which a length or a count becomes another mark."""
LONG = 5
"""Letters over which a word counts without its ending too; endings leave at least four letters."""


def words_of(text: str) -> list[str]:
    """This function will split a sentence in normal form into words, sums, times, numbers and stops."""
    return [_token(found) for found in _TOKEN.findall(text)]


def _token(found: str) -> str:
    if found[0] in _SUMS or found[-1] in _SUMS:
        return "$#" if len(found) > 1 else "$"
    if found[0].isdigit():
        return "#t" if found[-1] == "m" or ":" in found else "#"
    return found


def word_marks(text: str, common: Collection[str], known: Concepts) -> set[str]:
    """This function will return the marks of a sentence's words and of their concepts, and how long it is; `common` are
    words of a frame.
    """
    words = words_of(text)
    marks = {f"w:{word}" for word in words}
    for word in marks.copy():
        marks.update(_pieces(word))
    around = ["^", *words, "."]
    marks.update([f"b:{one} {other}" for one, other in pairwise(around)])
    marks.update([f"k:{one} {other}" for one, other in zip(around, around[2:], strict=False)])
    frame = ["^", *[word for word in words if word in common], "."]
    for size in _FRAMES:
        marks.update(["h:" + " ".join(frame[at : at + size]) for at in range(len(frame) - size + 1)])
    marks.update(concept_marks(concepts_of(words, known)))
    marks.add(f"l:{sum(len(words) >= step for step in _LENGTHS)}")
    return marks


def concept_marks(concepts: Sequence[str]) -> set[str]:
    """This function will return the marks of concepts: each, side by side, and those that are known in their order."""
    marks = {f"q:{concept}" for concept in concepts}
    marks.update([f"q2:{one} {other}" for one, other in pairwise(("^", *concepts, "."))])
    order = ["^", *[concept for concept in concepts if concept not in _UNKNOWN], "."]
    marks.update([f"o2:{one} {other}" for one, other in pairwise(order)])
    marks.update([f"o_:{one} {other}" for one, other in zip(order, order[2:], strict=False)])
    marks.update(["o3:" + " ".join(order[at : at + 3]) for at in range(len(order) - 2)])
    return marks


@functools.lru_cache(maxsize=20_000)
def _pieces(mark: str) -> tuple[str, ...]:
    """Marks of the stem of a word, given as its own mark, and of the pieces of it with its ends."""
    word = mark[2:]
    if len(word) <= _PIECES[0]:
        return ()
    ended = f"<{word}>"
    pieces = [f"g:{ended[at : at + size]}" for size in _PIECES for at in range(len(ended) - size + 1)]
    return (*pieces, f"s:{_stem(word)}") if len(word) > LONG else tuple(pieces)


def found_marks(
    *, reading: Reading, place: int, measures: Mapping[str, float], findings: Sequence[Finding]
) -> set[str]:
    """This function will return what was measured and found in one sentence (by its place in the message)."""
    part = reading.sentences[place]
    end = part.start + len(part.text)
    held = [(name, value) for name, value in measures.items() if value and name != "length"]
    marks = {f"m:{name}" for name, _ in held}
    marks.update([f"m2:{name}" for name, value in held if value >= 2])
    marks.update([f"e:{span.name}" for span in reading.spans if part.start <= span.start < end])
    for found in findings:
        if part.start <= found.start < end and found.end > found.start and found.rule != "wording.balance":
            marks.update((f"r:{_short(found)}", f"r:{_short(found)} {found.severity}"))
    return marks


def sentence_marks(
    *,
    reading: Reading,
    measures: Sequence[Mapping[str, float]],
    findings: Sequence[Finding],
    common: Collection[str],
    known: Concepts,
) -> list[set[str]]:
    """This function will return the marks of each sentence of a message."""
    found = [
        found_marks(reading=reading, place=place, measures=item, findings=findings)
        for place, item in enumerate(measures)
    ]
    last, answer = len(found) - 1, []
    for place, own in enumerate(found):
        marks = word_marks(reading.sentences[place].text, common, known) | own
        if place == 0:
            marks.add("p:first")
        else:
            marks.update(_before(found[place - 1]))
        if place == last:
            marks.add("p:last")
        if place >= last - 1 > 0:
            marks.add("p:late")
        answer.append(marks)
    return answer


def _before(marks: Iterable[str]) -> list[str]:
    return [f"x:prev {mark}" for mark in marks if mark[:2] == "e:" or mark == "m:has_deed"]


def message_marks(*, reading: Reading, findings: Sequence[Finding]) -> set[str]:
    """This function will return the marks of a message as a whole."""
    marks = {f"f:{_short(found)} {found.severity}" for found in findings}
    marks.add("fault_ours" if "fault_ours" in reading.conditions else "not_ours")
    for name, value, steps in (
        ("sorries", len(reading.sorries), _SORRIES),
        ("words", reading.words, _WORDS),
        ("telling", len(reading.telling), _TELLING),
        ("sentences", len(reading.sentences), _SENTENCES),
    ):
        marks.update(f"{name} {step}" for step in steps if value >= step)
    marks.add(f"dense {min(4, len(reading.sorries) * 100 // max(reading.words, 1))}")
    marks.update(f"e:{name}" for name in ELEMENTS if reading.has(name))
    marks.add(f"what {reading.what_told}")
    marks.update(name for name, holds in (("timed", reading.timed), ("narrated", reading.narrated)) if holds)
    return marks


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LONG - 1:
            return word[: -len(ending)]
    return word


def _short(found: Finding) -> str:
    return found.rule.removeprefix("wording.")
