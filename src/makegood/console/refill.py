"""Showing a form again as it was typed, with what was wrong, wherever on its page it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from makegood.console.viewmodels import Field, Form, MessageDraft

MOVES_ON = ("version", "seen")
"""Hidden fields that say which state was looked at: they differ where it changed since, and the form is the same.

So do all whose names begin with "seen." and name a part of what was looked at.
"""


class Unanswered(ValueError):
    """Some answers are missing or cannot be used."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.wrong = dict(wrong)


@attrs.frozen(kw_only=True)
class Typed:
    """What was posted to an address, and why it was refused: of the whole, or by field."""

    action: str
    values: Mapping[str, list[str]]
    error: str = ""
    wrong: Mapping[str, str] = attrs.field(factory=dict)


def answers(values: Mapping[str, Any], **asked: str) -> dict[str, str]:
    """This function will take these answers out of a form, stripped.

    Each keyword is a field's name with the sentence to say where it is empty. Raises Unanswered naming all of those.
    """
    found = {name: str(values.get(name, "")).strip() for name in asked}
    missing = {name: sentence for name, sentence in asked.items() if not found[name]}
    if missing:
        raise Unanswered(missing)
    return found


def refilled(page: Any, typed: Typed) -> tuple[Any, bool]:
    """This function will put what was typed, and what was wrong, back into the form that posts to that address.

    Returns the page and whether there was such a form on it.
    """
    if isinstance(page, Form | MessageDraft):
        action = page.action if isinstance(page, Form) else page.send_url
        if action == typed.action and _same_hidden(page, typed):
            return _filled(page, typed), True
        return page, False
    if isinstance(page, tuple):
        parts = [refilled(part, typed) for part in page]
        return (tuple(part for part, _ in parts), True) if any(hit for _, hit in parts) else (page, False)
    if not attrs.has(type(page)):
        return page, False
    for name in (field.name for field in attrs.fields(type(page))):
        value, hit = refilled(getattr(page, name), typed)
        if hit:
            return attrs.evolve(page, **{name: value}), True
    return page, False


def _same_hidden(page: Form | MessageDraft, typed: Typed) -> bool:
    """Tell forms of one address apart by what they carry along (a row's id, a step's name)."""
    if isinstance(page, MessageDraft):
        return True
    return all(
        field.value in typed.values.get(field.name, [""])
        for field in page.fields
        if field.kind == "hidden" and field.name.partition(".")[0] not in MOVES_ON
    )


def _filled(page: Form | MessageDraft, typed: Typed) -> Form | MessageDraft:
    asked = {
        one.name for one in (page.fields if isinstance(page, Form) else (page.subject, page.text, page.keep)) if one
    }
    errors = tuple(says for name, says in typed.wrong.items() if name not in asked)
    if typed.error and not typed.wrong:
        errors = (typed.error,)
    if isinstance(page, Form):
        return attrs.evolve(page, fields=tuple(_field(field, typed) for field in page.fields), errors=errors)
    return attrs.evolve(
        page,
        subject=page.subject and _field(page.subject, typed),
        text=_field(page.text, typed),
        keep=page.keep and _field(page.keep, typed),
        hidden=tuple((name, _seen(name, value, typed)) for name, value in page.hidden),
        errors=errors,
    )


def _seen(name: str, value: str, typed: Typed) -> str:
    """What the words were made from stays what it was, whatever stands there by now."""
    return typed.values.get(name, [value])[0] if name.startswith("seen.") else value


def _field(field: Field, typed: Typed) -> Field:
    values = typed.values.get(field.name, [])
    error = typed.wrong.get(field.name, "")
    if field.kind == "hidden":
        return attrs.evolve(field, value=_seen(field.name, field.value, typed), error=error)
    if field.kind in ("password", "file"):
        return attrs.evolve(field, error=error)
    if field.kind == "checkbox":
        return attrs.evolve(field, checked=bool(values), error=error)
    if field.kind == "checkboxes":
        chosen = tuple(attrs.evolve(choice, chosen=choice.value in values) for choice in field.choices)
        return attrs.evolve(field, choices=chosen, error=error)
    return attrs.evolve(field, value=values[0] if values else field.value, error=error)
