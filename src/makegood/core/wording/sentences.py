"""Reading a message for the wording rules: one normal form of the same length, quotations blanked, sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009\u200b\t\r", " "),
        "\u2026": ".",
    }
)
_QUOTED = re.compile(
    r'"[^"]{1,400}"|(?<![\w\'])\'(?:[^\'\n]|(?<=\w)\'(?=\w)){1,400}\'(?!\w)|^[ ]*>[^\n]*', re.MULTILINE
)
_HELD = re.compile(
    r"((?:https?://[^\s/]{1,260}|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[a-z]{2,24})/)[^\s<>]*[\w/=]|(\w\+)[\w.=-]+(?=@)",
    re.IGNORECASE,
)
"""What stands in a link behind its host, or in the tag of an address: nobody reads it as words."""
_BREAK = re.compile(r'(?<=[.!?])[")\]\']{0,2}\s+|\n[ ]*\n\s*|\n(?=[ ]*[-*\u2022])')
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|no|nr|e\.g|i\.e|a\.m|p\.m|approx|vs|etc)\.$")
_GREETING = re.compile(r"\s*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening))\b[^,:!.\n]{0,50}[,:!.\n]")
_CLOSING = re.compile(
    r"\n\s*(?:(?:kind|best|warm|warmest|many)?\s?(?:regards|wishes|thanks)|yours\b|sincerely|warmly|best|thanks|"
    r"thank you|cheers|respectfully|with apologies|-\s?\w)[^\n.]{0,40}(?:\n|$)"
)


@attrs.frozen
class Sentence:
    """One sentence in normal form and where it starts in the text."""

    text: str
    start: int


def normal(text: str) -> str:
    """Return `text` in lower case with plain quotes, hyphens and spaces, character for character as long."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.translate(_SAME)


def unquoted(normalised: str, *, least_words: int = 3) -> str:
    """Blank out what is quoted from somebody else, keeping the length.

    Quotations under `least_words` words stay (a single quoted word is usually our own), and so does a message
    that is one quotation as a whole.
    """

    def blank(match: re.Match[str]) -> str:
        quoted = match.group()
        whole = len(quoted) > 0.8 * len(normalised.strip())
        if whole or "\n\n" in quoted or len(quoted.split()) < least_words:
            return quoted
        return "".join(char if char.isspace() else "\u25a1" for char in quoted)

    return _QUOTED.sub(blank, normalised)


def unlinked(text: str) -> str:
    """Blank out what links and tagged addresses hold, keeping the length: a token may spell anything."""

    def blank(match: re.Match[str]) -> str:
        begins = match[1] or match[2]
        return begins + "\u25a1" * (len(match[0]) - len(begins))

    return _HELD.sub(blank, text)


def sentences(normalised: str) -> Iterator[Sentence]:
    """Yield the sentences of a normalised text, in order, without surrounding white space."""
    start = 0
    for match in _BREAK.finditer(normalised):
        if _ABBREVIATION.search(normalised, max(start, match.start() - 8), match.start()):
            continue
        yield from _stripped(normalised, start, match.end())
        start = match.end()
    yield from _stripped(normalised, start, len(normalised))


def body(normalised: str) -> str:
    """Return the message without its greeting and its closing, where names would pass for specifics."""
    greeting = _GREETING.match(normalised)
    rest = normalised[greeting.end() :] if greeting else normalised
    ends = [closing.start() for closing in _CLOSING.finditer(rest) if closing.start() > len(rest) // 3]
    return rest[: ends[-1]] if ends else rest


def _stripped(normalised: str, start: int, end: int) -> Iterator[Sentence]:
    piece = normalised[start:end]
    kept = piece.strip()
    if kept:
        yield Sentence(kept, start + piece.index(kept))
