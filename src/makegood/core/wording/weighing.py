"""Weighing a message as a whole: what in it makes amends against what turns away from them.

No single phrase decides here. Each cue (a class of words, such as generalising, hedging or telling what one did)
adds its weight; the weights are data, fitted to apologies that people judged. The heaviest sentence is what a reader
should look at first, so it is weighed by itself too.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice

import attrs

from makegood.core.wording.deeds import acted, clauses, due
from makegood.core.wording.reading import KEPT, Reading
from makegood.core.wording.sentences import Sentence
from makegood.core.wording.types import WordingRules

SENTENCE_MEASURES = frozenset(
    {
        "has_responsibility", "has_repair", "has_regret", "has_time", "has_digit", "has_first", "has_second",
        "has_stock", "has_narrated", "has_deed", "length",
    }
)  # fmt: skip
"""What is measured of a sentence besides the cues."""
MESSAGE_MEASURES = (SENTENCE_MEASURES - {"length"}) | {
    "owned", "repaired", "narrated", "timed", "telling", "last_timed", "last_repaired", "last_deed", "timed_share",
    "first_share", "heaviest", "late", "margin",
}  # fmt: skip
"""What is measured of a message besides the cues."""
OWNED = ("responsibility", "repair", "regret")
"""Elements that a sentence is measured by; two sentences together may own what neither does alone."""
LEAST_WORDS = 4
"""Sentences under so many words ("I'm sorry.") are too short to weigh by themselves."""

_FIRST = re.compile(r"(?<!\w)(?:i|we|my|our|us|me)(?!\w)")
_SECOND = re.compile(r"(?<!\w)you")
_DIGIT = re.compile(r"\d")

Measures = Mapping[str, float]


@attrs.frozen(kw_only=True)
class Weight:
    """How far a message turns away from making amends (points; over 0 is too far), the sentence that does most, and
    what was measured of each sentence.
    """

    points: float
    heaviest: Sentence
    measures: tuple[Measures, ...]


def weigh(*, reading: Reading, rules: WordingRules) -> Weight | None:
    """Weigh a message as read; None when the language has no weights or the message no sentence."""
    if not rules.weights or not reading.sentences:
        return None
    of_sentences = [(part, sentence_measures(reading=reading, part=part, rules=rules)) for part in reading.sentences]
    own = rules.weights["sentence"]
    weighed = [
        (_points(measures, own), part) for part, measures in of_sentences if len(part.text.split()) >= LEAST_WORDS
    ] or [(0.0, reading.sentences[0])]
    part = max(weighed, key=lambda item: item[0])[1]
    whole = message_measures(reading=reading, of_sentences=[measures for _, measures in of_sentences])
    whole |= burdens([points for points, _ in weighed])
    return Weight(
        points=_points(whole, rules.weights["message"]),
        heaviest=part,
        measures=tuple(measures for _, measures in of_sentences),
    )


def burdens(points: Sequence[float]) -> dict[str, float]:
    """Measure how the points of a message's sentences lie: a turn away comes late and stands out."""
    return {"heaviest": max(points), "late": max(points[-2:]), "margin": max(points) - statistics.median(points)}


def _points(measures: Measures, weights: Mapping[str, float]) -> float:
    return weights["base"] + sum(weights.get(name, 0.0) * value for name, value in measures.items() if value)


def sentence_measures(*, reading: Reading, part: Sentence, rules: WordingRules) -> dict[str, float]:
    """Measure one sentence: how often each cue is in it (at most twice) and what it holds (0 or 1)."""
    end = part.start + len(part.text)
    held = {span.name for span in reading.spans if part.start <= span.start < end}
    measures = {**_alone(part.text, rules), **{f"has_{name}": float(name in held) for name in OWNED}}
    if "verified" in reading.conditions:  # What is verified may be promised, and weighs nothing.
        measures["promising"] = 0.0
    return measures


@lru_cache(maxsize=KEPT)
def _alone(text: str, rules: WordingRules) -> Measures:
    """What is measured of a sentence whatever message it stands in."""
    cues = {name: float(len(tuple(islice(cue.finditer(text), 2)))) for name, cue in rules.cues.items()}
    return cues | {
        **{f"has_{name}": 0.0 for name in OWNED},
        "has_time": float(rules.signs["time"].search(text) is not None),
        "has_digit": float(_DIGIT.search(text) is not None),
        "has_first": float(_FIRST.search(text) is not None),
        "has_second": float(_SECOND.search(text) is not None),
        "has_stock": float(rules.signs["stock"].search(text) is not None),
        "has_narrated": float(rules.signs["narrated"].search(text) is not None),
        "has_deed": float(any(acted(clause, rules) or due(clause, rules) for clause in clauses(text))),
        "length": min(len(text.split()), 40) / 20,
    }


def message_measures(*, reading: Reading, of_sentences: list[dict[str, float]]) -> dict[str, float]:
    """Measure the whole message from its sentences: cues added up (at most four), and how it is built."""
    weighed = [measures for measures in of_sentences if measures["length"] >= LEAST_WORDS / 20] or of_sentences
    last = weighed[-1]
    count = len(weighed)
    names = [name for name in of_sentences[0] if name != "length"]
    measures = {name: min(sum(item[name] for item in of_sentences), 4.0) for name in names}
    return measures | {
        "owned": float(reading.has("responsibility")),
        "repaired": float(reading.has("repair")),
        "narrated": float(reading.narrated),
        "timed": float(reading.timed),
        "telling": min(len(reading.telling), 30) / 10,
        "last_timed": last["has_time"],
        "last_repaired": last["has_repair"],
        "last_deed": last["has_deed"],
        "timed_share": sum(1 for item in weighed if item["has_time"] or item["has_digit"]) / count,
        "first_share": sum(item["has_first"] for item in weighed) / count,
    }
