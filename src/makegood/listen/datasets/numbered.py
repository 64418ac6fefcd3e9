"""Rows of any table that people bring: CSV with a header or JSON lines, packed or not, each with its number.

Rows are counted as a spreadsheet counts them: the header is row 1. Of JSON lines, the first line is row 1.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.datasets.tables import opened_text

FORMATS = ("csv", "jsonl")
Row = dict[str, str]


def numbered_rows(path: Path, *, form: str = "", delimiter: str = ",") -> Iterator[tuple[int, Row]]:
    """Yield each row's number, and its values by column: texts, stripped. Of CSV the header comes first, as row 1.

    `form` is one of FORMATS; without one the file's name says it. What stands inside an object of a JSON line has the
    column `outer.inner`. Raises UnusableData, naming the row, for what cannot be read.
    """
    form = form or form_of(path)
    try:
        with opened_text(path) as file:
            yield from _csv(path, file, delimiter) if form == "csv" else _jsonl(path, file)
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


def _csv(path: Path, file: Any, delimiter: str) -> Iterator[tuple[int, Row]]:
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    number = 0
    try:
        header = [name.strip() for name in next(rows, [])]
        number = 1
        if not any(header):
            raise UnusableData(f"{path.name} is empty: its first row must name the columns")
        twice = next((name for name in header if header.count(name) > 1), None)
        if twice is not None:
            raise UnusableData(f"{path.name} names the column {twice!r} twice: give each column its own name")
        yield 1, dict.fromkeys(header, "")
        for number, row in enumerate(rows, start=2):
            if not row:
                continue
            if len(row) != len(header):
                raise UnusableData(
                    f"{path.name} row {number} has {len(row)} values where the header has {len(header)}: "
                    "check its commas and quotes"
                )
            yield number, dict(zip(header, map(str.strip, row), strict=True))
    except csv.Error as error:
        raise UnusableData(f"{path.name} row {number + 1} is no CSV ({error}): check its quotes") from None


def _jsonl(path: Path, file: Any) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line, parse_float=str, parse_int=str, parse_constant=_refuse)
            row = dict(_flat(told))
        except (ValueError, RecursionError, AttributeError):
            raise UnusableData(f"{path.name} row {number} is no JSON object: put one object on each line") from None
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
