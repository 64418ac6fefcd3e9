"""Rows of any table that people bring: CSV with a header or JSON lines, packed or not, each with its number.

Rows are counted as a spreadsheet counts them: the header is row 1. Of JSON lines, the first line is row 1.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, Self

import attrs

from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.datasets.tables import opened_text

FORMATS = ("csv", "jsonl")
OTHER_DELIMITERS = (";", "\t")
LONGEST_ROW = 1_000_000
"""Characters: what unpacks to more is no table, and is given up before it fills the memory."""
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
"""What JSON can say and no database keeps: zero bytes, and halves of letters."""
Row = dict[str, str]
Numbered = tuple[int, Row]


@attrs.frozen(kw_only=True)
class Problem:
    """What is wrong with one row: `column` is empty where it is the row's as a whole; `text` says what to do."""

    row: int
    column: str
    text: str


class Problems:
    """What is wrong with a file. This kind stops at the first; `Collected` goes on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def add(self, row: int, text: str, *, column: str = "") -> None:
        """Name one problem of a row; a `text` without a column says by itself what it is about.

        Raises UnusableData.
        """
        raise UnusableData(f"{self.name} row {row}: {f'{column} {text}' if column else text}")

    def add_whole(self, row: int, text: str) -> None:
        """Name a row that cannot be read as one.

        Raises UnusableData.
        """
        raise UnusableData(f"{self.name} row {row} {text}")


class Collected(Problems):
    """Every problem of a file, of at most `most` of its rows in words; those of `passed` are passed over.

    `said` gives our columns the names of the file's.
    """

    def __init__(
        self, name: str, *, said: Mapping[str, str], most: int = 1000, passed: Collection[int] = frozenset()
    ) -> None:
        super().__init__(name)
        self.found: list[Problem] = []
        self.rows: set[int] = set()
        self._said, self._most, self._passed = said, most, passed

    def add(self, row: int, text: str, *, column: str = "") -> None:
        """Keep one problem; where the text begins with one of our columns, that is what it is about."""
        if row in self._passed:
            return
        first, _, rest = text.partition(" ")
        if not column and first in self._said:
            column, text = first, rest
        self.rows.add(row)
        if len(self.rows) <= self._most:
            self.found.append(Problem(row=row, column=self._said.get(column, column), text=text))

    def add_whole(self, row: int, text: str) -> None:
        """Keep a row that cannot be read as one."""
        self.add(row, f"it {text}")


@attrs.frozen(kw_only=True)
class Turned:
    """A file whose rows are told under our own columns: its name, and `rows`, the header first as row 1."""

    name: str
    rows: Callable[[], Iterator[Numbered]]


def numbered_rows(path: Path, *, form: str = "", delimiter: str = ",") -> Iterator[Numbered]:
    """Yield each row's number, and its values by column: texts, stripped. Of CSV the header comes first, as row 1.

    `form` is one of FORMATS; without one the file's name says it. An empty `delimiter` is what parts the header:
    commas, or semicolons or tabs, as spreadsheets of some countries write. What stands inside an object of a JSON line
    has the column `outer.inner`. Raises UnusableData, naming the row, for what cannot be read.
    """
    form = form or form_of(path)
    try:
        with opened_text(path) as file:
            first = "" if delimiter else file.readline(LONGEST_ROW + 1)
            parts = delimiter or next((one for one in OTHER_DELIMITERS if one in first and "," not in first), ",")
            lines = iter(partial(file.readline, LONGEST_ROW + 1), "")
            yield from rows_told(
                chain([first], lines) if first else lines, Problems(path.name), form=form, delimiter=parts
            )
    except UnicodeDecodeError:
        raise UnusableData(f"{path.name} is not UTF-8: save it as UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnusableData(f"{path.name} cannot be unpacked: it is damaged, or no gzip file") from None
    except OSError as error:
        raise UnusableData(f"{path} cannot be read ({error.strerror}): name a file") from None


def form_of(path: Path) -> str:
    """Return the form that a file's name says, `csv` or `jsonl`.

    Raises UnusableData where it says neither.
    """
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".tsv", ".txt")):
        return "csv"
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    raise UnusableData(f"{path.name} is neither .csv nor .jsonl (each may end in .gz): name such a file")


class _Lines:
    """Lines of a file, of which whoever reads says when a row is whole: then the next one begins.

    Raises UnusableData for a row of more than LONGEST_ROW characters.
    """

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self._lines, self._name = iter(lines), name
        self._row, self._taken = 1, 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken += len(line)
        if self._taken > LONGEST_ROW:
            raise UnusableData(
                f"{self._name} row {self._row} has more than {LONGEST_ROW:,} characters: check its quotes,"
                " or whether it is a table"
            )
        return line

    def row_is_whole(self) -> None:
        """Count the next line as the first of a row."""
        self._row, self._taken = self._row + 1, 0


def rows_told(lines: Iterable[str], problems: Problems, *, form: str, delimiter: str = ",") -> Iterator[Numbered]:
    """Yield the rows of lines of text, as `numbered_rows` does; a row that cannot be read is a problem and left out.

    Raises UnusableData where nothing after it can be read either.
    """
    yield from _csv(lines, problems, delimiter) if form == "csv" else _jsonl(lines, problems)


def _csv(lines: Iterable[str], problems: Problems, delimiter: str) -> Iterator[Numbered]:
    name, number = problems.name, 0
    bounded = _Lines(lines, name)
    rows = csv.reader(bounded, delimiter=delimiter, strict=True)
    try:
        header = [column.strip() for column in next(rows, [])]
        number = 1
        bounded.row_is_whole()
        if not any(header):
            raise UnusableData(f"{name} is empty: its first row must name the columns")
        twice = next((column for column in header if header.count(column) > 1), None)
        if twice is not None:
            raise UnusableData(f"{name} names the column {twice!r} twice: give each column its own name")
        yield 1, dict.fromkeys(header, "")
        for number, row in enumerate(rows, start=2):
            bounded.row_is_whole()
            if not any(map(str.strip, row)):
                continue
            if len(row) != len(header):
                problems.add_whole(
                    number, f"has {len(row)} values where the header has {len(header)}: check its commas and quotes"
                )
                continue
            yield number, dict(zip(header, map(str.strip, row), strict=True))
    except csv.Error as error:
        raise UnusableData(f"{name} row {number + 1} is no CSV ({error}): check its quotes") from None


def _jsonl(lines: Iterable[str], problems: Problems) -> Iterator[Numbered]:
    bounded = _Lines(lines, problems.name)
    for number, line in enumerate(bounded, start=1):
        bounded.row_is_whole()
        if not line.strip():
            continue
        try:
            told = json.loads(line, parse_float=str, parse_int=str, parse_constant=_refuse)
            row = dict(_flat(told))
        except (ValueError, RecursionError, AttributeError):
            problems.add_whole(number, "is no JSON object: put one object on each line")
            continue
        if any(map(UNKEPT.search, row.values())):
            problems.add_whole(number, "holds a zero byte or half a letter in one of its values: leave it out")
            continue
        yield number, row


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif value is None:
            yield f"{before}{name}", ""
        elif isinstance(value, bool):
            yield f"{before}{name}", "true" if value else "false"
        else:
            yield f"{before}{name}", (value if isinstance(value, str) else json.dumps(value)).strip()
