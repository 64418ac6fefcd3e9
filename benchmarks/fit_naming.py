"""Fit the weights by which the linter names the rules that a message breaks (rules/wording/en.names.yaml).

    python -m benchmarks.fit_naming [--write]

Learns from all sets of this project that people labelled (benchmarks/data, tests/unit/data) and from single phrases that
stand for one rule (benchmarks/data/wording_phrases.yaml). For each rule one ridge logistic regression over marks
(makegood.core.wording.naming), the points of a message's sentences pooled by log-sum-exp; for a rule about something
missing it is fitted to the presence of that thing. The points from which a rule is broken are chosen on predictions
crossed by writer (a writer's messages are judged by weights that never saw that writer), then weights are pruned and
rounded to hundredths. Prints the crossed figures; `--write` writes the weights.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import yaml
from numpy.typing import NDArray

from makegood.core.wording import Case, WordingRules
from makegood.core.wording.linter import looked
from makegood.core.wording.naming import message_marks, sentence_marks
from makegood.core.wording.types import FAULTS, Naming
from makegood.rules.templates import LOSSES, apology_name, filled
from makegood.rules.wording_data import wording_rules

Array = NDArray[np.float64]
ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks/data"
OUT = ROOT / "src/makegood/rules/wording/en.names.yaml"
SETS = (
    *sorted(DATA.glob("wording_labelled*.yaml")),
    *sorted(DATA.glob("wording_exam_*.yaml")),
    DATA / "wording_messages.yaml",
    *(ROOT / f"tests/unit/data/wording_{name}.yaml" for name in ("blind", "practice_1", "practice_2")),
)
PHRASES = DATA / "wording_phrases.yaml"
CARRIED = (
    "conditional", "passive", "feelings", "blame", "staff_blame", "excuse", "policy", "minimising", "dismissive",
    "jargon", "selling", "vague_next", "improvement", "forgiveness",
)  # fmt: skip
"""Labels that a sentence carries."""
ABSENT = ("no_next", "no_repair", "no_what", "no_responsibility")
"""Labels for something missing."""
LABELS = CARRIED + ABSENT
FINER = {
    "wording.review-bargain": "wording.selling",
    "wording.disappointed": "wording.feelings",
    "wording.sorry-but": "wording.excuse",
    "wording.script": "wording.no-what",
}
"""Rules that are special cases of one that is named."""
RIDGE = 1.0
PHRASE = 1.0
"""What a phrase counts beside a message."""
GROUPS = 8
"""Groups of writers that are judged by weights fitted to the other groups."""
LEAST = 3
"""Messages and phrases that a mark must stand in."""
TINY = 0.12
"""Weights under this are dropped."""
AIM = 0.5
"""A rule is named from where it is likelier than this to be right."""
CLOSED = "closed"
"""Phrases with which a message ends the matter."""
FILLED = {
    "customer": "Ines Duarte", "organization": "Harbour Rail", "owner": "Piet Vos", "role": "desk 2",
    "next_by": "Monday 9 June, 15:00", "status_url": "https://example.test/s/xyz", "amount": "\u00a312.50",
    "remedy": "a taxi to the hotel tonight",
}  # fmt: skip
FAILED = (
    {"what": "your train left without you", "when": "on Monday 2 June", "fix": "I have booked you on the next one"},
    {
        "what": "your bill was 40 euro too high",
        "when": "on 3 March at 9:10",
        "fix": "The 40 euro are on their way back.",
    },
)
"""Cases with which the apologies that ship are filled."""
LACKS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "no_repair": (frozenset({*CARRIED, "norepair", "nowhat", "what", "open", CLOSED}), frozenset({"repair"})),
    "no_what": (frozenset({"nowhat"}), frozenset({"what", "open"})),
    "no_next": (frozenset({"open"}), frozenset({"repair", CLOSED, "vague_next"})),
    "no_responsibility": (frozenset({CLOSED}), frozenset({"repair", "open"})),
}
"""Kinds of phrases that lack and that have what a label says is missing; the others say nothing of it."""


@attrs.frozen(kw_only=True)
class Example:
    """A message or phrase: the marks of its sentences and its own, its labels, and who wrote it ("" for a phrase)."""

    sentences: tuple[frozenset[str], ...]
    marks: frozenset[str]
    labels: frozenset[str]
    writer: str
    bad: bool
    flagged: bool
    kind: str = ""


def example(message: dict[str, Any], *, writer: str, bad: bool, kind: str = "") -> Example:
    """This function will read a message into its marks."""
    facts = {key: str(value) for key, value in (message.get("facts") or {}).items()}
    known = {key: facts.get(key) for key in ("customer", "amount", "promised", "order", "what")}
    rules, case = wording_rules(), Case(fault=message.get("fault", "ours"), is_apology=True, **known)  # type: ignore[arg-type]
    reading, findings, weight = looked(text=message["text"], rules=rules, case=case)
    if weight is None:
        raise ValueError(f"A message of {writer or kind} is empty.")
    sentences = (
        frozenset(sentence_marks(reading=reading, place=place, measures=item, findings=findings, kinds=rules.kinds))
        for place, item in enumerate(weight.measures)
    )
    if kind:  # A phrase has no place in a message and lacks all that it need not hold.
        sentences = (
            frozenset(mark for mark in marks if mark[:2] != "p:" and mark[:5] != "r:no-") for marks in sentences
        )
    return Example(
        sentences=tuple(sentences),
        marks=frozenset() if kind else frozenset(message_marks(reading=reading, findings=findings)),
        labels=frozenset(message.get("violations", ())),
        writer=writer,
        bad=bad,
        flagged=any(item.severity == "block" for item in findings),
        kind=kind,
    )


def messages() -> list[Example]:
    """This function will read all labelled messages of this project."""
    found = []
    for path in SETS:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [
            example(item, writer=item.get("writer", path.stem), bad=kind == "bad")
            for kind in ("good", "bad")
            for item in document[kind]
            if kind == "good" or item.get("violations")
        ]
    return found + shipped_apologies()


def shipped_apologies() -> list[Example]:
    """This function will fill each apology that ships: no rule finds fault with them, or people learn to pass it by."""
    return [
        example({"text": filled(name, **FILLED, **case), "fault": fault}, writer="templates", bad=False)
        for fault in FAULTS
        for name in sorted(
            {apology_name(loss=loss, fault=fault, incident=one) for loss in LOSSES for one in (False, True)}
        )
        for case in FAILED
    ]


def phrases() -> list[Example]:
    """This function will read the phrases, each of a kind."""
    document = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return [
        example({"text": text}, writer="", bad=False, kind=kind) for kind, texts in document.items() for text in texts
    ]


def wanted(item: Example, label: str) -> tuple[float, float]:
    """This function will return whether an example has a label (0 or 1) and what it counts."""
    if not item.kind:
        return float(label in item.labels), 1.0
    if label in CARRIED:
        return float(item.kind == label), 0.0 if item.kind == CLOSED and label != item.kind else PHRASE
    lacks, has = LACKS.get(label, (frozenset(), frozenset()))
    return float(item.kind in lacks), PHRASE if item.kind in lacks | has else 0.0


class Table:
    """Marks of many examples as numbers: for each row (sentence or message) the columns that are set."""

    def __init__(self, rows: Iterable[frozenset[str]], names: Sequence[str]) -> None:
        place = {name: column for column, name in enumerate(names)}
        columns = [sorted(place[mark] for mark in marks if mark in place) for marks in rows]
        self.width = len(names)
        self.columns = np.array([column for row in columns for column in row], dtype=np.intp)
        self.rows = np.repeat(np.arange(len(columns)), [len(row) for row in columns])
        self.height = len(columns)

    def times(self, weights: Array) -> Array:
        return np.bincount(self.rows, weights=weights[self.columns], minlength=self.height)

    def back(self, slopes: Array) -> Array:
        return np.bincount(self.columns, weights=slopes[self.rows], minlength=self.width)


class Model:
    """The weights of all labels over the same marks."""

    def __init__(self, examples: Sequence[Example]) -> None:
        inner = Counter(mark for item in examples for marks in item.sentences for mark in marks)
        outer = Counter(mark for item in examples for mark in item.marks)
        self.inner = sorted(mark for mark, count in inner.items() if count >= LEAST)
        self.outer = sorted(mark for mark, count in outer.items() if count >= LEAST)
        self.weights: dict[str, Array] = {}

    def fit(self, examples: Sequence[Example], labels: Sequence[str] = LABELS) -> Model:
        """Fit each label's weights: those of sentence marks, of message marks, of any sentence, of any message."""
        tables = self.tables(examples)
        for label in labels:
            pairs = np.array([wanted(item, label) for item in examples])
            self.weights[label] = descended(slope_of(tables, pairs[:, 0], pairs[:, 1], sign_of(label)), self.start())
        return self

    def start(self) -> Array:
        start = np.zeros(len(self.inner) + len(self.outer) + 2)
        start[-2] = -2.0
        return start

    def tables(self, examples: Sequence[Example]) -> tuple[Table, Table, NDArray[np.intp]]:
        inner = Table((marks for item in examples for marks in item.sentences), self.inner)
        counts = [len(item.sentences) for item in examples]
        return inner, Table((item.marks for item in examples), self.outer), np.cumsum([0, *counts[:-1]])

    def points(self, examples: Sequence[Example]) -> dict[str, Array]:
        tables = self.tables(examples)
        return {label: judged(tables, weights, sign_of(label))[0] for label, weights in self.weights.items()}


