"""The facts of a case that a script may name, and how they are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "greeting": "Hello",
        "customer": "the customer",
        "member": "one of us",
        "organization": "our house",
        "owner": "a colleague",
        "what": "what went wrong",
        "when": "that day",
        "price": "what you paid",
        "fix": "I am putting it right",
        "fix_by": "as soon as it is done",
        "next_word": "today",
        "owed": "what you are owed",
        "offer": "something that fits",
        "code": "your case",
    }
)
"""Each fact by the name that a script gives it, with what is said where the case does not hold it."""

PLACE: Final = re.compile(r"\{([^{}]*)\}")


@attrs.frozen
class Piece:
    """A part of what is said: the script's own words, a fact of the case, or what stands in for one not known."""

    text: str
    kind: Literal["words", "fact", "unknown"] = "words"


def unknown_facts(text: str) -> tuple[str, ...]:
    """This function will list the names in braces that are no fact, in their order; a lone brace is one too."""
    found = [name for name in PLACE.findall(text) if name not in FACTS]
    rest = PLACE.sub("", text)
    return (*found, *(brace for brace in "{}" if brace in rest))


def pieces(*, text: str, facts: Mapping[str, str]) -> tuple[Piece, ...]:
    """This function will fill the case's facts into a text and keep apart which words are the case's own.

    A name that is no fact stays as it was written.
    """
    return tuple(_pieces(text, facts))


def _pieces(text: str, facts: Mapping[str, str]) -> Iterator[Piece]:
    end = 0
    for place in PLACE.finditer(text):
        name = place[1]
        if name not in FACTS:
            continue
        if place.start() > end:
            yield Piece(text[end : place.start()])
        known = facts.get(name, "").strip()
        said, kind = (known, "fact") if known else (FACTS[name], "unknown")
        opens = not text[: place.start()].strip() or re.search(r"[.!?]\s+$", text[: place.start()])
        yield Piece(said[:1].upper() + said[1:] if opens else said, kind)  # type: ignore[arg-type]
        end = place.end()
    if end < len(text):
        yield Piece(text[end:])


def filled(*, text: str, facts: Mapping[str, str]) -> str:
    """This function will fill the case's facts into a text."""
    return "".join(piece.text for piece in pieces(text=text, facts=facts))
