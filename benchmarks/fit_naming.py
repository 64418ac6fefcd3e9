"""Fit the weights by which the linter names the rules that a message breaks (rules/wording/en.names.yaml).

    python -m benchmarks.fit_naming [--write]

Two layers (makegood.core.wording.naming), both ridge logistic regressions. The first weighs marks of sentences for each
part; where only the whole message was labelled, the points of its sentences are pooled by log-sum-exp. Marks are scaled
by how much likelier they are where the part holds (the idea of naive Bayes), so that idle ones weigh little; those that
weigh next to nothing are left out, and the others fitted again without them. The second weighs messages for each label
by what their sentences weigh, as judged by first layers that never saw their writer. The points from which a rule is
broken are chosen on predictions crossed by writer: those at which all names together are right as often as AIM. Prints
the crossed figures; `--write` writes the weights.
"""

from __future__ import annotations

import argparse
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.naming_examples import (
    BAD,
    CARRIED,
    LABELS,
    PARTS,
    ROOT,
    SURE,
    Example,
    common,
    groups,
    messages,
    phrases,
)  # fmt: skip
from makegood.core.wording.linter import FAR
from makegood.core.wording.naming import measured
from makegood.core.wording.types import Naming
from makegood.rules.wording_data import naming_of

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
OUT = ROOT / "src/makegood/rules/wording/en.names.yaml"
ABSENT = ("no_next", "no_repair", "no_what", "no_responsibility", "no_apology")
"""Labels for something missing."""
FINER = {
    "wording.review-bargain": "wording.selling",
    "wording.disappointed": "wording.feelings",
    "wording.sorry-but": "wording.excuse",
    "wording.script": "wording.no-what",
}
"""Rules that are special cases of one that is named."""
RIDGE, MESSAGE_RIDGE = 2.0, 80.0
IDLE = 0.15
"""What a mark counts at least, however little it tells."""
WIDTH = 118
"""Columns of a line of marks."""
GROUPS = 4
"""Groups of writers that are judged by weights fitted to the other groups."""
LEAST, LEAST_MESSAGES = 3, 8
"""Sentences and messages that a mark must stand in."""
TINY = 0.06
"""Marks that weigh less for a part are left out of it, and those that stay fitted anew."""
AIM = 0.95
"""How often the names that are given shall be right."""
MOST_GOOD_STOPPED = 0.015
"""Good messages that may be stopped, of all."""


class Table:
    """Marks of many rows as numbers: for each row the columns that are set, and for each column the rows.

    Every row and every column ends with an entry that counts nothing, so that sums over runs need no care for none.
    """

    def __init__(self, rows: Iterable[Iterable[str]], names: Sequence[str]) -> None:
        place = {name: column for column, name in enumerate(names)}
        columns = [[*sorted(place[mark] for mark in marks if mark in place), len(names)] for marks in rows]
        self.width, self.height = len(names), len(columns)
        sizes = np.array([len(row) for row in columns])
        self.columns = np.array([column for row in columns for column in row], dtype=np.int32)
        self.row_starts = np.cumsum([0, *sizes[:-1]])
        owners = np.repeat(np.arange(self.height, dtype=np.int32), sizes)
        every = np.append(self.columns, np.arange(self.width, dtype=np.int32))
        order = np.argsort(every, kind="stable")
        order = order[every[order] < self.width]
        self.rows = np.append(owners, np.full(self.width, self.height, dtype=np.int32))[order]
        self.column_starts = np.searchsorted(every[order], np.arange(self.width))

    def times(self, weights: Array) -> Array:
        return np.asarray(np.add.reduceat(np.append(weights, 0.0)[self.columns], self.row_starts))

    def back(self, slopes: Array) -> Array:
        return np.asarray(np.add.reduceat(np.append(slopes, 0.0)[self.rows], self.column_starts))


