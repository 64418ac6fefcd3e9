"""What the values of a column look like, and how a date or an amount of any country is written as ours. Pure.

A date whose first two numbers could each be the day, and an amount such as 1.234, can be read two ways: then the file
does not say it, and a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time

import attrs

from makegood.core.contacts import EMAIL
from makegood.listen.mapping_values import AMOUNT, wrong_day

YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
PARTED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)
CLOCK = re.compile(
    r"(?:\s*T\s*|,?\s+)(\d{1,2})[:.h](\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
PHONE = re.compile(r"\+?[\d\s().\-/]{7,24}", re.ASCII)
SIGNS = "€$£ \u00a0\u202f"
ORDERS = {"dmy": "day first, as in 31/12/2026", "mdy": "month first, as in 12/31/2026"}
DECIMALS = {".": "a point, as in 1,234.50", ",": "a comma, as in 1.234,50"}
ASK = "ask"
CENTURY = 2000
MONTHS = HALF_A_DAY = 12


@attrs.frozen(kw_only=True)
class Way:
    """How dates or amounts are written: a key of ORDERS or DECIMALS, ASK where the file does not say, or nothing."""

    way: str
    why: str


class UnreadableTime(ValueError):
    """A text is no date and time; the message says why, and is empty where it is not even written as one."""


def time_plain(text: str, order: str) -> str:
    """Return a date, with its time if it has one, in ISO 8601; `order` is a key of ORDERS, or empty for year first.

    Raises UnreadableTime.
    """
    found = YEAR_FIRST.match(text)
    if found:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        found = PARTED.match(text)
        if not found or order not in ORDERS:
            raise UnreadableTime
        day, month = (int(found[1]), int(found[3])) if order == "dmy" else (int(found[3]), int(found[1]))
        year = int(found[4]) + (CENTURY if len(found[4]) == len("26") else 0)
    if wrong := wrong_day(year, month, day):
        raise UnreadableTime(wrong)
    return f"{year:04}-{month:02}-{day:02}{_clock(text[found.end() :])}"


def _clock(text: str) -> str:
    if not text.strip():
        return ""
    found = CLOCK.fullmatch(text)
    if not found:
        raise UnreadableTime
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= HALF_A_DAY:
            raise UnreadableTime
        hour = hour % 12 + (12 if found[4].lower().startswith("p") else 0)
    offset = {"": "", "Z": "Z", "UTC": "Z"}.get((found[5] or "").upper(), found[5])
    written = f"T{hour:02}:{minute:02}:{second:02}{offset}"
    try:
        time.fromisoformat(written)
    except ValueError:
        raise UnreadableTime(f"there is no time of day {text.strip()[:20]}") from None
    return written


def is_time(text: str) -> bool:
    """Tell whether a text may be a date, however its day and month stand."""
    found = YEAR_FIRST.match(text) or PARTED.match(text)
    return found is not None and (not text[found.end() :].strip() or bool(CLOCK.fullmatch(text[found.end() :])))


def amount_plain(text: str) -> str:
    """Return an amount without the signs of money around it."""
    return text.strip(SIGNS)


def is_amount(text: str) -> bool:
    """Tell whether a text may be an amount, however its decimals are written."""
    plain = amount_plain(text)
    return any(form.fullmatch(plain) for form in AMOUNT.values())


def is_email(text: str) -> bool:
    """Tell whether a text looks like an e-mail address."""
    return bool(EMAIL.fullmatch(text))


def is_phone(text: str) -> bool:
    """Tell whether a text looks like a telephone number."""
    return bool(PHONE.fullmatch(text)) and not is_time(text) and not text.isdigit()


def date_order(values: Iterable[str]) -> Way:
    """Work out whether the day or the month stands first."""
    says: set[str] = set()
    open_ = False
    example = ""
    for text in values:
        found = PARTED.match(text)
        if not found:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == ".":
            says.add("dmy")
            example = example or text
        elif (first > MONTHS) != (second > MONTHS):
            says.add("dmy" if first > MONTHS else "mdy")
            example = text
        open_ = open_ or first != second
    if len(says) == 1:
        (way,) = says
        return Way(way=way, why=f"{example} can only be read with the {'day' if way == 'dmy' else 'month'} first")
    if says:
        return Way(way=ASK, why="some dates have the day first and others the month")
    return Way(way=ASK, why="no date in it says which is the day") if open_ else Way(way="", why="")


def decimals(values: Iterable[str]) -> Way:
    """Work out whether a point or a comma stands before the cents."""
    says: set[str] = set()
    open_, example = "", ""
    for text in values:
        plain = amount_plain(text)
        fits = {mark for mark, form in AMOUNT.items() if form.fullmatch(plain)}
        if len(fits) == 1:
            says |= fits
            example = text
        elif fits and not plain.lstrip("-").isdigit() and " " not in plain:
            open_ = text
    if len(says) == 1:
        (way,) = says
        return Way(way=way, why=f"{example} can only be read so")
    if says:
        return Way(way=ASK, why="some amounts have a point before the cents and others a comma")
    return Way(way=ASK, why=f"{open_} can be read two ways") if open_ else Way(way="", why="")
