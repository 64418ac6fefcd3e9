"""Judging the wording of what is about to be said: the linter of the core, with the rules of the language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import attrs

from makegood.core.wording import NEUTRAL, Case, blank, lint
from makegood.rules.phrases import language_of
from makegood.rules.wording_data import UnableToReadWordingRules, wording_rules

VARIES = re.compile(r"https?://\S+|^\s*(?:dear|hello|hi)\b[^\n]{0,80}\n", re.IGNORECASE)
DAYS = re.compile(
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ (?:January|February|March|April|May|June|July|August|September"
    r"|October|November|December)\b"
)
CODES = re.compile(r"\([A-Z0-9][A-Z0-9 /-]*\)")
DIGITS = re.compile(r"\d+")
UNCHECKED = {
    "rule": "wording.unchecked",
    "evidence": None,
    "grade": None,
    "severity": "advice",
    "start": 0,
    "end": 0,
    "text": "",
    "suggestion": "Have a colleague who writes this language read it.",
    "message": "There are no wording rules for this language, so nothing was checked.",
}


@attrs.frozen(kw_only=True)
class Judged:
    """The findings, as the linter's data, and whether one of them blocks."""

    findings: list[dict[str, Any]]
    blocks: bool


def judge(*, text: str, kind: str, language: str, case: Case | None = None) -> Judged:
    """This function will judge one message's wording; an unknown language is said to be unchecked, not passed.

    The rules are those of the language told, unless the text is surely written in another.
    """
    case = _case(kind, case)
    try:
        rules = wording_rules(language_of(text, told=language or "en")[:2])
    except UnableToReadWordingRules:
        return Judged(findings=[dict(UNCHECKED)], blocks=False)
    linted = lint(text=text, rules=rules, case=case)
    return Judged(findings=[finding.as_dict() for finding in linted.findings], blocks=linted.flagged)


def _case(kind: str, case: Case | None) -> Case:
    return attrs.evolve(case or Case(fault="unknown"), is_apology=True if kind == "apology" else None)


def may_go(*, text: str, kind: str, language: str, case: Case | None = None) -> bool:
    """This function will say whether a message may go without a person: it says something, and no finding blocks.

    Messages that differ only in what failed, numbers, dates, codes in brackets, links and the salutation are
    judged once, since they go by the thousand.
    """
    for told in filter(None, case.told if case else ()):
        text = re.sub(re.escape(told), NEUTRAL[0], text, flags=re.IGNORECASE)
    case = attrs.evolve(case, told=(), what=None) if case else None
    shape = DIGITS.sub("0", CODES.sub("(A1)", DAYS.sub("Monday 1 January", VARIES.sub(" ", text))))
    return not _shape_blocks(shape, kind, language, case)


@lru_cache(maxsize=4096)
def _shape_blocks(shape: str, kind: str, language: str, case: Case | None) -> bool:
    return blank(text=shape) or judge(text=shape, kind=kind, language=language, case=case).blocks
