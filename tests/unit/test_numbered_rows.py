"""Rows of tables that people bring: none longer than it may be, however small the file is packed."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from makegood.listen.datasets import UnusableData
from makegood.listen.datasets.numbered import LONGEST_ROW, numbered_rows

HEAD = ",".join("abcdefghij")
SHORT = ",".join("1234567890")


def written(path: Path, *lines: str) -> Path:
    """Write these lines, packed if the name says so."""
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return path


def as_csv(characters: int) -> str:
    """A row of so many characters with its end, in ten values of which the first holds a line end."""
    value, more = divmod(characters - len('""') - len(SHORT), 10)
    first = f'"x\n{"x" * (value + more - 1)}"'
    return ",".join([first, *["x" * (value + 1)] * 9])[: characters - 1]


def as_json(characters: int) -> str:
    """A line of so many characters with its end."""
    return json.dumps({"a": "x" * (characters - len(json.dumps({"a": ""})) - 1)})


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_a_row_of_a_table_is_as_long_as_it_may_be_and_no_longer(tmp_path: Path, name: str) -> None:
    longest, longer = as_csv(LONGEST_ROW), as_csv(LONGEST_ROW + 1)
    assert (len(longest) + 1, len(longer) + 1) == (LONGEST_ROW, LONGEST_ROW + 1)
    numbers = [number for number, _ in numbered_rows(written(tmp_path / name, HEAD, longest, "", longest, SHORT))]
    assert numbers == [1, 2, 4, 5]
    rows = numbered_rows(written(tmp_path / name, HEAD, SHORT, longer, SHORT))
    assert [next(rows)[0], next(rows)[0]] == [1, 2]
    with pytest.raises(UnusableData, match=r"rows\.csv(\.gz)? row 3 has more than 1,000,000 characters"):
        next(rows)


def test_a_line_of_json_is_as_long_as_it_may_be_and_no_longer(tmp_path: Path) -> None:
    longest, longer = as_json(LONGEST_ROW), as_json(LONGEST_ROW + 1)
    rows = numbered_rows(written(tmp_path / "rows.jsonl", longest, "", longest, longer))
    assert [next(rows)[0], next(rows)[0]] == [1, 3]
    with pytest.raises(UnusableData, match=r"rows\.jsonl row 4 has more than 1,000,000 characters"):
        next(rows)


@pytest.mark.parametrize("delimiter", ["", ","])
@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.jsonl.gz"])
def test_what_unpacks_to_one_line_without_end_never_fills_the_memory(tmp_path: Path, name: str, delimiter: str) -> None:
    bomb = written(tmp_path / name, "0" * 64_000_000)
    assert bomb.stat().st_size < 500_000
    tracemalloc.start()
    try:
        with pytest.raises(UnusableData, match="row 1 has more than"):
            next(numbered_rows(bomb, delimiter=delimiter))
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()
