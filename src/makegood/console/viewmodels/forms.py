"""Forms as data: what is asked, what was typed, what was wrong with it."""

from __future__ import annotations

import attrs

from makegood.console.viewmodels.shell import Link

KINDS = (
    "text", "email", "password", "tel", "number", "search", "date", "datetime-local", "time", "file", "textarea",
    "select", "radio", "checkbox", "checkboxes", "hidden",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Choice:
    """One answer to choose; `hint` explains it in a line."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


@attrs.frozen(kw_only=True)
class Field:
    """One question. `kind` is one of KINDS; `error` says what to do, in one sentence.

    `autocomplete` and `inputmode` go to the browser; `big` draws radio choices as large tiles for a thumb.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    sometimes: bool = False
    """Whether another answer decides if this one is needed."""
    choices: tuple[Choice, ...] = ()
    autocomplete: str = ""
    inputmode: str = ""
    rows: int = 3
    maxlength: int | None = None
    minimum: str = ""
    maximum: str = ""
    step: str = ""
    placeholder: str = ""
    big: bool = False
    checked: bool = False
    check_url: str = ""
    """Where what is typed into a textarea is checked while typing; the answer replaces the element `check_into`."""
    check_into: str = ""

    @property
    def key(self) -> str:
        """The HTML id of the question's input."""
        return f"f-{self.name}"

    @property
    def described(self) -> str:
        """The ids of the hint and the error, for `aria-describedby`."""
        parts = [f"{self.key}-hint"] if self.hint else []
        return " ".join([*parts, f"{self.key}-error"] if self.error else parts)


@attrs.frozen(kw_only=True)
class Form:
    """A form with its fields. `errors` are sentences about the whole; each field's own error stands in the field."""

    action: str
    submit: str
    fields: tuple[Field, ...] = ()
    key: str = "form"
    title: str = ""
    lead: str = ""
    method: str = "post"
    style: str = "go"
    errors: tuple[str, ...] = ()
    multipart: bool = False
    cancel: Link | None = None
    push: str = ""
    """The key by which a browser is to know us: a form that adds a browser, shown only by those that take pushes."""
    passkey: str = ""
    """Where to ask what to ask a device for: a form that takes a passkey, shown only by browsers that know them."""
    draft: bool = False
    """Whether this device keeps what was typed until it is sent, so that a dropped line loses nothing."""
    kept_as: str = ""
    """By which name it keeps it: another one each time, for a form that stays after it was sent; else the key."""

    @property
    def wrong(self) -> tuple[Field, ...]:
        """The fields that have an error, in order."""
        return tuple(field for field in self.fields if field.error)

    @property
    def refused(self) -> bool:
        """Whether anything is wrong with this form."""
        return bool(self.errors or self.wrong)
