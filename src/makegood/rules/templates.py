"""The message templates that recoveries begin from: plain text with named places to fill in."""

from __future__ import annotations

import functools
import re
import string
from importlib import resources

from makegood.rules import yaml_text

PLACEHOLDERS = frozenset(
    [
        "customer",
        "organization",
        "what",
        "when",
        "owner",
        "role",
        "fix",
        "next_by",
        "word",
        "answer",
        "status_url",
        "remedy",
        "amount",
    ]
)
LOSSES = ("money", "goods", "service", "time", "attention", "trust")

_WRAPPED = re.compile(r"^(.{80,})\n(?=\S)", re.MULTILINE)
"""A line of the file that goes on in the next; the short lines of a signature do not."""


TITLED_AND = re.compile(r",\s+\{role\},(\s+(?:and|und|y|et|e)\b)")
TITLED = re.compile(r",\s+\{role\}")
TITLED_LINE = re.compile(r"^\{role\},\s+", re.MULTILINE)


class UnableToFindTemplate(LookupError):
    """There is no message template of this name in this language."""


class UnableToFillTemplate(ValueError):
    """A message template was left with an empty place."""


@functools.cache
def _templates(language: str) -> dict[str, str]:
    source = resources.files("makegood.rules") / "wording" / f"templates.{language}.yaml"
    if not re.fullmatch(r"[a-z]{2}", language) or not source.is_file():
        raise UnableToFindTemplate(f"There are no message templates in the language {language!r}; use 'en'.")
    templates: dict[str, str] = yaml_text.data_of(source.read_text(encoding="utf-8"))["templates"]
    return {name: _WRAPPED.sub(r"\1 ", text) for name, text in templates.items()}


def names(language: str = "en") -> tuple[str, ...]:
    """List the names of the templates of one language (ISO 639-1 code), in the order of a recovery.

    Raises UnableToFindTemplate when there are none in the language.
    """
    return tuple(_templates(language))


def template(name: str, language: str = "en") -> str:
    """Return one template, its places written as {customer}, {what} and so on (`PLACEHOLDERS`).

    Raises UnableToFindTemplate for a name or a language that there is none of.
    """
    known = _templates(language)
    if name not in known:
        raise UnableToFindTemplate(f"There is no message template {name!r}; there are {', '.join(known)}.")
    return known[name]


def apology_name(*, loss: str, fault: str, incident: bool = False, fixed: bool = False) -> str:
    """Return the name of the apology that fits: by loss type, by whether the fault is ours, alone or for an incident.

    Once it is `fixed` nothing is announced any more, whatever was lost.

    Raises UnableToFindTemplate for an unknown loss type.
    """
    if loss not in LOSSES:
        raise UnableToFindTemplate(f"There is no apology for the loss {loss!r}; use one of {', '.join(LOSSES)}.")
    whose = "ours" if fault == "ours" else "other"
    if fixed:
        return f"apology.fixed.{whose}"
    return f"incident.apology.{whose}" if incident else f"apology.{loss}.{whose}"


def _untitled(source: str) -> str:
    """Leave the role out, with what sets it off from the name before it."""
    for titled, plain in ((TITLED_AND, r"\1"), (TITLED, ""), (TITLED_LINE, "")):
        source = titled.sub(plain, source)
    return source


def filled(name: str, *, language: str = "en", **facts: str) -> str:
    """Return a template with its places filled in, a clause or sentence that opens a sentence capitalised.

    `facts` are plain text by placeholder (their forms are told at the top of the templates' file); those that the
    template does not use are ignored. Whoever has no `role` signs by their name alone.
    Raises UnableToFindTemplate, and UnableToFillTemplate when one that it uses is missing or blank.
    """
    source = template(name, language)
    if not facts.get("role", "").strip():
        source = _untitled(source)
    used = [place for _, place, _, _ in string.Formatter().parse(source) if place]
    if empty := [place for place in dict.fromkeys(used) if not facts.get(place, "").strip()]:
        raise UnableToFillTemplate(f"The message {name!r} still needs {', '.join(empty)}.")
    pieces: list[str] = []
    for literal, place, _, _ in string.Formatter().parse(source):
        pieces.append(literal)
        if place:
            value = facts[place].strip()
            opens = re.search(r"(?:^|[.!?]\s+|\n)$", literal)
            if place in {"what", "fix"}:
                value = value.rstrip(".")
            pieces.append(value[:1].upper() + value[1:] if opens and place in {"what", "fix"} else value)
    return "".join(pieces).strip() + "\n"
