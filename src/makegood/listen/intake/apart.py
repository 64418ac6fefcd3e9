"""Which rows of a file are put aside where some are wrong: those, and all that belong to them. Pure.

What is right is taken as if the file held nothing else. So rows that say something of one order, one purchase or one
customer stay together: each by itself could come to something else than all of them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from makegood.listen.datasets.numbered import Numbered, Problems, Row
from makegood.listen.intake.columns import WHO
from makegood.listen.intake.reading import Sheet

ONE_IN = 10
MOST_WRONG = 1000
TOO_MANY = (
    "More than a tenth of its rows are wrong, or more than 1,000, or all others belong to a wrong one, so nothing of it"
    " was imported: most likely it is another file, or a column is another than was said."
)
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)')
"""A text or a number of a line that is meant to be JSON."""
BY_OWN_KEY = {"places": "code", "members": "email"}
Key = tuple[str, str]


class _Passed(Problems):
    def add_whole(self, row: int, text: str) -> None:
        """Pass over a row that cannot be read."""


def waits(*, wrong: int, rows: int) -> bool:
    """Tell whether so many of its rows are wrong that a file is most likely another one, or its columns are.

    More than one in ten, or more than a thousand.
    """
    return wrong * ONE_IN > rows or wrong > MOST_WRONG


def rows_raw(*, sheet: Sheet, columns: Mapping[str, str]) -> dict[int, Row]:
    """Return the rows that can be read as rows, by their numbers, under our columns, as they stand in the file."""
    told: Iterator[Numbered] = sheet.told(_Passed(sheet.name))
    return {
        number: {ours: row.get(column, "") for ours, column in columns.items()}
        for number, row in told
        if sheet.form != "csv" or number > 1
    }


def belonging(
    *, kind: str, rows: Mapping[int, Row], wrong: Collection[int], cells: Mapping[int, Sequence[str]]
) -> dict[int, int]:
    """Return the rows that are put aside with the wrong ones, each with a row to which it belongs.

    `cells` are what the rows hold that cannot be read as rows: a cell may be what they are known by.
    """
    holding: dict[Key, list[int]] = defaultdict(list)
    for number, row in rows.items():
        for key in _keys(kind, row):
            holding[key].append(number)
    names = {name for name, _ in holding} if kind not in BY_OWN_KEY else set()
    found: dict[int, int] = {}
    ahead = [(number, number) for number in sorted(wrong)]
    seen: set[Key] = set()
    while ahead:
        number, cause = ahead.pop()
        if number in rows:
            keys = _keys(kind, rows[number])
        else:
            keys = {(name, cell) for name in names for cell in cells.get(number, ()) if cell}
        for key in keys - seen:
            seen.add(key)
            for other in holding.get(key, ()):
                if other not in wrong and other not in found:
                    found[other] = cause
                    ahead.append((other, cause))
    return found


def _keys(kind: str, row: Row) -> set[Key]:
    """What a row is about: rows that share one of these stay together."""
    if kind == "customers":
        found = [(name, row.get(name, "")) for name in WHO]
    elif kind in BY_OWN_KEY:
        name = BY_OWN_KEY[kind]
        found = [(name, row.get(name, "").lower())]
    else:
        reference = row.get("reference", "")
        found = [("reference", reference)]
        if kind == "promises":
            found.append(("purchase", row.get("purchase", "") or reference))
        if kind == "charges":
            found += [(name, row.get(name, "")) for name in ("purchase", "promise")]
    return {(name, value) for name, value in found if value}


def cells_of(*, sheet: Sheet, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return what stands in each of these rows, cell by cell, whether it can be read as a row or not."""
    if sheet.form == "csv":
        return {number: tuple(map(str.strip, row)) for number, row in _csv(sheet) if number in numbers}
    return {
        number: tuple(_text(one) for one in WORD.finditer(line)) for number, line in _lines(sheet) if number in numbers
    }


def _text(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    try:
        return str(json.loads(found[0])).strip()
    except ValueError:
        return found[1]


def rows_file(*, sheet: Sheet, numbers: Collection[int]) -> str:
    """Write a file of its own with these rows as they stand, under the same header, to be mended and brought again."""
    if sheet.form != "csv":
        return "".join(f"{line}\n" for number, line in _lines(sheet) if number in numbers)
    written = io.StringIO(newline="")
    rows = csv.writer(written, delimiter=sheet.delimiter)
    rows.writerows(row for number, row in _csv(sheet) if number == 1 or number in numbers)
    return written.getvalue()


def _csv(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    lines = csv.reader(io.StringIO(sheet.text, newline=""), delimiter=sheet.delimiter, strict=True)
    return enumerate(lines, start=1)


def _lines(sheet: Sheet) -> Iterator[tuple[int, str]]:
    return ((number, line.rstrip("\r\n")) for number, line in enumerate(io.StringIO(sheet.text, newline=""), start=1))
