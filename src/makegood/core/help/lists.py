"""Checklists, and everything that a playbook gives to help with the steps: what a step asks for before it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import attrs

from makegood.core.help.dialogues import Dialogue
from makegood.core.help.fitting import EVERYWHERE, Fits
from makegood.core.help.forms import Form


@attrs.frozen(kw_only=True)
class Item:
    """One thing to tick; one that `must` be ticked keeps the step open. `evidence` is a finding's id, or none."""

    code: str
    says: str
    must: bool = False
    evidence: str = ""


@attrs.frozen(kw_only=True)
class Checklist:
    """The things to tick at a step."""

    code: str
    step: str
    title: str
    items: tuple[Item, ...]
    fits: Fits = EVERYWHERE


@attrs.frozen(kw_only=True)
class Help:
    """Everything that helps with the steps."""

    checklists: tuple[Checklist, ...] = ()
    forms: tuple[Form, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()

    @property
    def narrowed(self) -> bool:
        """Whether any of it is meant for some channels only."""
        listed: tuple[Checklist | Form | Dialogue, ...] = (*self.checklists, *self.forms, *self.dialogues)
        return any(one.fits.channels for one in listed)

    def of(self, *, kind: str, channels: Collection[str], step: str = "") -> Help:
        """This function will keep what is meant for such a case, and for one step if it is named."""

        def kept(one: Checklist | Form | Dialogue) -> bool:
            return step in ("", one.step) and one.fits.hold(kind=kind, channels=channels)

        return Help(
            checklists=tuple(one for one in self.checklists if kept(one)),
            forms=tuple(one for one in self.forms if kept(one)),
            dialogues=tuple(one for one in self.dialogues if kept(one)),
        )

    def __bool__(self) -> bool:
        return bool(self.checklists or self.forms or self.dialogues)


@attrs.frozen(kw_only=True)
class Lack:
    """Something that a step still asks for: an item to tick or a form to fill in, by its codes and in words."""

    what: Literal["item", "form"]
    code: str
    says: str


Ticked = Mapping[str, Collection[str]]
"""The codes of the ticked items, by the code of their checklist."""


def lacking(*, given: Help, step: str, ticked: Ticked, filled: Collection[str]) -> tuple[Lack, ...]:
    """This function will list what must be ticked or filled in before a step is done, in the order of the playbook.

    `given` is what is meant for the case; `filled` are the codes of the forms that were filled in.
    """
    items = [
        Lack(what="item", code=f"{one.code}.{item.code}", says=item.says)
        for one in given.checklists
        if one.step == step
        for item in one.items
        if item.must and item.code not in ticked.get(one.code, ())
    ]
    forms = [
        Lack(what="form", code=one.code, says=one.title)
        for one in given.forms
        if one.step == step and one.must and one.code not in filled
    ]
    return (*items, *forms)


def lack_told(*, lacks: Collection[Lack]) -> str:
    """This function will say in one sentence what to do about what a step lacks."""
    tick = ", ".join(f"“{one.says.rstrip('.')}”" for one in lacks if one.what == "item")
    fill = ", ".join(f"“{one.says.rstrip('.')}”" for one in lacks if one.what == "form")
    parts = [f"tick {tick}" if tick else "", f"fill in {fill}" if fill else ""]
    return f"Before this step is done: {' and '.join(part for part in parts if part)}."
