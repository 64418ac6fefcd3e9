"""Names: how to call somebody, not at all where the name given only describes them; and codes made from a name."""

from __future__ import annotations

import re

NO_WORD = re.compile(r"[^\w]+")
MOST_CODE = 60
ARTICLES = frozenset({"a", "an", "the", "this", "that", "some", "somebody", "someone", "our", "my"})


def described(*, name: str) -> bool:
    """This function will say whether a name is a description ("the man with the red bike") rather than a name.

    It is when it begins with a small letter, or with an article before a word that does: An and My are names too. A
    script without small letters has only names.
    """
    first, second = [*name.split(), "", ""][:2]
    return first[:1].islower() or (first.lower() in ARTICLES and second[:1].islower())


def first_name(*, name: str) -> str:
    """This function will return the name that somebody is called by, "" where none is known."""
    return "" if described(name=name) else next(iter(name.split()), "")


def code_of(*, name: str) -> str:
    """This function will make a short code from a name, "" where that holds neither letters nor digits."""
    return NO_WORD.sub("-", name.lower()).strip("-")[:MOST_CODE]