@attrs.frozen(kw_only=True, eq=False)
class Sentences:
    """The first layer: weights of marks (and last, of any sentence) by part."""

    names: list[str]
    weights: dict[str, Array]

    def points(self, examples: Sequence[Example]) -> list[dict[str, list[float]]]:
        """Points of each sentence of each example, by part."""
        table = Table((marks for item in examples for marks in item.sentences), self.names)
        found = {part: table.times(weights[:-1]) + weights[-1] for part, weights in self.weights.items()}
        starts = np.cumsum([0, *(len(item.sentences) for item in examples)])
        return [{part: column[start:end].tolist() for part, column in found.items()} for start, end in pairwise(starts)]


def fit_sentences(examples: Sequence[Example]) -> Sentences:
    """This function will fit the first layer."""
    seen = Counter(mark for item in examples for marks in item.sentences for mark in marks)
    names = sorted(mark for mark, count in seen.items() if count >= LEAST)
    table = Table((marks for item in examples for marks in item.sentences), names)
    starts = np.cumsum([0, *(len(item.sentences) for item in examples)])[:-1]
    weights = {}
    for part in PARTS:
        pairs = np.array([item.parts.get(part, (0.0, 0.0)) for item in examples])
        start = np.append(np.zeros(len(names)), -3.0)
        scale = np.append(telling(table, starts, pairs[:, 0], pairs[:, 1]), 1.0)
        found = descended(pooled_slope(table, starts, pairs[:, 0], pairs[:, 1], scale), start)
        kept = np.append(np.abs((scale * found)[:-1]) >= TINY, 1.0)
        slope = pooled_slope(table, starts, pairs[:, 0], pairs[:, 1], scale * kept)
        weights[part] = scale * kept * descended(slope, found * kept)
    return Sentences(names=names, weights=weights)


def telling(table: Table, starts: Rows, holds: Array, share: Array) -> Array:
    """How much each mark tells of a part: the root of the log of how much likelier it is where the part holds."""
    sizes = np.diff([*starts, table.height])
    owner = np.repeat(np.arange(len(starts)), sizes)
    with_it, without = (1 + table.back((share * side / sizes)[owner]) for side in (holds, 1 - holds))
    return np.asarray(np.sqrt(np.abs(np.log(with_it / with_it.sum()) - np.log(without / without.sum()))) + IDLE)


def pooled_slope(
    table: Table, starts: Rows, holds: Array, share: Array, scale: Array
) -> Callable[[Array], tuple[float, Array]]:
    """The loss of scaled weights and its slope, for one part: the points of an example's sentences pooled."""
    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, table.height]))

    def slope(found: Array) -> tuple[float, Array]:
        points = table.times(scale[:-1] * found[:-1]) + found[-1]
        most = np.maximum.reduceat(points, starts)
        raised = np.exp(points - most[owner])
        total = np.add.reduceat(raised, starts)
        whole = most + np.log(total)
        loss = float(
            (share * (np.logaddexp(0, whole) - holds * whole)).sum() + 0.5 * RIDGE * dot(found[:-1], found[:-1])
        )
        of_sentence = (share * (chance(whole) - holds))[owner] * raised / total[owner]
        return loss, np.append(scale[:-1] * table.back(of_sentence) + RIDGE * found[:-1], of_sentence.sum())

    return slope


def dot(one: Array, other: Array) -> float:
    """Multiply by hand: a library's threads wait for each other longer than this takes."""
    return float((one * other).sum())


def chance(points: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(points, -30, 30))))