def sign_of(label: str) -> float:
    return -1.0 if label in ABSENT else 1.0


def judged(tables: tuple[Table, Table, NDArray[np.intp]], found: Array, sign: float) -> tuple[Array, Array, Array]:
    """Points of each message, and of each sentence its share in them and its message's place."""
    inner, outer, starts = tables
    points = inner.times(found[: inner.width]) + found[-2]
    owner = np.repeat(np.arange(outer.height), np.diff([*starts, inner.height]))
    most = np.maximum.reduceat(points, starts)
    raised = np.exp(points - most[owner])
    total = np.add.reduceat(raised, starts)
    whole = sign * (most + np.log(total)) + outer.times(found[inner.width : inner.width + outer.width]) + found[-1]
    return whole, raised / total[owner], owner


def slope_of(
    tables: tuple[Table, Table, NDArray[np.intp]], labels: Array, share: Array, sign: float
) -> Callable[[Array], tuple[float, Array]]:
    """The loss of weights and its slope, for one label."""
    inner, outer, _ = tables

    def slope(found: Array) -> tuple[float, Array]:
        whole, part, owner = judged(tables, found, sign)
        error = share * (1 / (1 + np.exp(-whole)) - labels)
        of_sentence = sign * error[owner] * part
        ridge = RIDGE * found
        ridge[-2:] = [0.01 * found[-2], 0.0]
        loss = float((share * (np.logaddexp(0, whole) - labels * whole)).sum() + 0.5 * (ridge * found).sum())
        slopes = np.concatenate([inner.back(of_sentence), outer.back(error), [of_sentence.sum(), error.sum()]])
        return loss, slopes + ridge

    return slope


