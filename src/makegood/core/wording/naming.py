"""Naming what is wrong with an apology: which rules the message breaks as a whole, and the sentence that shows each.

A pattern finds a phrase; people break a rule in ever other words. So each rule has a small linear model, fitted to
messages that people labelled (benchmarks/fit_naming.py): every mark of a sentence (its words, pairs of words, cues,
elements, what the patterns found in it) adds points to the rule, and a message breaks the rule where its sentences and
its own marks add up to enough. For a rule about something missing the points speak of its presence instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import attrs

from makegood.core.wording.reading import Reading
from makegood.core.wording.sentences import Sentence
from makegood.core.wording.types import ELEMENTS, Finding, Naming

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[\u00a3$\u20ac?!:;]")
_SUMS = "\u00a3$\u20ac"
_ENDINGS = ("ing", "ed", "es", "s", "ly")
_LENGTHS, _SORRIES, _WORDS, _TELLING, _SENTENCES = (
    (5, 10, 18, 28), range(1, 7), (20, 30, 40, 60, 80, 110), (3, 6, 10, 14, 20, 30), (2, 3, 4, 6, 8),
)  # fmt: skip
"""Steps at which a length or a count becomes another mark."""
Kinds = Mapping[str, tuple[str, ...]]

LONG = 5
"""Letters over which a word counts without its ending too; endings leave at least four letters."""
SEEN = 1.0
"""Points against something missing that the patterns see; of messages named for less, half were so wrongly."""


@attrs.frozen(kw_only=True)
class Named:
    """How far a message is over the line of a rule (points; at least 0 breaks it) and the sentence that shows it."""

    points: float
    sentence: Sentence


def named(
    *,
    reading: Reading,
    measures: Sequence[Mapping[str, float]],
    findings: Sequence[Finding],
    naming: Naming,
    kinds: Kinds,
) -> dict[str, Named]:
    """This function will weigh a message as read against each rule and return all of them by rule id.

    `measures` are those of its sentences (weighing.sentence_measures), `findings` what the patterns found,
    `kinds` the kinds of each word that has any. A message without sentences breaks none.
    """
    if not reading.sentences:
        return {}
    count = len(naming.rules)
    points = [
        _added(
            sentence_marks(reading=reading, place=place, measures=item, findings=findings, kinds=kinds),
            naming.sentence,
            count,
        )
        for place, item in enumerate(measures)
    ]
    whole = _added(message_marks(reading=reading, findings=findings), naming.message, count)
    lacking = {naming.finer.get(item.rule, item.rule) for item in findings}
    answer = {}
    for index, rule in enumerate(naming.rules):
        column = [row[index] / 100 + naming.inner[index] for row in points]
        most = max(column)
        pooled = most + math.log(sum(math.exp(value - most) for value in column))
        total = naming.outer[index] + whole[index] / 100 + (-pooled if rule in naming.absences else pooled)
        total -= naming.lines[index] + (SEEN if rule in naming.absences - lacking else 0.0)
        answer[rule] = Named(points=total, sentence=reading.sentences[column.index(most)])
    return answer


def _added(marks: set[str], weights: Mapping[str, Sequence[tuple[int, int]]], count: int) -> list[int]:
    """Hundredths of points for each rule: whole numbers add up the same in any order."""
    points = [0] * count
    for mark in marks:
        pairs = weights.get(mark)
        if pairs is not None:
            for index, weight in pairs:
                points[index] += weight
    return points


def sentence_marks(
    *, reading: Reading, place: int, measures: Mapping[str, float], findings: Sequence[Finding], kinds: Kinds
) -> set[str]:
    """This function will return the marks of one sentence (by its place in the message)."""
    part = reading.sentences[place]
    words = [_token(found) for found in _TOKEN.findall(part.text)]
    marks = {f"w:{word}" for word in words} | {f"s:{_stem(word)}" for word in words if len(word) > LONG}
    marks.update(f"b:{one} {other}" for one, other in zip(["^", *words], [*words, "."], strict=True))
    marks.update(f"k:{kind}" for word in words for kind in kinds.get(word, ()))
    marks.update(f"m:{name}" for name, value in measures.items() if value and name != "length")
    end = part.start + len(part.text)
    marks.update(f"e:{span.name}" for span in reading.spans if part.start <= span.start < end)
    for found in findings:
        if part.start <= found.start < end and found.end > found.start and found.rule != "wording.balance":
            marks.update((f"r:{_short(found)}", f"r:{_short(found)} {found.severity}"))
    last = len(reading.sentences) - 1
    marks.update(
        name
        for name, holds in (("p:first", place == 0), ("p:last", place == last), ("p:late", place >= last - 1 > 0))
        if holds
    )
    marks.add(f"l:{sum(len(words) >= step for step in _LENGTHS)}")
    return marks


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


def _token(found: str) -> str:
    return "#" if found[0].isdigit() else "$" if found in _SUMS else found


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LONG - 1:
            return word[: -len(ending)]
    return word


def _short(found: Finding) -> str:
    return found.rule.removeprefix("wording.")