def descended(slope: Callable[[Array], tuple[float, Array]], found: Array, rounds: int = 60, kept: int = 10) -> Array:
    """Minimise by L-BFGS with halved steps."""
    loss, now = slope(found)
    steps: list[tuple[Array, Array]] = []
    for _ in range(rounds):
        way, parts = now.copy(), []
        for step, turn in reversed(steps):
            part = dot(step, way) / dot(step, turn)
            parts.append(part)
            way -= part * turn
        if steps:
            way *= dot(*steps[-1]) / dot(steps[-1][1], steps[-1][1])
        for (step, turn), part in zip(steps, reversed(parts), strict=True):
            way += step * (part - dot(turn, way) / dot(step, turn))
        size = 1.0 if steps else 1.0 / max(1.0, float(np.abs(now).sum()))
        fall = dot(now, way)
        while True:
            tried = found - size * way
            new_loss, new = slope(tried)
            if new_loss <= loss - 1e-4 * size * fall or size < 1e-8:
                break
            size /= 2
        if dot(tried - found, new - now) > 1e-10:
            steps = [*steps, (tried - found, new - now)][-kept:]
        done = loss - new_loss < 2e-5 * max(1.0, loss)
        found, loss, now = tried, new_loss, new
        if done:
            break
    return found


@attrs.frozen(kw_only=True, eq=False)
class Whole:
    """The second layer: weights of measures of a message (raw, not standardised) and what any message has, by label."""

    names: list[str]
    weights: dict[str, Array]
    starts: dict[str, float]

    def points(self, measures: Sequence[dict[str, float]]) -> dict[str, Array]:
        table = matrix(measures, self.names)
        return {label: table @ weights + self.starts[label] for label, weights in self.weights.items()}


def matrix(measures: Sequence[dict[str, float]], names: Sequence[str]) -> Array:
    return np.array([[item.get(name, 0.0) for name in names] for item in measures])


def measures_of(item: Example, points: dict[str, list[float]]) -> dict[str, float]:
    """This function will measure a message as the linter does."""
    found = measured(points) | {
        "weight": item.weight[0],
        "over": item.weight[1],
        "sentences": float(len(item.sentences)),
    }
    return found | dict.fromkeys(item.marks, 1.0)


def fit_whole(examples: Sequence[Example], measures: Sequence[dict[str, float]]) -> Whole:
    """This function will fit the second layer."""
    seen = Counter(name for item in measures for name in item)
    names = sorted(name for name, count in seen.items() if count >= LEAST_MESSAGES)
    table = matrix(measures, names)
    middle, spread = table.mean(0), np.maximum(table.std(0), 0.05)
    table = (table - middle) / spread
    weights, starts = {}, {}
    for label in LABELS:
        pairs = np.array([item.labels[label] for item in examples])
        found = descended(
            whole_slope(table, pairs[:, 0], pairs[:, 1]), np.append(np.zeros(len(names)), -2.0), rounds=200
        )
        weights[label] = found[:-1] / spread
        starts[label] = float(found[-1] - (weights[label] * middle).sum())
    return Whole(names=names, weights=weights, starts=starts)


def whole_slope(table: Array, holds: Array, share: Array) -> Callable[[Array], tuple[float, Array]]:
    def slope(found: Array) -> tuple[float, Array]:
        points = table @ found[:-1] + found[-1]
        loss = float((share * (np.logaddexp(0, points) - holds * points)).sum())
        error = share * (chance(points) - holds)
        ridge = MESSAGE_RIDGE * found[:-1]
        return loss + 0.5 * dot(ridge, found[:-1]), np.append(error @ table + ridge, error.sum())

    return slope


@attrs.frozen(kw_only=True, eq=False)
class Crossed:
    """Messages, their measures by first layers that never saw their writer, and points by second layers neither saw."""

    examples: list[Example]
    measures: list[dict[str, float]]
    points: dict[str, Array]
    layers: list[tuple[frozenset[str], Sentences, Whole]]
    """Writers, and the layers fitted without them."""


def crossed(examples: Sequence[Example]) -> Crossed:
    """This function will judge each writer's messages by weights fitted without that writer (and that one's group)."""
    whole = [item for item in examples if item.kind == "message"]
    measures: list[dict[str, float]] = [{} for _ in whole]
    parted = []
    for writers in groups([item for item in examples if item.kind != "phrase"], GROUPS):
        first = fit_sentences([item for item in examples if item.writer not in writers])
        own = [place for place, item in enumerate(whole) if item.writer in writers]
        for place, points in zip(own, first.points([whole[place] for place in own]), strict=True):
            measures[place] = measures_of(whole[place], points)
        parted.append((writers, first))
        print(f"  {len(own)} messages judged", flush=True)
    return crossed_whole(whole, measures, parted)


