"""The loader of the wording rules: reads a language's YAML, fills in word classes, compiles, checks."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from makegood.core.evidence import GRADES
from makegood.core.wording.concepts import LEAST, Concepts
from makegood.core.wording.marks import words_of
from makegood.core.wording.packing import NARROW, packed
from makegood.core.wording.types import ELEMENTS, SEVERITIES, Naming, Rule, WordingRules
from makegood.core.wording.weighing import MESSAGE_MEASURES, SENTENCE_MEASURES
from makegood.rules import yaml_text

_CLASS = re.compile(r"\{([a-z_]+)\}")
_GAP = re.compile(r" ~(\d) ")
_MARK = re.compile(r"([^~\n]+)=((?:[A-Za-z]\d+)+)[~\n]")
_PAIR = re.compile(r"([A-Za-z])(\d+)")
_LAST_GAP = re.compile(r" ~(\d)(?=\)|\||$)")
CONDITIONS = frozenset({"fault_ours", "not_ours", "responsibility", "repair", "verified", "amends"})
SCOPES = ("apology", "any")


class UnableToReadWordingRules(ValueError):
    """The wording rules of a language cannot be used as they are written."""


@functools.cache
def wording_rules(language: str = "en") -> WordingRules:
    """Load the wording rules of one language (ISO 639-1 code), compiled once.

    Raises UnableToReadWordingRules when there are none for the language or when they are malformed.
    """
    folder = resources.files("makegood.rules") / "wording"
    source = folder / f"{language}.yaml"
    if not re.fullmatch(r"[a-z]{2}", language) or not source.is_file():
        raise UnableToReadWordingRules(f"There are no wording rules for the language {language!r}; use 'en'.")
    document = yaml_text.data_of(source.read_text(encoding="utf-8"))
    for part in ("cues", "weights", "names", "concepts"):
        beside = folder / f"{language}.{part}.yaml"
        document[part] = yaml_text.data_of(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return parsed(document)


def parsed(document: Mapping[str, Any]) -> WordingRules:
    """Compile a document of wording rules.

    Raises UnableToReadWordingRules naming the part that is wrong.
    """
    words = _classes(document["words"])
    elements = {name: _compiled(lines, words, name) for name, lines in document["elements"].items()}
    if set(elements) != set(ELEMENTS):
        raise UnableToReadWordingRules(f"The elements must be exactly {', '.join(ELEMENTS)}.")
    rules = [_rule(item, words) for item in document["rules"]]
    cues = {name: _compiled(lines, words, name) for name, lines in document.get("cues", {}).items()}
    weights = document.get("weights", {})
    for part, measures in (("sentence", SENTENCE_MEASURES), ("message", MESSAGE_MEASURES)):
        if unknown := set(weights.get(part, {})) - measures - set(cues) - {"base"}:
            raise UnableToReadWordingRules(f"The weights of a {part} name the unknown measure {min(unknown)}.")
    return WordingRules(
        language=document["language"],
        elements=elements,
        signs={name: _compiled(lines, words, name) for name, lines in document["signs"].items()},
        rules={rule.id: rule for rule in rules},
        cues=cues,
        weights=weights,
        generic=frozenset(document["generic"].split()),
        limits=document["limits"],
        capitals=frozenset(document.get("capitals", "").split()),
        concepts=concepts_from(document.get("concepts", {})),
        naming=_naming(document.get("names"), {rule.id for rule in rules}),
    )


def concepts_from(raw: Mapping[str, str]) -> Concepts:
    """Read concepts: for each, words and phrases between bars; a star after a word stands for any ending.

    Raises UnableToReadWordingRules naming the words that are of two concepts, or the beginning that is too short.
    """
    phrases: dict[tuple[str, ...], str] = {}
    beginnings: dict[str, str] = {}
    for concept, lines in raw.items():
        for said in (part.strip() for part in lines.split("|")):
            words = tuple(words_of(said.rstrip("*")))
            twice = words[0] in beginnings if said.endswith("*") else words in phrases
            if twice or not words:
                raise UnableToReadWordingRules(f"{said!r} under {concept} stands twice, or is no word.")
            if not said.endswith("*"):
                phrases[words] = concept
            elif len(words) == 1 and len(words[0]) >= LEAST:
                beginnings[words[0]] = concept
            else:
                raise UnableToReadWordingRules(f"{said!r} is no beginning of a word, or too short a one.")
    return Concepts(phrases, beginnings)


def _naming(raw: Mapping[str, Any] | None, known: set[str]) -> Naming | None:
    if not raw:
        return None
    found = naming_of(raw)
    if unknown := {*found.rules, *found.finer, *found.finer.values()} - known:
        raise UnableToReadWordingRules(f"The names speak of the unknown rule {min(unknown)}.")
    return found


def naming_of(raw: Mapping[str, Any]) -> Naming:
    """Read the weights of naming: `parts` and `rules` with their points, and a line for each mark and each measure.

    Raises UnableToReadWordingRules naming the line that is wrong.
    """
    ids, parts = [item["id"] for item in raw["rules"]], [item["name"] for item in raw["parts"]]
    finer, shown = raw.get("finer", {}), [item["shown"] for item in raw["rules"]]
    rows = dict(_measures(raw["measures"], len(ids)))
    if strange := {*shown} - {*parts, ""}:
        raise UnableToReadWordingRules(f"A rule is shown by the unknown part {min(strange)}.")
    return Naming(
        parts=tuple(parts),
        bases=tuple(float(item["base"]) for item in raw["parts"]),
        marks=dict(_marks(raw["marks"], len(parts))),
        rules=tuple(ids),
        starts=tuple(float(item["start"]) for item in raw["rules"]),
        lines=tuple(float(item["line"]) for item in raw["rules"]),
        shown=tuple(shown),
        measures=tuple(rows),
        weights=tuple(rows.values()),
        absences=frozenset(item["id"] for item in raw["rules"] if item.get("absent")),
        finer=finer,
        common=frozenset(raw.get("common", "").split()),
    )


def _marks(lines: str, count: int) -> Iterator[tuple[str, int]]:
    """Marks with their points packed: `w:bed=a12C7` weighs 12 for the first part and -7 for the third."""
    text, end = f"{lines.rstrip()}\n", 0
    known: dict[str, int] = {}
    for found in _MARK.finditer(text):
        if found.start() != end:
            break
        if found[2] not in known:
            weights = [
                (ord(part.lower()) - ord("a"), -int(points) if part.isupper() else int(points))
                for part, points in _PAIR.findall(found[2])
            ]
            if any(place >= count for place, _ in weights):
                break
            known[found[2]] = packed(weights, bits=NARROW)
        end = found.end()
        yield found[1], known[found[2]]
    if text[end:].strip():
        raise UnableToReadWordingRules(f"The mark {text[end : end + 40].splitlines()[0]!r} weighs for no part.")


def _measures(lines: str, count: int) -> Iterator[tuple[str, int]]:
    for line in lines.splitlines():
        name, _, weights = line.rpartition(" = ")
        row = [int(weight) for weight in weights.split()]
        if len(row) != count:
            raise UnableToReadWordingRules(f"The measure {name!r} does not weigh for every rule.")
        yield name, packed(enumerate(row))


def _classes(raw: Mapping[str, str]) -> dict[str, str]:
    """Word classes, those that use earlier ones filled in."""
    done: dict[str, str] = {}
    for name, pattern in raw.items():
        done[name] = _filled(pattern.strip(), done, name)
    return done


def _filled(pattern: str, words: Mapping[str, str], where: str) -> str:
    def known(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise UnableToReadWordingRules(f"{where} uses the unknown word class {match[0]}.")
        return words[match[1]]

    return _CLASS.sub(known, pattern)


def _compiled(lines: str, words: Mapping[str, str], where: str) -> re.Pattern[str]:
    patterns = [_regex(_filled(line.strip(), words, where)) for line in lines.splitlines() if line.strip()]
    try:
        return re.compile(r"(?<![\w'])(?:" + "|".join(patterns) + r")(?!\w)")
    except re.error as error:
        raise UnableToReadWordingRules(f"A pattern of {where} is not a regular expression: {error}.") from error


def _regex(pattern: str) -> str:
    """One pattern of the rules' small notation as a regular expression: bounded gaps, any white space."""
    pattern = _GAP.sub(r"(?: \\S{1,40}){0,\1}? ", pattern)
    pattern = _LAST_GAP.sub(r"(?: \\S{1,40}){0,\1}", pattern)
    return re.sub(r" (?!\?)", r"\\s{1,9}", pattern).replace(" ?", r"\s{0,9}")


def _rule(item: Mapping[str, Any], words: Mapping[str, str]) -> Rule:
    name = item["id"]
    conditions = {key: frozenset(item.get(key, ())) for key in ("only_if", "off_if", "advice_if")}
    if unknown := frozenset().union(*conditions.values()) - CONDITIONS:
        raise UnableToReadWordingRules(f"{name} names the unknown condition {min(unknown)}.")
    if item["severity"] not in SEVERITIES or item["scope"] not in SCOPES:
        raise UnableToReadWordingRules(f"{name} has an unknown severity or scope.")
    if item["evidence"] is not None and item["evidence"] not in GRADES:
        raise UnableToReadWordingRules(f"{name} names evidence that the register does not hold.")
    return Rule(
        id=name,
        evidence=item["evidence"],
        severity=item["severity"],
        scope=item["scope"],
        message=item["message"],
        suggestion=item["suggestion"],
        patterns=_compiled(item["patterns"], words, name) if "patterns" in item else None,
        unless=_compiled(item["unless"], words, name) if "unless" in item else None,
        only_if=conditions["only_if"],
        off_if=conditions["off_if"],
        advice_if=conditions["advice_if"],
    )
