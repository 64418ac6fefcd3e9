"""What a file that somebody brings is: its encoding, its separator, its columns, and its rows. Pure.

Each thing that had to be worked out is said in a note; what cannot be read is one error that says what to do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import attrs

from makegood.listen.datasets.numbered import UNKEPT, Numbered, Problems, form_of, rows_told
from makegood.listen.datasets.recorded import UnusableData

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_COLUMN = 120
LONGEST_NAME = 120
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LOOKED_AT = 20
SUM = re.compile(
    r"(?:grand? )?(?:totals?|totales|totaux|summe|gesamt|gesamtsumme|suma|somme|soma)(?=[\s:]|$)", re.IGNORECASE
)
"""How the last row of an export begins where it adds the others up, in five languages."""
NUMBER = re.compile(r"(?:[A-Z]{3} ?)?[^\w]*\d[\d.,' \u00a0]*[^\w]*(?:[A-Z]{3})?\Z")
LONGEST_NUMBER = 40
PACKED = (
    (b"PK\x03\x04", "is a zip or an Excel file: open it, and save the table as CSV"),
    (b"PK\x05\x06", "is an empty zip: bring the CSV file itself"),
    (b"\x1f\x8b", "is packed: unpack it, and bring the CSV file itself"),
    (b"BZh", "is packed: unpack it, and bring the CSV file itself"),
    (b"\xfd7zXZ", "is packed: unpack it, and bring the CSV file itself"),
    (b"7z\xbc\xaf", "is packed: unpack it, and bring the CSV file itself"),
    (b"Rar!", "is packed: unpack it, and bring the CSV file itself"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file: open it, and save the table as CSV"),
    (b"%PDF", "is a PDF: bring the table as CSV"),
)


@attrs.frozen(kw_only=True)
class Sheet:
    """A file that can be read as a table. `notes` say what was worked out; `rows` counts those without the header."""

    name: str
    form: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]
    text: str = attrs.field(repr=False)

    def told(self, problems: Problems) -> Iterator[Numbered]:
        """Yield each row with its number, of CSV the header first; of JSON lines a row holds what its line holds."""
        lines = io.StringIO(self.text, newline="")
        yield from rows_told(lines, problems, form=self.form, delimiter=self.delimiter)


class _Forgiving(Problems):
    """Passes over rows that cannot be read, where only the good ones are wanted."""

    def add_whole(self, row: int, text: str) -> None:
        """Pass over it."""


def name_plain(name: str) -> str:
    """Return the last part of a file's name, fit to be shown and to be written down."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain[-LONGEST_NAME:] if plain.strip(".") else "file.csv"


def sheet_of(*, name: str, content: bytes) -> Sheet:
    """Work out what a file is.

    Raises UnusableData for one that is too large, packed, no text, or no table.
    """
    name = name_plain(name)
    if len(content) > MOST_BYTES:
        raise UnusableData(
            f"{name} is larger than {MOST_BYTES // 1024 // 1024} MB: split it, or load it with makegood import"
        )
    packed = next((said for begin, said in PACKED if content.startswith(begin)), None)
    if packed is not None:
        raise UnusableData(f"{name} {packed}")
    form = form_of(Path(name))
    text, encoding, notes = _decoded(name, content)
    if not text.strip():
        raise UnusableData(f"{name} is empty: its first row must name the columns")
    if form == "jsonl" and text.lstrip()[0] == "[":
        raise UnusableData(f"{name} is one JSON list: put one object on each line, without the brackets around all")
    delimiter = _delimiter(text) if form == "csv" else ","
    if form == "csv" and delimiter != ",":
        notes.append(f"Its values are parted by {DELIMITERS[delimiter]}.")
    if form == "csv" and (last := _sum_begins(text, delimiter)):
        notes.append("Its last row only adds the others up, and was left out.")
        text = text[:last]
    sheet = Sheet(name=name, form=form, encoding=encoding, delimiter=delimiter, header=(), rows=0, notes=(), text=text)
    header, rows = _counted(sheet)
    return attrs.evolve(sheet, header=header, rows=rows, notes=tuple(notes))


