"""Taking out of a text who it is about: names that are known, addresses of every kind, and every number.

What is taken out is replaced by a word in brackets, so that a reader sees that something stood there. Names can only be
taken out where they are known: a person reads the text before it is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NAME, ADDRESS, NUMBER = "[name]", "[address]", "[number]"
LEAST: Final = 2
"""A part of a name with fewer letters stands in too many words to be taken out."""
SHORT: Final = 3
"""A part of a name with as few letters is taken out only with a capital: "An" is a name, "an" is none."""
REACHED: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+|\b(?:https?://|www\.)\S+|(?<!\w)@\w[\w.]*", re.IGNORECASE)
"""E-mail addresses, web addresses and handles."""
_CAPITAL: Final = r"[^\W\d_a-zß-ÿ][\w'\u2019-]*"
STREET: Final = re.compile(
    rf"(?:(?:{_CAPITAL}\s+){{1,3}}(?:Street|Avenue|Road|Lane|Square)\b"
    r"|\b[^\W\d_a-zß-ÿ][\w-]*(?:straat|laan|weg|plein|straße|strasse|platz|gasse)\b"
    rf"|\b(?:Rua|Avenida|Praça|Calle|Plaza|Rue|Boulevard)\s+(?:d\w{{0,2}}\s+){{0,2}}{_CAPITAL})(?:\s*,?\s*\d+\w*)?"
)
"""A street with its name, in the languages of the public pages; it begins with a capital."""
NUMBERS: Final = re.compile(r"(?:\w+[-/])*\w*\d(?:[\w./:,-]*\w)?(?:[ .-]\d[\w./-]*)*")
"""Whatever holds a digit: telephone, order and house numbers, amounts, dates and codes."""
BRACKETS: Final = re.compile(r"(\[(?:name|address|number)\])(?:[\s,]*\1)+")


def anonymised(*, text: str, names: Collection[str] = ()) -> str:
    """This function will take known names, addresses and numbers out of a text; what is left never holds a digit.

    `names` are whole names as they are known; each of their parts of two letters or more is taken out wherever it
    stands as a word. Doing it again changes nothing.
    """
    plain = REACHED.sub(ADDRESS, text)
    for part in sorted(_parts(names), key=len, reverse=True):
        said = re.escape(part)
        if len(part) <= SHORT:
            said = f"{re.escape(part[0].upper())}(?i:{re.escape(part[1:])})"
        plain = re.sub(rf"(?<!\w){said}(?!\w)", NAME, plain, flags=0 if len(part) <= SHORT else re.IGNORECASE)
    plain = NUMBERS.sub(NUMBER, STREET.sub(ADDRESS, plain))
    return BRACKETS.sub(r"\1", plain).strip()


def _parts(names: Collection[str]) -> set[str]:
    """The words of names, and what stands around an apostrophe in one."""
    words = {word for name in names for word in re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", name)}
    pieces = {piece for word in words for piece in re.split(r"['\u2019]", word)}
    return {one for one in words | pieces if len(one) >= LEAST}
