"""Tables of a data set: comma-separated files with a header, packed or not."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from makegood.listen.datasets.recorded import UnusableData


def rows_of(folder: Path, name: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of the table `name`.csv.gz or `name`.csv in this folder, as texts by column.

    Raises UnusableData if there is no such file, or it lacks one of `columns`.
    """
    path = next((found for ending in ("csv.gz", "csv") if (found := folder / f"{name}.{ending}").is_file()), None)
    if path is None:
        raise UnusableData(f"there is no {name}.csv.gz in {folder}: name the folder that holds the data set")
    with opened_text(path) as file:
        rows = csv.DictReader(file)
        missing = [column for column in columns if column not in (rows.fieldnames or ())]
        if missing:
            raise UnusableData(f"{path.name} lacks the column {missing[0]}: this is another data set")
        yield from rows


def opened_text(path: Path) -> TextIO:
    """Open a text file, unpacking it if its name ends in .gz; a byte order mark is passed over."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
