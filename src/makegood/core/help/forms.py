"""Forms of typed fields: what was typed is read into a value, or told back with what to do; nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import attrs

from makegood.core.help.files import KINDS, kind_of
from makegood.core.help.fitting import EVERYWHERE, Fits
from makegood.core.money import EXPONENTS, Money

MOST_TEXT: Final = 300
MOST_LONG_TEXT: Final = 5000
MOST_BYTES: Final = 5 * 1024 * 1024
MOST_NAME: Final = 120
MEGABYTE: Final = 1024 * 1024

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,4})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HOUR: Final = re.compile(r"([0-9]{2}:[0-9]{2})(:[0-9]{2})?", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{4,28}", re.ASCII)
_DIGITS: Final = range(6, 16)
_EMAIL: Final = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")
_MOST_EMAIL: Final = 254
_AMOUNT: Final = "Write an amount of zero or more, such as 12.50."


@attrs.frozen(kw_only=True)
class Choice:
    """One of the answers to choose from."""

    code: str
    says: str


@attrs.frozen(kw_only=True)
class Field:
    """One question. `minimum` and `maximum` bound a number or an amount.

    `files` are the kinds of file that it takes, of at most `most_bytes` each.
    """

    code: str
    type: str
    label: str
    help: str = ""
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[Choice, ...] = ()
    files: tuple[str, ...] = ()
    most_bytes: int = MOST_BYTES


@attrs.frozen(kw_only=True)
class Form:
    """The questions of a step; one that `must` be filled in keeps the step open."""

    code: str
    step: str
    title: str
    fields: tuple[Field, ...]
    must: bool = False
    fits: Fits = EVERYWHERE


@attrs.frozen(kw_only=True)
class Upload:
    """A file as it came: its name, how many bytes it has, and the first of them (see files.HEAD)."""

    name: str
    size: int
    head: bytes


@attrs.frozen(kw_only=True)
class FileFacts:
    """A file that may be kept: its name, its size in bytes, and its kind by its content."""

    name: str
    size: int
    kind: str


Value = str | bool | Decimal | date | time | Money | FileFacts


@attrs.frozen(kw_only=True)
class Checked:
    """What a form's answers came to: values and errors by field, and everything as it was typed."""

    values: Mapping[str, Value]
    errors: Mapping[str, str]
    typed: Mapping[str, str]


class _Wrong(ValueError):
    """An answer cannot be used; the message says what to do."""


def checked(
    *, form: Form, typed: Mapping[str, str], files: Mapping[str, Upload] | None = None, currency: str = "EUR"
) -> Checked:
    """This function will read a form's answers: a typed value or an error for each field, and all that was typed.

    A field that is left empty and not required has neither. Amounts are read in `currency`. An answer to what the form
    does not ask is an error, so that it cannot get lost unseen.
    """
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    sent = files or {}
    for field in form.fields:
        try:
            value = _file(field, sent.get(field.code)) if field.type == "file" else _read(field, typed, currency)
        except _Wrong as wrong:
            errors[field.code] = str(wrong)
            continue
        if value is not None:
            values[field.code] = value
        elif field.required:
            errors[field.code] = _MISSING.get(field.type, "Fill this in.")
    types = {field.code: field.type for field in form.fields}
    for code in (*typed, *sent):
        belongs = types.get(code) == "file" if code in sent else code in types and types[code] != "file"
        if not belongs and (code in sent or typed[code].strip()):
            errors[code] = "This form does not ask for that: leave it out."
    return Checked(values=values, errors=errors, typed=dict(typed))


def as_data(value: Value) -> Any:
    """This function will write a value as plain JSON data."""
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, FileFacts):
        return attrs.asdict(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read(field: Field, typed: Mapping[str, str], currency: str) -> Value | None:
    text = typed.get(field.code, "").strip()
    if not text:
        return None
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _Wrong("This holds a character that is none: type it again.")
    return _READERS[field.type](field, text, currency)


def _text(field: Field, text: str, _: str) -> str:
    most = MOST_LONG_TEXT if field.type == "long_text" else MOST_TEXT
    if len(text) > most:
        raise _Wrong(f"Shorten it to {most} letters: it has {len(text)}.")
    return text


def _number(field: Field, text: str, _: str) -> Decimal:
    return _bounded(field, _decimal(text, "Write a number, such as 2 or 2.5."))


def _money(field: Field, text: str, currency: str) -> Money:
    amount = _bounded(field, _decimal(text, _AMOUNT))
    money = Money.of(amount, currency)
    if money.minor < 0 or Decimal(money.minor) != amount.scaleb(EXPONENTS.get(currency, 2)):
        raise _Wrong(_AMOUNT)
    return money


def _decimal(text: str, says: str) -> Decimal:
    plain = text.replace(" ", "")
    if not _NUMBER.fullmatch(plain):
        raise _Wrong(says)
    return Decimal(plain.replace(",", "."))


def _bounded(field: Field, number: Decimal) -> Decimal:
    if field.minimum is not None and number < field.minimum:
        raise _Wrong(f"It must be at least {field.minimum}.")
    if field.maximum is not None and number > field.maximum:
        raise _Wrong(f"It must be at most {field.maximum}.")
    return number


def _date(_: Field, text: str, __: str) -> date:
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError as error:
        raise _Wrong("Choose a date, such as 2026-11-22.") from error


def _time(_: Field, text: str, __: str) -> time:
    try:
        return time.fromisoformat(text if _HOUR.fullmatch(text) else "")
    except ValueError as error:
        raise _Wrong("Choose a time, such as 14:30.") from error


def _choice(field: Field, text: str, _: str) -> str:
    if text not in {one.code for one in field.choices}:
        raise _Wrong("Choose one of the answers.")
    return text


def _yes_no(_: Field, text: str, __: str) -> bool:
    if text not in ("yes", "no"):
        raise _Wrong("Choose yes or no.")
    return text == "yes"


def _phone(_: Field, text: str, __: str) -> str:
    if not _PHONE.fullmatch(text) or sum(letter.isdigit() for letter in text) not in _DIGITS:
        raise _Wrong("Write a phone number, such as +351 912 345 678.")
    return text


def _email(_: Field, text: str, __: str) -> str:
    if len(text) > _MOST_EMAIL or not _EMAIL.fullmatch(text):
        raise _Wrong("Write an e-mail address, such as ana@example.org.")
    return text


def _file(field: Field, sent: Upload | None) -> FileFacts | None:
    if sent is None or (not sent.size and not sent.name):
        return None
    kind = kind_of(sent.head)
    if kind not in field.files:
        raise _Wrong(f"Choose a file of one of these kinds: {', '.join(field.files)}. This one is none by its content.")
    if sent.size > field.most_bytes:
        raise _Wrong(f"Choose a file of at most {field.most_bytes // MEGABYTE} MB.")
    name = " ".join("".join(letter for letter in sent.name if letter.isprintable()).split())
    return FileFacts(name=name[-MOST_NAME:] or f"file.{kind}", size=sent.size, kind=kind)


_READERS: Final[Mapping[str, Callable[[Field, str, str], Value]]] = MappingProxyType(
    {
        "text": _text,
        "long_text": _text,
        "number": _number,
        "date": _date,
        "time": _time,
        "money": _money,
        "choice": _choice,
        "yes_no": _yes_no,
        "phone": _phone,
        "email": _email,
    }
)
_MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {"choice": "Choose one of the answers.", "yes_no": "Choose yes or no.", "file": "Choose a file."}
)
TYPES: Final = (*_READERS, "file")
FILE_KINDS: Final = tuple(KINDS)
