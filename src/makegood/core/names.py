"""How to call somebody: by first name, and not at all where the name given only describes them."""

from __future__ import annotations

ARTICLES = frozenset({"a", "an", "the", "this", "that", "some", "somebody", "someone", "our", "my"})


def described(*, name: str) -> bool:
    """This function will say whether a name is a description ("the man with the red bike") rather than a name.

    It is when its first word is an article or begins with a small letter. A script without small letters has only
    names.
    """
    first = next(iter(name.split()), "")
    return first.lower() in ARTICLES or first[:1].islower()


def first_name(*, name: str) -> str:
    """This function will return the name that somebody is called by, "" where none is known."""
    return "" if described(name=name) else next(iter(name.split()), "")
