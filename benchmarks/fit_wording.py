"""Fit the weights of the wording cues (rules/wording/en.weights.yaml) to messages that people judged.

    python -m benchmarks.fit_wording [SET.yaml ...] [--holdout SET.yaml] [--write]

Each set holds lists `good` and `bad` of {text, fault}; a set of sentences holds plain texts; without any, those of this
project. Two ridge logistic regressions: one over sentences, where a
bad message is as bad as its worst sentence (multiple-instance learning) and no sentence of a good one is bad; one over
whole messages, which also sees the worst sentence's points, taken from folds that did not see the message. Prints
cross-validated figures; `--write` writes the weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from makegood.core.wording import Case, lint
from makegood.core.wording.reading import read
from makegood.core.wording.weighing import LEAST_WORDS, burdens, message_measures, sentence_measures
from makegood.rules.wording_data import wording_rules

Array = NDArray[np.float64]
RULES = wording_rules()
ROOT = Path(__file__).parent.parent
OUT = ROOT / "src/makegood/rules/wording/en.weights.yaml"
DATA = ROOT / "benchmarks/data"
SETS = (
    *(ROOT / f"tests/unit/data/wording_{name}.yaml" for name in ("blind", "practice_1", "practice_2")),
    DATA / "wording_exam_1.yaml",
    DATA / "wording_messages.yaml",
)
LABELLED = tuple(sorted(DATA.glob("wording_labelled*.yaml")))
SENTENCE_SET = DATA / "wording_sentences.yaml"
RIDGE = 120.0
SHIFT = 0.4
"""Points over which a message is found, as fitted: so high that about one good message in thirty is."""
FOLDS = 10
GOOD_WEIGHT = 0.35
"""A sentence of a good message counts less than the worst one of a bad message: there are more of them."""
HEADER = "# Points per cue; a message over 0 turns away from making amends. Written by benchmarks/fit_wording.py.\n"


class Example:
    """One judged message: measures of its sentences and of the whole, and whether it is bad."""

    def __init__(self, message: Mapping[str, Any], *, bad: bool) -> None:
        self.bad = bad
        self.text = message["text"]
        self.case = Case(fault=message["fault"])
        reading = read(text=self.text, rules=RULES, case=self.case)
        each = [sentence_measures(reading=reading, part=part, rules=RULES) for part in reading.sentences]
        self.message = message_measures(reading=reading, of_sentences=each)
        long = [
            item for item, part in zip(each, reading.sentences, strict=True) if len(part.text.split()) >= LEAST_WORDS
        ]
        self.sentences = long or each[:1]


class Model:
    """A ridge logistic regression over named measures, standardised inside, raw outside."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.weights = np.zeros(len(self.names))
        self.base = 0.0

    def matrix(self, rows: Sequence[dict[str, float]]) -> Array:
        return np.array([[row[name] for name in self.names] for row in rows])

    def fit(self, matrix: Array, labels: Array, share: Array, ridge: float, rounds: int = 25) -> Model:
        """Newton steps on the penalised likelihood; the base is not penalised."""
        mean, spread = matrix.mean(0), np.maximum(matrix.std(0), 0.05)
        scaled = np.hstack([(matrix - mean) / spread, np.ones((len(matrix), 1))])
        penalty = np.append(np.full(len(self.names), ridge), 1e-6)
        found = np.zeros(len(penalty))
        for _ in range(rounds):
            chance = 1 / (1 + np.exp(-np.clip(scaled @ found, -30, 30)))
            slope = scaled.T @ (share * (chance - labels)) + penalty * found
            bend = (scaled * (share * chance * (1 - chance) + 1e-9)[:, None]).T @ scaled + np.diag(penalty)
            found -= np.linalg.solve(bend, slope)
        self.weights = found[:-1] / spread
        self.base = float(found[-1] - (self.weights * mean).sum())
        return self

    def points(self, matrix: Array) -> Array:
        return np.asarray(matrix @ self.weights + self.base)

    def as_dict(self, shift: float = 0.0) -> dict[str, float]:
        pairs = zip(self.names, self.weights, strict=True)
        return {"base": round(self.base - shift, 3), **{name: round(float(weight), 3) for name, weight in pairs}}


