"""Telling a file's rows under our own columns, its dates and amounts written as ours: what a mapping does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from makegood.listen.datasets.numbered import Numbered, Problems, Row, Turned
from makegood.listen.intake.columns import AMOUNTS, CALLED, FAMILY, GIVEN, TIMES, TITLES
from makegood.listen.intake.person_names import NAMES, name_plain, name_whole
from makegood.listen.intake.reading import Sheet
from makegood.listen.intake.said import language_plain, places_plain, role_plain
from makegood.listen.intake.values import ASK, DECIMALS, ORDERS, UnreadableTime, amount_plain, time_plain
from makegood.listen.mapping_values import AMOUNT

SAID = {"role": role_plain, "language": language_plain, "places": places_plain}
EXAMPLES = {"dmy": "31/12/2026 or 2026-12-31", "mdy": "12/31/2026 or 2026-12-31", "": "2026-12-31 or 2026-12-31 14:30"}


class UnusableColumns(ValueError):
    """This mapping does not fit the file; the message says what to choose."""


@attrs.frozen(kw_only=True)
class Columns:
    """What the columns of a file are: `columns` gives ours the file's; how dates, amounts and names are written."""

    kind: str
    columns: Mapping[str, str]
    order: str = ""
    decimal: str = ""
    names: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"columns": dict(self.columns), "order": self.order, "decimal": self.decimal, "names": self.names}


def turned(*, sheet: Sheet, mapping: Columns, problems: Problems, without: Collection[int] = frozenset()) -> Turned:
    """Return the file told under our columns, `without` some of its rows.

    What cannot be read is a problem of its row, which is left out.
    """

    def rows() -> Iterator[Numbered]:
        yield 1, _named(dict.fromkeys(mapping.columns, ""), mapping)
        for number, row in sheet.told(problems):
            if (sheet.form == "csv" and number == 1) or number in without:
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
            plain, said = SAID[name](text) if name in SAID else text, ""
        if plain is None:
            problems.add(number, said, column=name)
            good = False
            continue
        told[name] = plain
    return _named(told, mapping) if good else None


def _named(told: Row, mapping: Columns) -> Row:
    """Put a name that stands in two columns together, and one that begins with the last name in its order."""
    if {GIVEN, FAMILY} & mapping.columns.keys():
        rest = {name: text for name, text in told.items() if name not in (GIVEN, FAMILY)}
        return {**rest, "name": name_whole(told)}
    if mapping.names and told.get("name"):
        return {**told, "name": name_plain(told["name"], mapping.names)}
    return told


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
    """Refuse a mapping that leaves open how dates, amounts or names are read.

    Raises UnusableColumns.
    """
    if mapping.order == ASK or mapping.order not in ("", *ORDERS):
        raise UnusableColumns("Say whether the day or the month stands first in its dates.")
    if mapping.decimal == ASK or mapping.decimal not in ("", *DECIMALS):
        raise UnusableColumns("Say whether a point or a comma stands before the cents in its amounts.")
    if mapping.names not in NAMES:
        raise UnusableColumns("Say whether the last name stands first in its names.")
    if "name" in mapping.columns and {GIVEN, FAMILY} & mapping.columns.keys():
        raise UnusableColumns("Choose a column for the whole name, or those of the first and the last name: not both.")


def label_of(kind: str, name: str) -> str:
    """Return what a column of ours is called in a file of this kind."""
    return TITLES.get(kind, {}).get(name, CALLED[name].label)