def dot(one: Array, other: Array) -> float:
    """Multiply by hand: a library's threads wait for each other longer than this takes."""
    return float((one * other).sum())


def descended(slope: Callable[[Array], tuple[float, Array]], found: Array, rounds: int = 120, kept: int = 10) -> Array:
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
        done = loss - new_loss < 1e-5 * max(1.0, loss)
        found, loss, now = tried, new_loss, new
        if done:
            break
    return found


def groups(examples: Sequence[Example]) -> list[frozenset[str]]:
    """This function will put the writers into groups of about as many messages each: largest first, where fewest are."""
    found: list[tuple[int, frozenset[str]]] = [(0, frozenset())] * GROUPS
    for writer, count in Counter(item.writer for item in examples).most_common():
        size, names = found.pop(min(range(GROUPS), key=lambda place: found[place][0]))
        found.append((size + count, names | {writer}))
    return [names for _, names in found if names]


def crossed(examples: Sequence[Example], others: Sequence[Example]) -> dict[str, Array]:
    """This function will judge each writer's messages by weights fitted without that writer (and that one's group)."""
    points = {label: np.zeros(len(examples)) for label in LABELS}
    for writers in groups(examples):
        rest = [item for item in examples if item.writer not in writers]
        own = [place for place, item in enumerate(examples) if item.writer in writers]
        model = Model([*rest, *others]).fit([*rest, *others])
        for label, found in model.points([examples[place] for place in own]).items():
            points[label][own] = found
    return points


@attrs.frozen(kw_only=True)
class Line:
    """The points from which one label is named, and how it then does on the messages they were chosen on."""

    over: float
    right: int
    named: int
    labelled: int


def lines(points: dict[str, Array], examples: Sequence[Example], aim: float) -> dict[str, Line]:
    """This function will choose for each label the points from which it is named, of those that may not go.

    A label is named where it is likelier than `aim` to be right, by a logistic line through its crossed points.
    """
    flagged = np.array([item.flagged for item in examples])
    answer = {}
    for label, found in points.items():
        has = np.array([label in item.labels for item in examples])
        slope, base = leaned(found[flagged], has[flagged].astype(float))
        over = (np.log(aim / (1 - aim)) - base) / max(slope, 0.1)
        chosen = flagged & (found >= over)
        answer[label] = Line(
            over=float(over), right=int((chosen & has).sum()), named=int(chosen.sum()), labelled=int(has.sum())
        )
    return answer


