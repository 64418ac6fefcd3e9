"""What goes in and out of the help of a recovery: checklists, forms and dialogues."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import BeforeValidator, StrictBool, StrictStr, WithJsonSchema

from makegood.api.schemas import BodyId, In, Text200
from makegood.core.help.forms import MOST_BYTES, MOST_LONG_TEXT

MOST_LETTERS = -(-MOST_BYTES // 3) * 4
"""How long a file of the largest size is in base64."""


def _decoded(text: object) -> bytes:
    if not isinstance(text, str) or len(text) > MOST_LETTERS:
        raise ValueError(f"must be a file in base64, of at most {MOST_BYTES} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be a file in base64") from error


Content = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "maxLength": MOST_LETTERS}),
]
HelpCode = Annotated[StrictStr, Field(pattern="^[a-z0-9][a-z0-9_-]{0,38}$")]


class ItemOut(Schema):
    """One thing to tick; one that must be ticked keeps its step open."""

    code: str
    says: str
    must: bool
    evidence: str
    ticked_at: datetime | None
    ticked_by: int | None


class ChecklistOut(Schema):
    """The things to tick at a step."""

    code: str
    step: str
    title: str
    items: list[ItemOut]


class ChoiceOut(Schema):
    """One of the answers to choose from."""

    code: str
    says: str


class FieldOut(Schema):
    """One question of a form. `minimum` and `maximum` are written as texts, so that they stay exact."""

    code: str
    type: str
    label: str
    help: str
    required: bool
    minimum: str | None
    maximum: str | None
    choices: list[ChoiceOut]
    files: list[str]
    most_bytes: int


class FileOut(Schema):
    """A file that came with a form; its kind by its content."""

    id: int
    field: str
    name: str
    kind: str
    size: int


class FilledOut(Schema):
    """A form as somebody filled it in; no answers once the customer was erased."""

    id: int
    at: datetime
    by: int
    answers: dict[str, Any]
    files: list[FileOut]


class FormOut(Schema):
    """The questions of a step, and what was filled in, the latest first."""

    code: str
    step: str
    title: str
    must: bool
    fields: list[FieldOut]
    filled: list[FilledOut]


class AnswerOut(Schema):
    """What the customer may answer, and the turn that it leads to."""

    says: str
    to: str


class TurnOut(Schema):
    """What to say, with the names of facts in braces; its answers, or at an end what to do then."""

    code: str
    say: list[str]
    do: str
    answers: list[AnswerOut]
    then: str
    form: str
    evidence: str


class TalkOut(Schema):
    """How a talk went: what the customer answered, in words."""

    at: datetime
    by: int
    answers: list[str]


class DialogueOut(Schema):
    """A script of a step, and the talks that went by it, the latest first."""

    code: str
    step: str
    title: str
    start: str
    turns: list[TurnOut]
    talks: list[TalkOut]


class LackOut(Schema):
    """Something that must be ticked or filled in before a member records its step as done."""

    step: str
    what: Literal["item", "form"]
    code: str
    says: str


class HelpOut(Schema):
    """The help that a recovery's playbook gives, and what of it was done."""

    needed: list[LackOut]
    checklists: list[ChecklistOut]
    forms: list[FormOut]
    dialogues: list[DialogueOut]


class TickIn(In):
    """That a member ticks an item, or takes the tick back."""

    by: BodyId
    checklist: HelpCode
    item: HelpCode
    ticked: StrictBool = True


class Ticked(Schema):
    """Whether a tick changed anything."""

    changed: bool


class FileIn(In):
    """A file, in base64."""

    name: Text200
    content: Content


class FilledIn(In):
    """What a member fills into a form, by field, each as it would be typed: "2026-11-22", "12.50", "yes"."""

    by: BodyId
    answers: dict[HelpCode, Annotated[StrictStr, Field(max_length=2 * MOST_LONG_TEXT)]] = {}
    files: dict[HelpCode, FileIn] = {}


class TalkIn(In):
    """That a member walked a dialogue to its end: the numbers of the answers, from 1."""

    by: BodyId
    answers: Annotated[list[Annotated[int, Field(ge=1, le=100, strict=True)]], Field(max_length=60)]


class FileContent(Schema):
    """A file with its content, in base64."""

    name: str
    media_type: str
    size: int
    content: str
