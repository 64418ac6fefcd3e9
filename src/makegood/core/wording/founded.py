"""What a letter says that nothing in its case says: numbers, links and addresses, and names.

For letters that a machine drafted: it may make up what sounds right. A person decides on each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|[^\s@<>()]+@[^\s@<>()]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE
)
NUMBER: Final = re.compile(r"\d(?:[.,:'\u2019\u00a0\u202f]?\d)*")
CENTS: Final = re.compile(r"[.,](\d\d)\Z")
NAME: Final = re.compile(r"(?<![\w'\u2019-])[^\W\d_a-z][\w\u2019'-]+")
BEGINS: Final = re.compile(r"(?:\A|[.!?:\u2026]|\n)[\s\"'\u201c\u201e\u00ab\u00bf\u00a1(-]*\Z")
OWN: Final = ("i'", "i\u2019")
NOUNS_HAVE_CAPITALS: Final = ("de",)

Unfounded = tuple[int, int, str]
"""Where it stands in the text, and what it is: link, number or name."""


def unfounded(*, text: str, known: Sequence[str], language: str) -> list[Unfounded]:
    """This function will find what a text says and none of the texts that are `known` says, in order.

    Numbers are compared by value, however they are grouped. Names are words with a capital inside a sentence; a
    language (ISO 639-1) that writes nouns so is not searched for them.
    """
    said = "\n".join(known)
    links = list(_links(text, said))
    bare = LINK.sub(lambda match: " " * len(match[0]), text)
    found = [*links, *_numbers(bare, said)]
    if language[:2] not in NOUNS_HAVE_CAPITALS:
        found += _names(bare, said)
    return sorted(found)


def _links(text: str, said: str) -> Iterator[Unfounded]:
    known = {match[0].rstrip(".,;:!?)").lower() for match in LINK.finditer(said)}
    for match in LINK.finditer(text):
        link = match[0].rstrip(".,;:!?)")
        if link.lower() not in known:
            yield match.start(), match.start() + len(link), "link"


def _numbers(text: str, said: str) -> Iterator[Unfounded]:
    known = {value for match in NUMBER.finditer(said) for value in _values(match[0])}
    for match in NUMBER.finditer(text):
        if known.isdisjoint(_values(match[0])):
            yield match.start(), match.end(), "number"


def _values(number: str) -> set[str]:
    """What a number may be written as: 09:00 is 9:00 and 9, 1,250.00 is 1250."""
    if ":" in number:
        first, _, rest = number.partition(":")
        hour = first.lstrip("0") or "0"
        return {f"{hour}:{rest}", hour} if set(rest) <= {"0", ":"} else {f"{hour}:{rest}"}
    cents = CENTS.search(number)
    whole = re.sub(r"\D", "", number[: cents.start()] if cents else number).lstrip("0") or "0"
    return {whole} if cents is None or cents[1] == "00" else {f"{whole}.{cents[1]}"}


def _names(text: str, said: str) -> Iterator[Unfounded]:
    known = {match.casefold() for match in re.findall(r"[^\W\d_]+", said)}
    for match in NAME.finditer(text):
        word = match[0].casefold()
        first = re.match(r"[^\W\d_]+", word)
        if word.startswith(OWN) or BEGINS.search(text, max(0, match.start() - 40), match.start()):
            continue
        if first is None or first[0] not in known:
            yield match.start(), match.end(), "name"
