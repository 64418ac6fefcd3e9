"""The forms of a served page as a browser would send them: read from its HTML, with what each field holds."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

import attrs

TYPED: Final = {"textarea", "text", "search", "email", "tel", "url"}
"""Kinds of fields into which anything can be typed."""
RUN: Final = ("javascript:", "data:text", "vbscript:")
UNSENT: Final = {"submit", "button", "reset", "image", "file"}


def runs(name: str, value: str) -> bool:
    """Tell whether an attribute runs what stands in it, or may."""
    leads = name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
    return name.startswith("on") or name == "style" or (leads and value.strip().lower().startswith(RUN))


@attrs.define
class Shown:
    """One field: what it would send, and how much can be typed into it. `value` is None where it would send nothing."""

    name: str
    kind: str
    value: str | None
    most: int | None = None

    @property
    def typed(self) -> bool:
        """Whether anything can be typed into it."""
        return self.kind in TYPED


@attrs.define
class Served:
    """One form, once for each address that its buttons lead to, or that asks while one types; with the button's own name and value."""

    url: str
    method: str
    fields: list[Shown]
    pressed: dict[str, str] = attrs.field(factory=dict)

    def filled(self, typed: dict[str, str]) -> dict[str, list[str]]:
        """Return what it sends with this typed into its fields; what is longer than a field takes is cut, as there."""
        sent: dict[str, list[str]] = {name: [value] for name, value in self.pressed.items()}
        for one in self.fields:
            value = typed.get(one.name, one.value) if one.typed else one.value
            if value is not None:
                sent.setdefault(one.name, []).append(value[: one.most] if one.typed else value)
        return sent


class Reading(HTMLParser):
    """Reads all forms of a page, and into `runs` whatever would run: tags that do, and attributes.

    A tag within a textarea or a title counts, too: nothing that was typed is to be a tag anywhere.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self._forms: list[dict[str, str]] = []
        self._fields: list[tuple[dict[str, str] | str | None, Shown]] = []
        self._buttons: list[tuple[dict[str, str] | str | None, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._area: Shown | None = None
        self._select: Shown | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if (tag == "script" and "src" not in told) or tag in ("style", "iframe", "object", "embed", "base"):
            self.runs.append(f"<{tag}>")
        self.runs += [f"{tag} {name}={value}" for name, value in told.items() if runs(name, value)]
        whose = told.get("form", self._open)
        if "hx-post" in told:
            self._buttons.append((whose, {"formaction": told["hx-post"]}))
        if tag == "form":
            self._open = told
            self._forms.append(told)
        elif tag == "textarea" and "name" in told:
            self._area = Shown(told["name"], "textarea", "", int(told["maxlength"]) if "maxlength" in told else None)
            self._fields.append((whose, self._area))
        elif tag == "select" and "name" in told:
            self._select = Shown(told["name"], "select", None)
            self._fields.append((whose, self._select))
        elif tag == "option" and self._select is not None:
            if "selected" in told or self._select.value in (None, ""):
                self._select.value = told.get("value", "")
        elif tag == "button":
            self._buttons.append((whose, told))
        elif tag == "input" and "name" in told:
            self._input(told, whose)

    def _input(self, told: dict[str, str], whose: dict[str, str] | str | None) -> None:
        kind = told.get("type", "text")
        if kind in UNSENT:
            return
        if kind == "radio":
            same = [one for of, one in self._fields if of is whose and one.name == told["name"] and one.kind == "radio"]
            if same and "checked" in told:
                same[0].value = told.get("value", "on")
            if not same:
                self._fields.append((whose, Shown(told["name"], kind, told.get("value", "on"))))
            return
        value: str | None = told.get("value", "on" if kind == "checkbox" else "")
        if kind == "checkbox" and "checked" not in told:
            value = None
        most = int(told["maxlength"]) if told.get("maxlength", "").isdecimal() else None
        self._fields.append((whose, Shown(told["name"], kind, value, most)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value = (self._area.value or "") + data.removeprefix("\n")

    def forms(self, page: str) -> list[Served]:
        """Every form of what was fed, which stood at the address `page`."""
        found = []
        for form in self._forms:
            fields = [one for whose, one in self._fields if whose is form or (whose and whose == form.get("id"))]
            buttons = [told for whose, told in self._buttons if whose is form or (whose and whose == form.get("id"))]
            ways: dict[tuple[str, str], dict[str, str]] = {}
            for told in buttons or [{}]:
                if told.get("type", "submit") == "submit":
                    url, name = told.get("formaction") or form.get("action") or page, told.get("name", "")
                    ways.setdefault((url, name), {name: told.get("value", "")} if name else {})
            found += [
                Served(url=url, method=form.get("method", "get").lower(), fields=fields, pressed=pressed)
                for (url, _), pressed in ways.items()
            ]
        return found


def reading(text: str) -> Reading:
    """Read a page."""
    read = Reading()
    read.feed(text)
    read.close()
    return read
