"""How to call somebody: by first name, and not at all where the name given only describes them."""

from __future__ import annotations

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
