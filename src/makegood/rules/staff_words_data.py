"""The loader of how staff give their word: reads a language's YAML, fills in word classes, compiles, checks."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from datetime import time
from importlib import resources
from typing import Any

from makegood.core.staff_words.types import Phrase, StaffWordRules
from makegood.rules import yaml_text

_CLASS = re.compile(r"\{([a-z_]+)\}")
KINDS = frozenset({"span", "clock", "day", "week", "month", "part"})
MOMENTS = frozenset({"opening", "close"})


class UnableToReadStaffWordRules(ValueError):
    """The rules by which staff give their word in a language cannot be used as they are written."""


@functools.cache
def staff_word_rules(language: str = "en") -> StaffWordRules:
    """Load how staff give their word in one language (ISO 639-1 code), compiled once.

    Raises UnableToReadStaffWordRules when there are none for the language or when they are malformed.
    """
    source = resources.files("makegood.rules") / "staff_words" / f"{language}.yaml"
    if not re.fullmatch(r"[a-z]{2}", language) or not source.is_file():
        raise UnableToReadStaffWordRules(f"There are no rules for a given word in {language!r}; use 'en'.")
    return parsed(yaml_text.data_of(source.read_text(encoding="utf-8")))


def parsed(document: Mapping[str, Any]) -> StaffWordRules:
    """Compile a document of these rules.

    Raises UnableToReadStaffWordRules naming the part that is wrong.
    """
    try:
        return _parsed(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnableToReadStaffWordRules(f"Part {error} of the rules is missing or malformed.") from error


def _parsed(document: Mapping[str, Any]) -> StaffWordRules:
    numbers = {word: float(value) for word, value in document["numbers"].items()}
    hours = [word for word, value in numbers.items() if value in range(1, 13) and " " not in word and len(word) > 2]
    hours = [word for word in hours if word not in {"the", "another"}]
    preposition = document["prepositions"]
    classes = {
        **document["words"],
        **document["classes"],
        "number": _any(numbers),
        "hour": _any(hours),
        "unit": _any(document["units"]),
        "month": _any(document["months"]),
        "weekday": _any(document["weekdays"]),
        "part": _any(document["parts"]),
        "preposition": rf"\b{preposition}(?: about| around| the latest)? ",
        "at": rf"(?:{preposition}(?: about| around)? )?",
    }
    lines = {
        name: _lines(document[name], classes, name)
        for name in (
            "commits", "openings", "breaks", "blocked_before", "blocked_between", "blocked_after", "innocent", "resets",
        )
    }  # fmt: skip
    return StaffWordRules(
        language=document["language"],
        phrases=tuple(
            Phrase(
                kind=_known(one["kind"]), pattern=_compiled(rf"(?<![\w€$£]){_filled(one['pattern'], classes)}(?!\w)")
            )
            for one in document["times"]
        ),
        acts={name: _compiled(rf"\b(?:{pattern})\b") for name, pattern in document["acts"].items()},
        numbers=numbers,
        weekdays=document["weekdays"],
        months=document["months"],
        units=document["units"],
        parts={name: said if said in MOMENTS else _minute(said) for name, said in document["parts"].items()},
        opening=_minute(document["opening"]),
        close=_minute(document["close"]),
        loose_ends=_compiled(document["loose_ends"]),
        segments=_compiled(document["segments"]),
        joins=_compiled(document["joins"]),
        deadlines=_compiled(rf"\b{document['deadlines']}"),
        before=_compiled(document["before"]),
        not_due=_compiled(document["not_due"]),
        ago=_compiled(document["ago"]),
        **lines,
    )


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise UnableToReadStaffWordRules(f"A time is of the unknown kind {kind!r}: use one of {sorted(KINDS)}.")
    return kind


def _minute(text: str) -> int:
    """The minute of the day of a local time such as 18:00, or 24:00."""
    if text == "24:00":
        return 24 * 60
    try:
        read = time.fromisoformat(text)
    except ValueError:
        raise UnableToReadStaffWordRules(f"{text!r} is no time of the day: write it as 18:00.") from None
    return read.hour * 60 + read.minute


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


def _filled(pattern: str, classes: Mapping[str, str]) -> str:
    def known(match: re.Match[str]) -> str:
        if match[1] not in classes:
            raise UnableToReadStaffWordRules(f"The unknown word class {match[0]} is used.")
        return classes[match[1]]

    return _CLASS.sub(known, _CLASS.sub(known, pattern))


def _lines(lines: str, classes: Mapping[str, str], where: str) -> re.Pattern[str]:
    patterns = [_filled(line.strip("\n").lstrip(), classes) for line in lines.splitlines() if line.strip()]
    if not patterns:
        raise UnableToReadStaffWordRules(f"{where} is empty.")
    # Those who commit are followed by what they will do, which may begin at once.
    return _compiled(r"(?<![\w'])(?:" + "|".join(patterns) + (")" if where == "commits" else r")(?!\w)"))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UnableToReadStaffWordRules(f"{pattern!r} is not a regular expression: {error}.") from error
