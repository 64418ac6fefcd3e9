"""Where some rows of a file are wrong: how many may be, and which right ones are put aside with them."""

from __future__ import annotations

import pytest

from makegood.listen.intake.apart import belonging, cells_of, rows_file, rows_raw, waits
from makegood.listen.intake.reading import Sheet, sheet_of


def sheet(text: str, name: str = "f.csv") -> Sheet:
    return sheet_of(name=name, content=text.encode())


@pytest.mark.parametrize(
    ("wrong", "rows", "whole"),
    [(1, 10, False), (1, 9, True), (0, 0, False), (10, 100, False), (11, 100, True), (1000, 10_000, False),
     (1000, 200_000, False), (1001, 200_000, True)],
)  # fmt: skip
def test_more_than_a_tenth_or_a_thousand_wrong_rows_stop_a_file(wrong: int, rows: int, whole: bool) -> None:
    assert waits(wrong=wrong, rows=rows) is whole


@pytest.mark.parametrize(
    ("kind", "text", "wrong", "held"),
    [
        # the same reference twice, and the first of them is wrong
        ("promises", "reference,purchase\nA,\nB,\nA,\n", [2], {4: 2}),
        # the lines of one order, which a third row names by its own reference
        ("promises", "reference,purchase\nA-1,A\nA-2,A\nB,\nA,\n", [3], {2: 3, 5: 3}),
        # through the second row to the third
        ("charges", "reference,purchase,promise\n1,P,\n2,P,Q\n3,,Q\n4,,\n", [2], {3: 2, 4: 2}),
        ("purchases", "reference,email\nA,a@b.example\nB,a@b.example\n", [2], {}),
        # what is known of one customer in several rows
        ("customers", "email,phone\na@b.example,030 1\na@b.example,\nc@b.example,\n", [2], {3: 2}),
        ("places", "code,parent\nX,\nx,\nY,X\n", [2], {3: 2}),
        ("members", "email,name\na@b.example,Ana\nA@b.example,Bo\n", [3], {2: 3}),
        # empty cells are nothing that is shared
        ("charges", "reference,purchase,promise\n1,,\n2,,\n", [2], {}),
    ],
)  # fmt: skip
def test_what_belongs_to_a_wrong_row_is_put_aside_with_it(
    kind: str, text: str, wrong: list[int], held: dict[int, int]
) -> None:
    file = sheet(text)
    rows = rows_raw(sheet=file, columns={name: name for name in file.header})
    assert belonging(kind=kind, rows=rows, wrong=wrong, cells={}) == held


def test_a_row_that_cannot_be_read_as_one_holds_what_any_of_its_cells_names() -> None:
    file = sheet("reference;purchase;name\nA-1;A;Ana\nA-2;A;Müller;Bo\n\nB;;Bo\n")
    rows = rows_raw(sheet=file, columns={"reference": "reference", "purchase": "purchase"})
    assert sorted(rows) == [2, 5]
    cells = cells_of(sheet=file, numbers=[3])
    assert cells == {3: ("A-2", "A", "Müller", "Bo")}
    assert belonging(kind="promises", rows=rows, wrong=[3], cells=cells) == {2: 3}


def test_rows_are_written_as_they_came_to_be_mended_and_brought_again() -> None:
    text = 'Order;What;Due\nA;"a ""big"" desk; oak";soon\nB;x;2026-03-09\n\nC;two\nD;"y\nz";late\n'
    file = sheet(text)
    written = rows_file(sheet=file, numbers={2, 5, 6})
    again = sheet(written)
    assert (again.header, again.delimiter) == (file.header, ";")
    assert written.splitlines()[0] == "Order;What;Due"
    columns = {name: name for name in file.header}
    there = rows_raw(sheet=file, columns=columns)
    assert list(rows_raw(sheet=again, columns=columns).values()) == [there[2], there[6]]
    assert "C;two" in written


def test_lines_of_json_are_read_as_far_as_they_go() -> None:
    text = '{"ref": "A", "due": "soon"}\n{"ref": "B", "due": }\n\n{"ref": 7, "due": "2026-03-09"}\n'
    file = sheet(text, "f.jsonl")
    assert cells_of(sheet=file, numbers=[2, 4]) == {
        2: ("ref", "B", "due"),
        4: ("ref", "7", "due", "2026-03-09"),
    }
    assert rows_file(sheet=file, numbers={2}) == '{"ref": "B", "due": }\n'
