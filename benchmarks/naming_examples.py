"""What the naming of rules learns from: labelled messages, their sentences, and single sentences of a kind, as marks.

Messages come from all sets of this project that people labelled (benchmarks/data, tests/unit/data), single sentences
from benchmarks/data/wording_phrases.yaml, wording_shown.yaml and wording_voices. Most messages were labelled twice, by people who did
not see each other's labels; a label on which they disagree counts less (`unsure`, `once`).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from makegood.core.wording import Case
from makegood.core.wording.linter import limit_of, looked
from makegood.core.wording.marks import message_marks, sentence_marks, words_of
from makegood.core.wording.reading import Reading
from makegood.core.wording.sentences import normal, sentences
from makegood.core.wording.types import FAULTS
from makegood.rules.templates import LOSSES, apology_name, filled
from makegood.rules.wording_data import wording_rules
from makegood.rules.yaml_text import data_of

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks/data"
SETS = (
    *sorted(DATA.glob("wording_labelled*.yaml")),
    *sorted(DATA.glob("wording_exam_*.yaml")),
    DATA / "wording_messages.yaml",
    *(ROOT / f"tests/unit/data/wording_{name}.yaml" for name in ("blind", "practice_1", "practice_2")),
)
PHRASES = (DATA / "wording_phrases.yaml", DATA / "wording_shown.yaml")
VOICES = tuple(sorted((DATA / "wording_voices").glob("*.txt")))
COMMON = 260
"""Words of which frames are made: so many, the commonest."""
CARRIED = (
    "conditional", "passive", "feelings", "blame", "staff_blame", "excuse", "policy", "minimising", "dismissive",
    "jargon", "selling", "vague_next", "improvement", "forgiveness",
)  # fmt: skip
"""Labels that a sentence carries."""
PRESENT = {"what": "no_what", "own": "no_responsibility", "repair": "no_repair", "sorry": "no_apology"}
"""What a sentence holds, and the label of a message that holds none of it."""
PARTS = (*CARRIED, *PRESENT, "next", "open")
BAD = "bad"
"""Whether a message breaks any rule."""
LABELS = (*CARRIED, "no_next", "no_repair", "no_what", "no_responsibility", "no_apology", BAD)
SURE, ONCE, UNSURE = 1.0, 0.6, 0.4
"""What a label counts on which two agree, that one gave, on which two disagree."""
SENTENCE = 0.5
"""What a sentence of a message counts whose label somebody showed."""
OWN_KIND, OTHER_KIND, GOOD_KIND = 1.0, 0.5, 0.3
"""What a sentence of a kind counts against a label: one that sounds like it, like another, and a good one."""
FILLED = {
    "customer": "Ines Duarte", "organization": "Harbour Rail", "owner": "Piet Vos", "role": "desk 2",
    "next_by": "Monday 9 June, 15:00", "status_url": "https://example.test/s/xyz", "amount": "\u00a312.50",
    "remedy": "a taxi to the hotel tonight", "word": "I will call you by Monday 9 June, 15:00",
}  # fmt: skip
FAILED = (
    {"what": "your train left without you", "when": "on Monday 2 June", "fix": "I have booked you on the next one"},
    {
        "what": "your bill was 40 euro too high",
        "when": "on 3 March at 9:10",
        "fix": "The 40 euro are on their way back.",
    },
    {
        "what": "we did not keep our promise to you (order)",
        "when": "on Tuesday 3 May",
        "fix": "I am seeing to it that you are connected again",
    },
)
"""Cases with which the apologies that ship are filled."""
SAYS = {
    "owns": ("own", 1.0), "disowns": ("own", 0.0), "what": ("what", 1.0), "no_what": ("what", 0.0),
    "nowhat": ("what", 0.0), "sorry": ("sorry", 1.0), "no_sorry": ("sorry", 0.0), "repair": ("repair", 1.0),
    "no_repair": ("repair", 0.0), "norepair": ("repair", 0.0), "next": ("next", 1.0), "open": ("open", 1.0),
    "closed": ("open", 0.0),
}  # fmt: skip
"""Kinds of sentences that hold a part (1) or lack it (0)."""
GOOD_KINDS = frozenset({"owns", "what", "sorry", "repair", "next", "good", "closed"})
UNOWNED = ("blame", "staff_blame", "excuse", "dismissive", "minimising", "selling", "policy")
"""Kinds of sentences that own nothing."""

Targets = dict[str, tuple[float, float]]
"""By part or label whether it holds (0 or 1) and what that counts."""


@attrs.frozen(kw_only=True)
class Example:
    """A message, one of its sentences, or a sentence of a kind: marks of its sentences, and what is known of it.

    `parts` are the targets of its sentences together, `labels` those of the message, `kind` is "message", "shown" or
    "phrase"; `marks` and `weight` (points, and how far over the limit) are the message's own.
    """

    kind: str
    writer: str
    sentences: tuple[frozenset[str], ...]
    parts: Targets
    labels: Targets = attrs.field(factory=dict)
    marks: frozenset[str] = frozenset()
    weight: tuple[float, float] = (0.0, 0.0)


def messages() -> list[Example]:
    """This function will read all labelled messages of this project, and the apologies that ship."""
    found = [
        example
        for path in SETS
        for item in both_sides(path)
        for example in of_message(item, writer=item.get("writer", path.stem))
    ]
    return [*found, *(one for item in shipped_apologies() for one in of_message(item, writer="templates"))]


def shipped_apologies() -> Iterator[dict[str, Any]]:
    """This function will fill each apology that ships: no rule finds fault with them, or people learn to pass it by."""
    for fault in FAULTS:
        names = {apology_name(loss=loss, fault=fault, incident=one) for loss in LOSSES for one in (False, True)}
        yield from (
            {"text": filled(name, **FILLED, **case), "fault": fault} for name in sorted(names) for case in FAILED
        )


def of_message(message: Mapping[str, Any], *, writer: str) -> list[Example]:
    """This function will read a message into its marks, and each sentence that somebody showed into its own."""
    facts = {key: str(value) for key, value in (message.get("facts") or {}).items()}
    known = {key: facts.get(key) for key in ("customer", "amount", "promised", "order", "what")}
    rules, case = wording_rules(), Case(fault=message.get("fault", "ours"), is_apology=True, **known)  # type: ignore[arg-type]
    reading, findings, weight = looked(text=message["text"], rules=rules, case=case)
    if weight is None:
        raise ValueError(f"A message of {writer} is empty.")
    marks = [
        frozenset(one)
        for one in sentence_marks(
            reading=reading, measures=weight.measures, findings=findings, common=common(), known=rules.concepts
        )
    ]
    whole = Example(
        kind="message",
        writer=writer,
        sentences=tuple(marks),
        parts=part_targets(message),
        labels=label_targets(message),
        marks=frozenset(message_marks(reading=reading, findings=findings)),
        weight=(weight.points, weight.points - limit_of(reading, rules)),
    )
    shown = [
        Example(kind="shown", writer=writer, sentences=(one,), parts=target)
        for one, target in zip(marks, shown_targets(message, reading), strict=True)
        if target
    ]
    return [whole, *shown]


def counts(message: Mapping[str, Any], label: str) -> float:
    """This function will return what a label of a message counts."""
    return ONCE if message.get("once") else UNSURE if label in message.get("unsure", ()) else SURE


def label_targets(message: Mapping[str, Any]) -> Targets:
    found = message.get("violations", ())
    unsure = message.get("unsure") and not set(found) - set(message["unsure"])
    whole = (float(bool(found)), UNSURE if unsure else SURE)
    return {BAD: whole} | {label: (float(label in found), counts(message, label)) for label in LABELS if label != BAD}


def part_targets(message: Mapping[str, Any]) -> Targets:
    """This function will return what the sentences of a message hold together."""
    found = message.get("violations", ())
    targets = {label: (float(label in found), counts(message, label)) for label in CARRIED}
    targets |= {part: (float(label not in found), counts(message, label)) for part, label in PRESENT.items()}
    if "has" in message:
        targets["next"] = (float("next" in message["has"]), SURE)
    elif "vague_next" in found or "no_next" in found:
        targets["next"] = (0.0, ONCE)
    return targets


def shown_targets(message: Mapping[str, Any], reading: Reading) -> list[Targets]:
    """This function will return for each sentence what the words quoted in `spans` and `has` say of it."""
    if "has" not in message and "spans" not in message:
        return [{} for _ in reading.sentences]
    quoted: dict[str, list[str]] = {}
    for part, texts in (message.get("spans") or {}).items():
        quoted.setdefault(part, []).extend(map(plain, texts))
    for part, texts in (message.get("has") or {}).items():
        quoted.setdefault({"responsibility": "own"}.get(part, part), []).extend(map(plain, texts))
    parts = [label for label in CARRIED if label in message.get("violations", ())]
    answer = []
    for part in reading.sentences:
        text = plain(message["text"][part.start : part.start + len(part.text)])
        answer.append(
            {
                name: (float(any(same(text, quote) for quote in quoted.get(name, ()))), SENTENCE)
                for name in (*parts, *PRESENT, "next")
            }
        )
    return answer


def plain(text: str) -> str:
    return " ".join(text.split()).lower()


def same(text: str, quote: str) -> bool:
    """Whether a sentence and a quotation are the same words, or one holds the other, or nearly so."""
    if quote in text or text in quote:
        return True
    one, other = set(text.split()), set(quote.split())
    return min(len(one), len(other)) >= 5 and len(one & other) >= 0.8 * min(len(one), len(other))


def phrases() -> list[Example]:
    """This function will read the single sentences, each of a kind."""
    return [example for kind, text in kinds_and_texts() for example in of_phrase(text, kind)]


def kinds_and_texts() -> Iterator[tuple[str, str]]:
    """This function will read each single sentence, after its kind."""
    for path in PHRASES:
        for kind, texts in data_of(path.read_text(encoding="utf-8")).items():
            yield from ((kind, text) for text in texts)
    for path in VOICES:
        yield from spoken(path.read_text(encoding="utf-8"))


def spoken(lines: str) -> Iterator[tuple[str, str]]:
    """This function will read the sentences of a voice: a line each, under the kind that stands in brackets.

    Raises ValueError for a kind that teaches nothing.
    """
    kind = ""
    for line in filter(None, (one.strip() for one in lines.splitlines())):
        if line.startswith("["):
            kind = line.strip("[]").replace(" ", "_")
            if not kind_targets(kind):
                raise ValueError(f"No sentence is of the kind {kind!r}.")
        elif not line.startswith("#"):
            yield kind, line


@functools.cache
def common() -> frozenset[str]:
    """This function will return the commonest words of all messages and single sentences."""
    texts = [item["text"] for path in SETS for item in both_sides(path)]
    texts += [text for _, text in kinds_and_texts()]
    counts = Counter(word for text in texts for part in sentences(normal(text)) for word in {*words_of(part.text)})
    return frozenset(sorted(counts, key=lambda word: (-counts[word], word))[:COMMON])


def both_sides(path: Path) -> Iterator[dict[str, Any]]:
    """This function will read the messages of a set, good and bad."""
    document = data_of(path.read_text(encoding="utf-8"))
    return (item for side in ("good", "bad") for item in document[side])


def of_phrase(text: str, kind: str) -> Iterator[Example]:
    """This function will read a sentence of a kind; it has no place in a message and lacks all it need not hold."""
    whole = of_message({"text": text}, writer="")[0]
    yield Example(
        kind="phrase",
        writer="",
        sentences=tuple(frozenset(free(marks)) for marks in whole.sentences),
        parts=kind_targets(kind),
    )


def free(marks: Iterable[str]) -> Iterator[str]:
    return (mark for mark in marks if mark[:2] not in {"p:", "x:"} and mark[:5] != "r:no-")


def kind_targets(kind: str) -> Targets:
    """This function will return what a sentence of a kind holds."""
    targets: Targets = {}
    if kind in CARRIED:
        targets = {label: (float(label == kind), OWN_KIND if label == kind else GOOD_KIND) for label in CARRIED}
        if kind in UNOWNED:
            targets["own"] = (0.0, GOOD_KIND)
    elif kind.startswith("near_"):
        targets = {label: (0.0, OWN_KIND if kind == f"near_{label}" else OTHER_KIND) for label in CARRIED}
    elif kind in GOOD_KINDS:
        targets = dict.fromkeys(CARRIED, (0.0, GOOD_KIND))
    if kind in SAYS:
        part, holds = SAYS[kind]
        targets[part] = (holds, OWN_KIND)
    if kind in {"vague_next", "open", "closed"}:
        targets["next"] = (0.0, OWN_KIND if kind == "vague_next" else OTHER_KIND)
    return targets


def groups(examples: Sequence[Example], count: int) -> list[frozenset[str]]:
    """This function will put the writers into groups of about as many messages each: largest first, where fewest are."""
    sizes: dict[str, int] = {}
    for item in examples:
        sizes[item.writer] = sizes.get(item.writer, 0) + (item.kind == "message")
    found: list[tuple[int, frozenset[str]]] = [(0, frozenset())] * count
    for writer, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        total, names = found.pop(min(range(count), key=lambda place: found[place][0]))
        found.append((total + size, names | {writer}))
    return [names for _, names in found if names]