def leaned(points: Array, labels: Array) -> tuple[float, float]:
    """Fit a logistic line through points: its slope and base."""
    matrix, found = np.column_stack([points, np.ones(len(points))]), np.array([1.0, 0.0])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ found, -30, 30)))
        bend = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + 1e-3 * np.eye(2)
        found = found - np.linalg.solve(bend, matrix.T @ (chance - labels) + 1e-3 * found)
    return float(found[0]), float(found[1])


def report(points: dict[str, Array], examples: Sequence[Example]) -> None:
    for aim in (0.4, 0.5, 0.6, 0.7):
        chosen = lines(points, examples, aim).values()
        right, named, labelled = (
            sum(getattr(line, part) for line in chosen) for part in ("right", "named", "labelled")
        )
        print(f"aim {aim}: precision {right / named:.3f} ({right}/{named}), recall {right / labelled:.3f} ({labelled})")


def rule_id(label: str) -> str:
    return f"wording.{label.replace('_', '-')}"


def shipped(rules: WordingRules) -> dict[str, float]:
    """This function will return the points from which each label is named now."""
    found = rules.naming
    return {} if found is None else dict(zip(found.rules, found.lines, strict=True))


def naming(model: Model, chosen: dict[str, float]) -> Naming:
    """This function will turn weights into what the linter reads."""
    raw = document(model, chosen)
    return Naming(
        rules=tuple(item["id"] for item in raw["rules"]),
        inner=tuple(item["inner"] for item in raw["rules"]),
        outer=tuple(item["outer"] for item in raw["rules"]),
        lines=tuple(item["line"] for item in raw["rules"]),
        sentence=raw["sentence"],
        message=raw["message"],
        absences=frozenset(item["id"] for item in raw["rules"] if item["absent"]),
        finer=FINER,
    )


def document(model: Model, chosen: dict[str, float]) -> dict[str, Any]:
    """Weights by mark in hundredths, tiny ones left out; rules in the order of LABELS."""
    found = np.array([model.weights[label] for label in LABELS])
    width = len(model.inner)

    def marks(names: Sequence[str], columns: Array) -> dict[str, tuple[tuple[int, int], ...]]:
        rows = {
            name: tuple(
                (place, round(float(weight) * 100)) for place, weight in enumerate(column) if abs(weight) >= TINY
            )
            for name, column in zip(names, columns.T, strict=True)
        }
        return {name: pairs for name, pairs in rows.items() if pairs}

    return {
        "rules": [
            {
                "id": rule_id(label),
                "inner": round(float(model.weights[label][-2]), 3),
                "outer": round(float(model.weights[label][-1]), 3),
                "line": round(chosen[rule_id(label)], 3),
                "absent": label in ABSENT,
            }
            for label in LABELS
        ],
        "sentence": marks(model.inner, found[:, :width]),
        "message": marks(model.outer, found[:, width:-2]),
    }


def written(model: Model, chosen: dict[str, float]) -> str:
    """This function will write the weights as YAML, one line a mark: its pairs of rule and hundredths of points."""
    raw = document(model, chosen)
    lines_of = {
        part: "".join(
            f"  {mark} = {' '.join(f'{place}:{weight}' for place, weight in pairs)}\n"
            for mark, pairs in raw[part].items()
        )
        for part in ("sentence", "message")
    }
    head = yaml.safe_dump({"finer": FINER, "rules": raw["rules"]}, sort_keys=False)
    return (
        "# Which rules a message breaks: points of each mark for each rule (its place below, and hundredths), fitted by\n"
        f"# benchmarks/fit_naming.py; makegood.core.wording.naming reads them.\n{head}"
        f"sentence: |\n{lines_of['sentence']}message: |\n{lines_of['message']}"
    )


def main() -> None:
    """Print crossed figures, and write the weights when told to."""
    arguments = argparse.ArgumentParser(description="Fit the weights by which rules are named.")
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    examples, others = messages(), phrases()
    points = crossed(examples, others)
    report(points, examples)
    chosen = lines(points, examples, AIM)
    for label, line in chosen.items():
        print(f"  {label:18} right {line.right}/{line.named}, found {line.right}/{line.labelled}")
    if given.write:
        over = {rule_id(label): line.over for label, line in chosen.items()}
        OUT.write_text(written(Model([*examples, *others]).fit([*examples, *others]), over), encoding="utf-8")


if __name__ == "__main__":
    main()
