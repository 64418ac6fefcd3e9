"""What a message says before it is judged: its sentences, the elements of an apology in it, what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import attrs

from makegood.core.wording.deeds import acted, clauses, due
from makegood.core.wording.sentences import Sentence, body, normal, sentences, unquoted
from makegood.core.wording.types import ELEMENTS, Case, Element, WordingRules

_WORD = re.compile(r"[^\W\d_][\w'-]*")
_NOT_ENDING = re.compile(r"'(?:s|t|re|ve|ll|d|m)$")
_ONE = re.compile(r"(?<![\w'])i(?=[\s'])")
_IDLE = {"regret": ("small_talk", "condolence"), "repair": ("idle_repair",)}
"""Signs in which an element means nothing: "sorry to bother you" regrets nothing."""
_MASK = "\u25a1"
KEPT = 1024
"""Of how many sentences it is kept what they say by themselves: letters from one template share most of theirs."""


@attrs.frozen(kw_only=True)
class Reading:
    """One message as read.

    `spans` holds every element found, `sorries` where it says sorry (offsets into the text). `says_sorry` is
    whether it apologises at all, `apology` whether it is to be judged as an apology. `telling` are the words that
    belong to this case alone, `narrated` whether someone tells what they or their people did, `timed` whether any
    time is named, `what_told` how many words of what failed it shares ("none", "some", "all", "" where none is known).
    `done` are the clauses in which something is done for the customer, `coming` those that tell what comes at a time.
    """

    sentences: tuple[Sentence, ...]
    spans: tuple[Element, ...]
    sorries: tuple[tuple[int, int], ...]
    says_sorry: bool
    apology: bool
    conditions: frozenset[str]
    words: int
    telling: frozenset[str]
    timed: bool
    narrated: bool
    facts_named: bool
    what_told: str
    done: tuple[str, ...]
    coming: tuple[str, ...]

    def has(self, element: str) -> bool:
        """Whether the message holds this element."""
        return any(span.name == element for span in self.spans)


def read(*, text: str, rules: WordingRules, case: Case) -> Reading:
    """Read `text` for what the rules need to know, without judging it."""
    whole = normal(text.rstrip())
    plain = unquoted(whole)
    parts = tuple(sentences(plain))
    # What we did beside what they asked for, over two sentences, owns the difference.
    contrasts = (
        Element(name="responsibility", start=match.start(), end=match.end())
        for match in rules.signs["contrast"].finditer(plain)
    )
    heard = [_heard(part.text, rules) for part in parts]
    spans = (
        *(
            Element(name=name, start=part.start + start, end=part.start + end)
            for part, one in zip(parts, heard, strict=True)
            for name, start, end in one.elements
        ),
        *contrasts,
    )
    sorries = tuple((span.start, span.end) for span in spans if span.name == "regret")
    # Owning the mistake outright is an apology even where the word sorry is missing.
    owns = any("owns_outright" in one.signs for one in heard) or (
        any("claims_cause" in one.signs for one in heard) and any(span.name == "responsibility" for span in spans)
    )
    names = {span.name for span in spans}
    conditions: set[str] = {name for name in ("responsibility", "repair") if name in names}
    conditions.add("fault_ours" if case.fault == "ours" else "not_ours")
    if case.improvement_verified:
        conditions.add("verified")
    said = body(whole)
    telling = telling_words(said, rules)
    says_sorry = bool(sorries) or owns
    # Lamenting without apologising ("saddened to read your review") stands in an apology's place and is judged so.
    laments = any("lament" in one.signs for one in heard)
    if case.fault == "ours" and not says_sorry:
        laments |= _told_coldly(plain, parts, rules)
        laments |= any("told_plainly" in one.signs for one in heard)
    return Reading(
        sentences=parts,
        spans=spans,
        sorries=sorries,
        says_sorry=says_sorry,
        apology=says_sorry or laments if case.is_apology is None else case.is_apology,
        conditions=frozenset(conditions),
        words=len(_WORD.findall(said)),
        telling=telling,
        timed=bool(rules.signs["time"].search(said)),
        narrated=any("narrated" in one.signs for one in heard),
        facts_named=any(normal(fact.strip()) in whole for fact in case.facts if fact.strip()),
        what_told=_what_told(telling, rules, case),
        done=tuple(clause for one in heard for clause in one.done),
        coming=tuple(clause for one in heard for clause in one.coming),
    )


@attrs.frozen(slots=True)
class _Heard:
    """What one sentence says by itself: elements (name, start and end in it), signs, what is done and what comes."""

    elements: tuple[tuple[str, int, int], ...]
    signs: frozenset[str]
    done: tuple[str, ...]
    coming: tuple[str, ...]


_SIGNS = ("owns_outright", "claims_cause", "lament", "told_plainly", "narrated")


@lru_cache(maxsize=KEPT)
def _heard(sentence: str, rules: WordingRules) -> _Heard:
    told = clauses(sentence)
    return _Heard(
        elements=tuple(_elements(sentence, rules)),
        signs=frozenset(name for name in _SIGNS if rules.signs[name].search(sentence)),
        done=tuple(clause for clause in told if acted(clause, rules)),
        coming=tuple(clause for clause in told if due(clause, rules)),
    )


def _what_told(telling: frozenset[str], rules: WordingRules, case: Case) -> str:
    """How many words of what failed the message shares: "none", "some" or "all"; "" where the case knows none."""
    known = telling_words(normal(case.what), rules) if case.what else frozenset()
    shared = sum(any(_alike(one, other) for other in telling) for one in known)
    return "" if not known else "none" if not shared else "all" if shared == len(known) else "some"


def _alike(one: str, other: str) -> bool:
    """Whether two words begin alike: deliver, delivered, delivery."""
    return one == other or (min(len(one), len(other)) >= 4 and one[:4] == other[:4])


def _told_coldly(plain: str, parts: tuple[Sentence, ...], rules: WordingRules) -> bool:
    """Whether it tells that the customer's own thing went wrong, or pays for a failure, and that is all: nobody says
    "I", nobody asks.
    """
    if "?" in plain or _ONE.search(plain) is not None:
        return False
    failed = any(rules.signs["failure"].search(part.text) for part in parts)
    return any(rules.signs["told_failure"].search(part.text) for part in parts) or (
        failed and any(rules.signs["paid_back"].search(part.text) for part in parts)
    )


def _elements(sentence: str, rules: WordingRules) -> Iterator[tuple[str, int, int]]:
    for name in ELEMENTS:
        idle: list[tuple[int, int]] | None = None
        for match in rules.elements[name].finditer(sentence):
            if idle is None:
                idle = [found.span() for sign in _IDLE.get(name, ()) for found in rules.signs[sign].finditer(sentence)]
            if any(start <= match.start() < end for start, end in idle):
                continue
            if _counts(name, sentence, match, rules):
                yield name, *match.span()


def _counts(name: str, sentence: str, match: re.Match[str], rules: WordingRules) -> bool:
    """Whether a match is really the element: 'not our fault' owns nothing, 'find your feedback' repairs nothing."""
    if name == "responsibility":
        before = sentence[max(0, match.start() - 60) : match.start()].rstrip()
        return not any(guard.end() == len(before) for guard in rules.signs["guarded"].finditer(before))
    if name == "repair":
        verb = max(sentence.rfind(" ", 0, match.end()), sentence.rfind("\n", 0, match.end())) + 1
        return not rules.signs["unrepaired"].match(sentence, verb)
    return True


def telling_words(said: str, rules: WordingRules) -> frozenset[str]:
    """This function will return the words that say something of this case: not those that any apology shares."""
    return frozenset(_telling(said, rules))


def _telling(said: str, rules: WordingRules) -> Iterator[str]:
    for found in _WORD.findall(said):
        for piece in _NOT_ENDING.sub("", found.strip("'-")).split("-"):
            if len(piece) > 1 and piece not in rules.generic and _stem(piece) not in rules.generic:
                yield _stem(piece)


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
