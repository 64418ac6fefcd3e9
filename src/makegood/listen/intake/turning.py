"""Telling a file's rows under our own columns, its dates and amounts written as ours: what a mapping does. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from makegood.listen.datasets.numbered import Numbered, Problems, Row, Turned
from makegood.listen.intake.columns import AMOUNTS, CALLED, TIMES, TITLES
from makegood.listen.intake.reading import Sheet
from makegood.listen.intake.values import ASK, DECIMALS, ORDERS, UnreadableTime, amount_plain, time_plain
from makegood.listen.mapping_values import AMOUNT

EXAMPLES = {"dmy": "31/12/2026 or 2026-12-31", "mdy": "12/31/2026 or 2026-12-31", "": "2026-12-31 or 2026-12-31 14:30"}


class UnusableColumns(ValueError):
    """This mapping does not fit the file; the message says what to choose."""


@attrs.frozen(kw_only=True)
class Columns:
    """What the columns of a file are: `columns` gives ours the file's; how its dates and amounts are written."""

    kind: str
    columns: Mapping[str, str]
    order: str = ""
    decimal: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"columns": dict(self.columns), "order": self.order, "decimal": self.decimal}


def turned(*, sheet: Sheet, mapping: Columns, problems: Problems) -> Turned:
    """Return the file told under our columns; what cannot be read is a problem of its row, which is left out."""

    def rows() -> Iterator[Numbered]:
        yield 1, dict.fromkeys(mapping.columns, "")
        for number, row in sheet.told(problems):
            if sheet.form == "csv" and number == 1:
                continue
            told = _row(number, row, mapping, problems)
            if told is not None:
                yield number, told

    return Turned(name=sheet.name, rows=rows)


def _row(number: int, row: Row, mapping: Columns, problems: Problems) -> Row | None:
    told: Row = {}
    good = True
    for name, column in mapping.columns.items():
        text = row.get(column, "")
        if text and name in TIMES:
            plain, why = _time(text, mapping.order)
            said = f"{text[:60]!r} is no date: {why}"
        elif text and name in AMOUNTS:
            plain = _amount(text, mapping.decimal or ".")
            said = f"{text[:60]!r} is no amount: write it like 1250{mapping.decimal or '.'}00"
        else:
            plain, said = text, ""
        if plain is None:
            problems.add(number, said, column=name)
            good = False
            continue
        told[name] = plain
    return told if good else None


def _time(text: str, order: str) -> tuple[str | None, str]:
    """The date as ours, or why it is none."""
    try:
        return time_plain(text, order), ""
    except UnreadableTime as error:
        return None, "; ".join(filter(None, (str(error), f"write it like {EXAMPLES[order]}")))


def _amount(text: str, decimal: str) -> str | None:
    plain = amount_plain(text)
    if not AMOUNT[decimal].fullmatch(plain):
        return None
    bare = "".join(letter for letter in plain if letter.isdigit() or letter in ("-", decimal))
    return bare.replace(decimal, ".")


def refuse_open(*, mapping: Columns) -> None:
    """Refuse a mapping that leaves open how dates or amounts are read.

    Raises UnusableColumns.
    """
    if mapping.order == ASK or mapping.order not in ("", *ORDERS):
        raise UnusableColumns("Say whether the day or the month stands first in its dates.")
    if mapping.decimal == ASK or mapping.decimal not in ("", *DECIMALS):
        raise UnusableColumns("Say whether a point or a comma stands before the cents in its amounts.")


def label_of(kind: str, name: str) -> str:
    """Return what a column of ours is called in a file of this kind."""
    return TITLES.get(kind, {}).get(name, CALLED[name].label)
