"""Naming what is wrong with an apology: which rules the message breaks as a whole, and the sentence that shows each.

A pattern finds a phrase; people break a rule in ever other words. So two small linear models, fitted to messages and
sentences that people labelled (benchmarks/fit_naming.py), speak one after the other. The first weighs each sentence by
its marks (core.wording.marks) for every *part*: a rule that a sentence can break, or something good that it can hold
(what failed, owning it, a repair, a next step, a sorry). The second weighs the message for each rule by what its
sentences weigh, alone and together: a deed without a doer counts otherwise where another sentence owns it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul

import attrs

from makegood.core.wording.concepts import Concepts
from makegood.core.wording.marks import message_marks, sentence_marks
from makegood.core.wording.packing import NARROW, unpacked
from makegood.core.wording.reading import Reading
from makegood.core.wording.sentences import Sentence
from makegood.core.wording.types import Finding, Naming
from makegood.core.wording.weighing import Weight

GOOD = ("own", "next", "repair", "sorry", "what")
"""Parts that a good message holds."""
OPEN = "open"
"""The part of something that is still to come."""
BESIDE = ("passive", "excuse", "staff_blame", "blame", "vague_next")
"""Parts that read otherwise where the same sentence holds something good."""
_PAIRED = (("own", "next"), ("own", "repair"), ("repair", "next"), ("what", "own"), ("own", "sorry"))
_FINE = 4096
"""Measures are weighed as whole numbers of so many to one."""
_FEW = 1e-6
"""What a part outdoes where no other is in sight."""
_LEAST = -8.0
"""Points of a second sentence where there is none."""


@attrs.frozen(kw_only=True)
class Named:
    """How far a message is over the line of a rule (points; at least 0 breaks it) and the sentence that shows it.

    `sentence` is None for a rule about the message as a whole.
    """

    points: float
    sentence: Sentence | None


def named(
    *, reading: Reading, weight: Weight, over: float, findings: Sequence[Finding], naming: Naming, concepts: Concepts
) -> dict[str, Named]:
    """This function will weigh a message as read against each rule and return all of them by rule id.

    `weight` is what it weighs (weighing.weigh) and `over` how far that is over its limit, `findings` what the patterns
    found. A message without sentences breaks none.
    """
    if not reading.sentences:
        return {}
    marks = sentence_marks(
        reading=reading, measures=weight.measures, findings=findings, common=naming.common, known=concepts
    )
    points = sentence_points(marks, naming)
    measures = measured(points) | {"weight": weight.points, "over": over, "sentences": float(len(marks))}
    measures.update(dict.fromkeys(message_marks(reading=reading, findings=findings), 1.0))
    values = [round(measures.get(name, 0.0) * _FINE) for name in naming.measures]
    totals = unpacked(sum(map(mul, values, naming.weights)), len(naming.rules))
    answer = {}
    for place, rule in enumerate(naming.rules):
        total = naming.starts[place] + totals[place] / (1000 * _FINE)
        shown = naming.shown[place]
        column = points[shown] if shown else []
        sentence = reading.sentences[column.index(max(column))] if column else None
        answer[rule] = Named(points=total - naming.lines[place], sentence=sentence)
    return answer


def sentence_points(marks: Sequence[set[str]], naming: Naming) -> dict[str, list[float]]:
    """This function will return by part the points of each sentence with these marks."""
    weights = naming.marks.get
    rows = [
        unpacked(sum([found for mark in one if (found := weights(mark))]), len(naming.parts), bits=NARROW)
        for one in marks
    ]
    return {
        part: [base + row[index] / 100 for row in rows]
        for index, (part, base) in enumerate(zip(naming.parts, naming.bases, strict=True))
    }


def measured(points: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """This function will measure a message by the points of its sentences, by part."""
    found: dict[str, float] = {}
    likely: dict[str, float] = {}
    for part, column in points.items():
        most = max(column)
        total = most + math.log(sum([math.exp(value - most) for value in column]))
        likely[part] = _chance(total)
        found[f"most {part}"] = most
        found[f"all {part}"] = total
        found[f"sum {part}"] = sum([_chance(value) for value in column])
        found[f"second {part}"] = sorted(column)[-2] if len(column) > 1 else _LEAST
        found[f"last {part}"] = column[-1]
        found[f"likely {part}"] = likely[part]
    found |= _rivalled(points)
    good = [name for name in GOOD if name in likely]
    for part in (name for name in likely if name not in GOOD):
        for name in good:
            found[f"both {part} {name}"] = likely[part] * likely[name]
    for one, other in _PAIRED:
        if one in likely and other in likely:
            found[f"both {one} {other}"] = likely[one] * likely[other]
    if {"next", "vague_next", OPEN} <= likely.keys():
        silent = (1 - likely["next"]) * (1 - likely["vague_next"])
        found |= {"silent": silent, "open silent": likely[OPEN] * silent}
    for part in BESIDE:
        if part in points:
            place = points[part].index(max(points[part]))
            found.update({f"at {part} {name}": points[name][place] for name in good})
    return found


def _rivalled(points: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """How far each part outdoes, in one sentence, all others that it might show: the most, and how often."""
    raised = {part: [math.exp(max(-30.0, min(30.0, value))) for value in column] for part, column in points.items()}
    totals = [sum(row) for row in zip(*[column for part, column in raised.items() if part != OPEN], strict=True)]
    found: dict[str, float] = {}
    for part, column in raised.items():
        own_counts = part != OPEN
        odds = [own / max(total - own * own_counts, _FEW) for total, own in zip(totals, column, strict=True)]
        found[f"lead {part}"] = math.log(max(odds))
        found[f"leads {part}"] = sum([odd / (1 + odd) for odd in odds])
    return found


def _chance(points: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, points))))
