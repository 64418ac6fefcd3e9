"""Names: how to call somebody, or not at all where a name only describes them; and codes made from a name."""

from __future__ import annotations

import re
from itertools import takewhile

NO_WORD = re.compile(r"[^\w]+")
MOST_CODE = 60
ARTICLES = frozenset({"a", "an", "the", "this", "that", "some", "somebody", "someone", "our", "my"})
TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor madam herr frau m. mme mlle monsieur madame mademoiselle"
    " sr sra srta señor señora señorita doña senhor senhora dona".split()
)
"""What stands before a name in the languages that we write, in small letters; a full stop behind it is left out."""


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
    ("Dr. Ana Ferreira": Dr. Ferreira). What stands behind a comma in small letters or digits tells more of them, and
    is no part of the name.
    """
    if described(name=name):
        return ""
    before, _, after = name.partition(",")
    words = before.split()
    if len(words) == 1 and after.strip()[:1].isupper():
        words = after.split()
    titles = [*takewhile(_is_title, words)]
    names = words[len(titles) :]
    if titles:
        return " ".join([*titles, names[-1]]) if names else ""
    return names[0] if names else ""


def _is_title(word: str) -> bool:
    small = word.lower()
    return small in TITLES or small.rstrip(".") in TITLES


def code_of(*, name: str) -> str:
    """This function will make a short code from a name, "" where that holds neither letters nor digits."""
    return NO_WORD.sub("-", name.lower()).strip("-")[:MOST_CODE]