def crossed_whole(
    whole: list[Example], measures: list[dict[str, float]], parted: Sequence[tuple[frozenset[str], Sentences]]
) -> Crossed:
    """This function will judge each writer's messages, measured, by second layers fitted without that writer's group."""
    found = {label: np.zeros(len(whole)) for label in LABELS}
    layers = []
    for writers, first in parted:
        own = [place for place, item in enumerate(whole) if item.writer in writers]
        rest = [place for place, item in enumerate(whole) if item.writer not in writers]
        second = fit_whole([whole[place] for place in rest], [measures[place] for place in rest])
        for label, column in second.points([measures[place] for place in own]).items():
            found[label][own] = column
        layers.append((writers, first, second))
    return Crossed(examples=whole, measures=measures, points=found, layers=layers)


def lines(judged: Crossed, aim: float = AIM) -> dict[str, float]:
    """This function will choose the points from which each label is named: together right as often as `aim`, most found.

    Each label is named from where its right names outweigh its wrong ones most; a wrong one weighs as much, for all
    labels alike, as it must for `aim`. Sure labels only, of messages that may not go.
    """
    stop = stop_line(judged)
    ranked = {label: rank(judged, label, stop) for label in LABELS if label != BAD}
    for price in np.geomspace(0.5, 60.0, 300):
        chosen = {label: int(np.argmax(right - price * wrong)) for label, (_, right, wrong) in ranked.items()}
        right, wrong = (sum(float(ranked[label][part][place]) for label, place in chosen.items()) for part in (1, 2))
        if right >= aim * (right + wrong):
            break
    return {BAD: stop} | {label: float(ranked[label][0][place]) for label, place in chosen.items()}


def rank(judged: Crossed, label: str, stop: float) -> tuple[Array, Array, Array]:
    """Lines at which a label may be named, from none named on, and how many names are right and wrong at each."""
    pairs = np.array([item.labels[label] for item in judged.examples])
    kept = (pairs[:, 1] == SURE) & (judged.points[BAD] >= stop)
    order = np.argsort(-judged.points[label][kept], kind="stable")
    points, holds = judged.points[label][kept][order], pairs[kept, 0][order]
    middles = np.append((points[:-1] + points[1:]) / 2, points[-1])
    return np.append(points[0] + 1.0, middles), np.append(0.0, np.cumsum(holds)), np.append(0.0, np.cumsum(1 - holds))


def stop_line(judged: Crossed) -> float:
    """The points from which a message may not go: so many that of all good ones hardly any is stopped."""
    good = [
        points
        for points, item in zip(judged.points[BAD], judged.examples, strict=True)
        if item.labels[BAD] == (0.0, SURE)
    ]
    return float(np.quantile(good, 1 - MOST_GOOD_STOPPED))


def report(judged: Crossed, chosen: dict[str, float]) -> None:
    """This function will print how the lines do on crossed predictions, sure labels only."""
    by_far = [judged.points[label] >= chosen[label] + FAR for label in LABELS if label != BAD]
    stopped = np.any([judged.points[BAD] >= chosen[BAD], *by_far], axis=0)
    totals = np.zeros(3, dtype=int)
    for label in LABELS:
        pairs = np.array([item.labels[label] for item in judged.examples])
        sure, holds = pairs[:, 1] == SURE, pairs[:, 0] > 0
        named = (judged.points[label] >= chosen[label]) & stopped
        row = np.array([(named & holds & sure).sum(), (named & sure).sum(), (holds & sure).sum()])
        totals += 0 if label == BAD else row
        print(f"  {label:18} right {row[0]}/{row[1]}, found {row[0]}/{row[2]}")
    print(f"all: precision {totals[0] / totals[1]:.3f}, recall {totals[0] / totals[2]:.3f}")


