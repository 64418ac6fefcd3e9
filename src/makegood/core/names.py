"""Names: how to call somebody, or not at all where a name only describes them; and codes made from a name."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

SPELT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
"""Letters that are no other letter with a mark, as they are written without them."""
NO_WORD = re.compile(r"[^\w]+")
MOST_CODE = 60
MOST_FIRST = 3
"""How many first names somebody gives behind a comma."""
ARTICLES = frozenset({"a", "an", "the", "this", "that", "some", "somebody", "someone", "our", "my"})
TITLES = frozenset(
    "mr mrs ms miss mx dr dra prof profa professor madam herr frau m. mme mlle monsieur madame mademoiselle"
    " sr sra srta señor señora señorita doña senhor senhora dona".split()
)
"""What stands before a name in the languages that we write, in small letters; a full stop behind it is left out."""
WITH_FIRST = frozenset({"doña", "dona"})
"""Titles that go with the first name."""
SEVERAL_LAST = frozenset("sr sra srta señor señora señorita senhor senhora".split())
"""Titles of languages in which the last of three names need not be the one somebody is called by."""
BEHIND = frozenset("jr sr ii iii iv phd md esq".split())
"""What stands behind a name and is none."""
JOINING = frozenset("& and und et y e".split())


def legible(*, text: str) -> bool:
    """This function will tell whether a text holds anything that can be seen: blanks and what has no width cannot."""
    return any(letter.isprintable() and not letter.isspace() for letter in text)


def described(*, name: str) -> bool:
    """This function will say whether a name is a description ("the man with the red bike") rather than a name.

    It is when it begins with a small letter, or with an article before a word that does: An and My are names too. A
    script without small letters has only names.
    """
    first, second = [*name.split(), "", ""][:2]
    return first[:1].islower() or (first.lower() in ARTICLES and second[:1].islower())


def first_name(*, name: str) -> str:
    """This function will return what somebody is called in a sentence, "" where it is not known.

    That is the first name ("Ana Ferreira", "Ferreira, Ana": Ana) or, of who gave a title, the title and the last name
    ("Dr. Ana Ferreira", "Ferreira, Dr. Ana": Dr. Ferreira). Of two people at once nobody is called. What else stands
    behind a comma tells more of them, and is no part of the name.
    """
    if described(name=name):
        return ""
    before, _, after = name.partition(",")
    last, behind = before.split(), after.split()
    if len(last) == 1 and _is_name(behind):
        titles = [*takewhile(_is_title, behind)]
        return " ".join([*titles, *last]) if titles else behind[0]
    titles = [*takewhile(_is_title, last)]
    names = last[len(titles) :]
    while len(names) > 1 and _bare(names[-1]) in BEHIND:
        names.pop()
    if not titles or not names:
        return names[0] if names else ""
    return _titled(titles, names)


def _titled(titles: list[str], names: list[str]) -> str:
    if names[0].lower() in JOINING:
        return ""
    if _bare(titles[-1]) in WITH_FIRST:
        return " ".join([*titles, names[0]])
    if _bare(titles[0]) in SEVERAL_LAST and len(names) > 2:
        return " ".join([*titles, *names])
    return " ".join([*titles, names[-1]])


def _is_name(words: list[str]) -> bool:
    return 0 < len(words) <= MOST_FIRST and all(
        word[:1].isupper() and word.replace("-", "").replace(".", "").isalpha() for word in words
    )


def _is_title(word: str) -> bool:
    return word.lower() in TITLES or _bare(word) in TITLES


def _bare(word: str) -> str:
    return word.lower().rstrip(".")


def code_of(*, name: str) -> str:
    """This function will make a short code from a name, "" where that holds neither letters nor digits.

    It is in ASCII, to be typed and printed, unless letters would be lost by that, as of another script.
    """
    small = name.lower()
    plain = "".join(_ascii(letter) for letter in small)
    lost = any(letter.isalnum() and not _ascii(letter) for letter in small)
    return NO_WORD.sub("-", small if lost else plain).strip("-")[:MOST_CODE]


def _ascii(letter: str) -> str:
    return SPELT.get(letter) or unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
