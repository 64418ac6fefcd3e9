"""How well the apology linter judges: precision and recall on messages that people labelled, with intervals.

    python -m benchmarks.wording [SET.yaml ...]

Without files: the labelled sets of this project. Both sets of weights, those by which a message may go and those by
which what is wrong is named, are fitted anew for each group of writers, to everything but their messages; the patterns
and phrases have seen all writers, so only an unseen set named on the command line is an exam (it is judged with the
rules as they are shipped). A set holds lists `good` and `bad` of {text, fault, facts, violations, unsure};
benchmarks/data/wording_labelled.yaml shows the shape. Labels that are `unsure` (two readers disagree) count neither way.
Intervals are Wilson's at 95 %.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml

from benchmarks import fit_naming, naming_examples
from benchmarks.fit_wording import LABELLED, SENTENCE_SET, SETS, SHIFT, Example, fitted, loaded, loaded_sentences
from makegood.core.wording import Case, Linted, WordingRules, lint
from makegood.rules.wording_data import wording_rules

RULES_OF = {
    "review-bargain": "selling", "disappointed": "feelings", "sorry-but": "excuse", "repeat": "many_sorries",
    "script": "no_what",
}  # fmt: skip
"""Rules that are finer than the label that people give."""
UNLABELLED = ("balance", "no-facts", "no-when", "scripted", "claims-cause")
Message = dict[str, Any]


@attrs.frozen(kw_only=True)
class Judged:
    """One message, its labels, those of them and of any others that are unsure, and what the linter found."""

    bad: bool
    labels: frozenset[str]
    unsure: frozenset[str]
    linted: Linted

    def sure(self) -> frozenset[str]:
        """The labels that it surely has."""
        return self.labels - self.unsure

    def found(self) -> frozenset[str]:
        """The labels that the linter's blocking findings stand for; `balance` stands for none."""
        rules = (item.rule.removeprefix("wording.") for item in self.linted.findings if item.severity == "block")
        names = (RULES_OF.get(rule, rule.replace("-", "_")) for rule in rules if rule not in UNLABELLED)
        return frozenset(names) - self.unsure


def case_of(message: Message) -> Case:
    """This function will tell the linter what the set says of a message's case: it is meant as an apology."""
    facts = {key: str(value) for key, value in (message.get("facts") or {}).items()}
    return Case(
        fault=message.get("fault", "ours"),
        is_apology=True,
        customer=facts.get("customer"),
        amount=facts.get("amount"),
        promised=facts.get("promised"),
        order=facts.get("order"),
        what=facts.get("what"),
    )


def judged(messages: Iterable[tuple[bool, Message]], rules: WordingRules) -> list[Judged]:
    """This function will judge messages with these rules."""
    return [
        Judged(
            bad=bad,
            labels=frozenset(message.get("violations", ())),
            unsure=frozenset(message.get("unsure", ())),
            linted=lint(text=message["text"], rules=rules, case=case_of(message)),
        )
        for bad, message in messages
    ]


def of_set(path: Path) -> list[tuple[bool, Message]]:
    """This function will read a set as (bad, message)."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [(kind == "bad", message) for kind in ("good", "bad") for message in document[kind]]


def share(part: int, whole: int) -> str:
    """This function will write a share with its Wilson interval."""
    if not whole:
        return "-"
    z, p = 1.96, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return f"{p:.3f} ({part}/{whole}, {max(0.0, middle - half):.3f} to {min(1.0, middle + half):.3f})"


def report(name: str, found: Sequence[Judged]) -> None:
    """This function will print the figures of one set."""
    good, bad = [item for item in found if not item.bad], [item for item in found if item.bad]
    flagged = sum(item.linted.flagged for item in good)
    caught = sum(item.linted.flagged for item in bad)
    print(f"{name}: {len(good)} good, {len(bad)} bad")
    print(f"  good ones flagged      {share(flagged, len(good))}")
    print(f"  bad ones caught        {share(caught, len(bad))}")
    print(f"  precision of flagging  {share(caught, caught + flagged)}")
    if any(item.labels for item in bad):
        named(found)


def named(found: Sequence[Judged]) -> None:
    """This function will print how well the rules are named: all together, and each."""
    labelled = Counter(label for item in found for label in item.sure())
    right = Counter(label for item in found for label in item.sure() & item.found())
    told = Counter(label for item in found for label in item.found())
    inside = Counter(label for item in found if item.linted.flagged for label in item.sure())
    print(f"  violations in a caught message  {share(inside.total(), labelled.total())}")
    print(f"  naming, recall                  {share(right.total(), labelled.total())}")
    print(f"  naming, precision               {share(right.total(), told.total())}")
    for label, count in labelled.most_common():
        print(f"    {label:18} recall {share(right[label], count):38} precision {share(right[label], told[label])}")


def crossed() -> list[Judged]:
    """This function will judge each writer's messages with weights fitted without that writer."""
    rules, found = wording_rules(), []
    messages = [(bad, message) for path in LABELLED for bad, message in of_set(path)]
    judging, sentences = [Example(message, bad=bad) for bad, message in messages], loaded_sentences(SENTENCE_SET)
    others, naming = loaded(SETS), fit_naming.crossed([*naming_examples.messages(), *naming_examples.phrases()])
    lines = fit_naming.lines(naming)
    for writers, first, second in naming.layers:
        rest = [item for item, (_, message) in zip(judging, messages, strict=True) if message["writer"] not in writers]
        of_sentence, of_message = fitted([*others, *rest], sentences=sentences)
        fresh = attrs.evolve(
            rules,
            weights={"sentence": of_sentence.as_dict(), "message": of_message.as_dict(SHIFT)},
            naming=fit_naming.naming(first, second, lines),
        )
        found += judged([(bad, message) for bad, message in messages if message["writer"] in writers], fresh)
    return found


def timed(messages: Sequence[tuple[bool, Message]]) -> tuple[list[Judged], str]:
    """This function will judge messages with the rules as shipped and tell how long one takes."""
    rules = wording_rules()
    started = time.process_time()
    found = judged(messages, rules)
    return found, f"  {(time.process_time() - started) / len(messages) * 1000:.1f} ms a message"


def main() -> None:
    """Judge the labelled sets, crossed by writer, or the sets named: each, and all together."""
    parser = argparse.ArgumentParser(description="How well the apology linter judges.")
    parser.add_argument("sets", nargs="*", type=Path, help="unseen sets, judged with the rules as shipped")
    given = parser.parse_args()
    if not given.sets:
        report("wording, weights crossed by writer", crossed())
        print(timed([item for path in LABELLED for item in of_set(path)])[1])
        return
    together: list[Judged] = []
    for path in given.sets:
        found, pace = timed(of_set(path))
        report(path.name, found)
        print(pace)
        together += found
    if len(given.sets) > 1:
        report("all together", together)


if __name__ == "__main__":
    main()