def fit_sentences(examples: Sequence[Example], ridge: float) -> Model:
    """Fit sentences: start from every sentence of a bad message, then from its worst third, then its worst."""
    model = Model(sorted(examples[0].sentences[0]))
    bags = [model.matrix(example.sentences) for example in examples]
    kept = [np.arange(len(bag)) for bag in bags]
    for step in range(4):
        rows = [bag[chosen] for bag, chosen in zip(bags, kept, strict=True)]
        labels = np.concatenate([np.full(len(row), float(e.bad)) for row, e in zip(rows, examples, strict=True)])
        share = np.concatenate(
            [np.full(len(row), 1 / len(row) if e.bad else GOOD_WEIGHT) for row, e in zip(rows, examples, strict=True)]
        )
        model.fit(np.vstack(rows), labels, share, ridge)
        for number, (bag, example) in enumerate(zip(bags, examples, strict=True)):
            if example.bad:
                most = max(1, len(bag) // 3) if step == 0 else 1
                kept[number] = np.argsort(-model.points(bag))[:most]
    return model


def burdened(model: Model, example: Example) -> dict[str, float]:
    """All measures of a message: its own and how the points of its sentences lie."""
    return {**example.message, **burdens([float(value) for value in model.points(model.matrix(example.sentences))])}


def folds(count: int, seed: int) -> list[NDArray[np.intp]]:
    order = np.random.default_rng(seed).permutation(count)
    return [order[start::FOLDS] for start in range(FOLDS)]


def fitted(
    examples: Sequence[Example], ridge: float = RIDGE, *, sentences: Sequence[Example] = (), seed: int = 0
) -> tuple[Model, Model]:
    """Fit both models; the message model sees sentence points that were crossed over folds.

    `sentences` are single sentences, which only the model of sentences sees.
    """
    rows: list[dict[str, float]] = [{} for _ in examples]
    for fold in folds(len(examples), seed):
        rest = [examples[index] for index in np.setdiff1d(np.arange(len(examples)), fold)]
        model = fit_sentences([*rest, *sentences], ridge)
        for index in fold:
            rows[index] = burdened(model, examples[index])
    whole = Model(sorted(rows[0]))
    labels = np.array([float(example.bad) for example in examples])
    whole.fit(whole.matrix(rows), labels, np.ones(len(rows)), ridge)
    return fit_sentences([*examples, *sentences], ridge), whole


def judged(models: tuple[Model, Model], examples: Sequence[Example]) -> Array:
    sentences, whole = models
    return whole.points(whole.matrix([burdened(sentences, example) for example in examples]))


def crossed_points(examples: Sequence[Example], ridge: float, sentences: Sequence[Example], seeds: int = 1) -> Array:
    total = np.zeros(len(examples))
    for seed in range(seeds):
        for fold in folds(len(examples), seed + 100):
            rest = [examples[index] for index in np.setdiff1d(np.arange(len(examples)), fold)]
            total[fold] += judged(fitted(rest, ridge, sentences=sentences), [examples[index] for index in fold])
    return total / seeds


def report(name: str, points: Array, examples: Sequence[Example], shift: float) -> None:
    bad = np.array([example.bad for example in examples])
    order = points.argsort().argsort()
    area = (order[bad].sum() - bad.sum() * (bad.sum() - 1) / 2) / (bad.sum() * (~bad).sum())
    hard = np.array(
        [
            any(
                finding.severity == "block" and finding.rule != "wording.balance"
                for finding in lint(text=example.text, rules=RULES, case=example.case).findings
            )
            for example in examples
        ]
    )
    over = points > shift
    print(f"{name}: area {area:.3f}; over: good {over[~bad].sum()}/{(~bad).sum()}, bad {over[bad].sum()}/{bad.sum()}")
    steps = [(step, (points > step)[~bad].sum(), (points > step)[bad].sum()) for step in (-0.5, 0.0, 0.4, 0.8, 1.2)]
    print("   over (points, good, bad):", *(f"({step}, {good}, {caught})" for step, good, caught in steps))
    print(f"   with the rules: good {(over | hard)[~bad].sum()}, bad {(over | hard)[bad].sum()}")


def loaded(paths: Sequence[Path]) -> list[Example]:
    found = []
    for path in paths:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [Example(item, bad=kind == "bad") for kind in ("good", "bad") for item in document[kind]]
    return found


def loaded_sentences(path: Path) -> list[Example]:
    """Single sentences as messages of one sentence each."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Example({"text": text, "fault": "ours"}, bad=kind == "bad")
        for kind in ("good", "bad")
        for text in document[kind]
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description="Fit the weights of the wording cues.")
    arguments.add_argument("sets", nargs="*", type=Path, default=[*SETS, *LABELLED])
    arguments.add_argument("--sentences", type=Path, default=SENTENCE_SET)
    arguments.add_argument("--holdout", type=Path, action="append", default=[])
    arguments.add_argument("--ridge", type=float, default=RIDGE)
    arguments.add_argument("--shift", type=float, default=SHIFT, help="points over which a message is found")
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    examples, sentences = loaded(given.sets), loaded_sentences(given.sentences)
    if not given.write:
        report("crossed", crossed_points(examples, given.ridge, sentences), examples, given.shift)
    models = fitted(examples, given.ridge, sentences=sentences)
    for path in given.holdout:
        held = loaded([path])
        report(f"held out {path.name}", judged(models, held), held, given.shift)
    if given.write:
        body = {"sentence": models[0].as_dict(), "message": models[1].as_dict(given.shift)}
        OUT.write_text(HEADER + yaml.safe_dump(body, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