def _decoded(name: str, content: bytes) -> tuple[str, str, list[str]]:
    """Return the text, how it was encoded, and what to say about that."""
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise UnusableData(f"{name} is in UTF-32: save it as UTF-8")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return _plain(name, content.decode("utf-16")), "utf-16", ["It is in UTF-16."]
        except UnicodeDecodeError:
            raise UnusableData(f"{name} begins as UTF-16 and does not go on so: save it as UTF-8") from None
    try:
        return _plain(name, content.decode("utf-8-sig")), "utf-8", []
    except UnicodeDecodeError:
        pass
    try:
        text = _plain(name, content.decode("cp1252"))
    except UnicodeDecodeError:
        raise UnusableData(f"{name} is neither UTF-8 nor Windows-1252: save it as UTF-8") from None
    said = "It is not UTF-8 and was read as Windows-1252 (Latin 1): look whether names with accents are right below."
    return text, "cp1252", [said]


def _plain(name: str, text: str) -> str:
    if "\x00" in text:
        raise UnusableData(f"{name} is no text: it holds zero bytes. Save the table as CSV in UTF-8")
    return text


def _delimiter(text: str) -> str:
    """Return what parts the values: whatever gives most columns, each row as many as the header.

    Of those that give as many it is not the comma, which also stands in names: "Müller, Anna".
    """
    best, most = ",", (False, 1)
    for one in DELIMITERS:
        try:
            rows = [len(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=one), LOOKED_AT)]
        except csv.Error:
            continue
        found = (len({count for count in rows if count}) == 1, rows[0])
        if rows[0] > 1 and found >= most:
            best, most = one, found
    return best


def _sum_begins(text: str, delimiter: str) -> int:
    """Return where the last row begins, if all it does is to add up: "Total", then numbers, and half of it empty."""
    begins = text.rstrip(f'{delimiter}" \t\r\n').rfind("\n") + 1
    columns = text.partition("\n")[0].count(delimiter) + 1
    if not begins or text.count('"', 0, begins) % 2:
        return 0
    said = [cell for cell in (cell.strip(' "\t\r\n') for cell in text[begins:].split(delimiter)) if cell]
    adds_up = (
        bool(said) and SUM.match(said[0]) and all(len(one) <= LONGEST_NUMBER and NUMBER.match(one) for one in said[1:])
    )
    return begins if adds_up and len(said) * 2 <= columns else 0


def _counted(sheet: Sheet) -> tuple[tuple[str, ...], int]:
    """Return the columns and how many rows there are, within bounds."""
    columns: dict[str, None] = {}
    count = 0
    for number, row in sheet.told(_Forgiving(sheet.name)):
        columns.update(dict.fromkeys(row))
        count += sheet.form == "jsonl" or number > 1
        if len(columns) > MOST_COLUMNS:
            raise UnusableData(f"{sheet.name} has more than {MOST_COLUMNS} columns: leave out those that nobody needs")
        if count > MOST_ROWS:
            raise UnusableData(
                f"{sheet.name} has more than {MOST_ROWS:,} rows: split it, or load it with makegood import"
            )
    header = tuple(columns)
    long = next((column for column in header if len(column) > LONGEST_COLUMN), None)
    if long is not None:
        raise UnusableData(f"{sheet.name}: the column {long[:40]!r}… has a name of more than {LONGEST_COLUMN} letters")
    unkept = next((column for column in header if UNKEPT.search(column)), None)
    if unkept is not None:
        raise UnusableData(
            f"{sheet.name}: the column {unkept!r} has a zero byte or half a letter in its name: rename it"
        )
    if "" in header:
        raise UnusableData(f"{sheet.name}: column {header.index('') + 1} has no name: give it one in the first row")
    if not count:
        raise UnusableData(f"{sheet.name} has no rows under its header")
    return header, count