def rule_id(label: str) -> str:
    return "wording.balance" if label == BAD else f"wording.{label.replace('_', '-')}"


def naming(first: Sentences, second: Whole, chosen: dict[str, float]) -> Naming:
    """This function will turn weights into what the linter reads."""
    return naming_of(document(first, second, chosen))


def document(first: Sentences, second: Whole, chosen: dict[str, float]) -> dict[str, Any]:
    """Weights by mark in hundredths, tiny ones left out, and by measure in thousandths; parts and rules in order."""
    found = np.array([first.weights[part][:-1] for part in PARTS])
    kept = np.round(np.abs(found) * 100) > 0
    marks = [
        f"{name}={''.join(weighed(place, found[place, column]) for place in np.flatnonzero(kept[:, column]))}"
        for column, name in enumerate(first.names)
        if kept[:, column].any()
    ]
    rows = np.array([second.weights[label] for label in LABELS]).T
    measures = [
        f"{name} = {' '.join(str(round(float(weight) * 1000)) for weight in row)}"
        for name, row in zip(second.names, rows, strict=True)
    ]
    return {
        "finer": FINER,
        "parts": [{"name": part, "base": round(float(first.weights[part][-1]), 3)} for part in PARTS],
        "rules": [
            {
                "id": rule_id(label),
                "start": round(second.starts[label], 3),
                "line": round(chosen[label], 3),
                "shown": label if label in CARRIED else "",
                "absent": label in ABSENT,
            }
            for label in LABELS
        ],
        "measures": "\n".join(measures),
        "marks": "\n".join(filled_lines(marks)),
        "common": " ".join(sorted(common())),
    }


def weighed(place: int, weight: float) -> str:
    """This function will write what a mark weighs for a part: its letter, a capital for less, and hundredths."""
    letter = string.ascii_lowercase[place]
    return f"{letter if weight > 0 else letter.upper()}{abs(round(float(weight) * 100))}"


def filled_lines(marks: Iterable[str]) -> Iterator[str]:
    """This function will put marks side by side, as many as a line holds."""
    line = ""
    for mark in marks:
        if line and len(line) + len(mark) >= WIDTH:
            yield line
            line = ""
        line += f"~{mark}" if line else mark
    if line:
        yield line


def written(raw: dict[str, Any]) -> str:
    """This function will write the weights as YAML: a line for each measure of a message and each mark of a sentence."""
    head = yaml.safe_dump(
        {key: raw[key] for key in ("finer", "common", "parts", "rules")}, sort_keys=False, width=WIDTH
    )
    blocks = "".join(
        f"{part}: |\n" + "".join(f"  {line}\n" for line in raw[part].splitlines()) for part in ("measures", "marks")
    )
    return (
        "# Which rules a message breaks (makegood.core.wording.naming), fitted by benchmarks/fit_naming.py. `marks`: points\n"
        "# of each mark of a sentence, in hundredths, for each part (a is the first below; a capital takes away); `measures`:\n"
        "# what each measure of a message weighs for each rule, in their order, in thousandths; `common`: words of frames.\n"
        f"{head}{blocks}"
    )


def main() -> None:
    """Print crossed figures, and write the weights when told to."""
    arguments = argparse.ArgumentParser(description="Fit the weights by which rules are named.")
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--without", nargs="*", default=[], help="writers to leave out")
    given = arguments.parse_args()
    examples = [*(item for item in messages() if item.writer not in given.without), *phrases()]
    judged = crossed(examples)
    chosen = lines(judged)
    report(judged, chosen)
    if given.write:
        raw = document(fit_sentences(examples), fit_whole(judged.examples, judged.measures), chosen)
        OUT.write_text(written(raw), encoding="utf-8")


if __name__ == "__main__":
    main()
