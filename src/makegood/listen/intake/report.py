"""The report of what is wrong with a file, as a CSV that a spreadsheet may open without running anything. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from makegood.core.spreadsheets import defused

HEAD = ("row", "column", "what is wrong and what to do")


def report_csv(problems: Iterable[Sequence[object]]) -> str:
    """This function will write problems as (row, column, text) into a CSV.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(HEAD)
    for number, column, text in problems:
        rows.writerow([number, defused(str(column)), defused(str(text))])
    return written.getvalue()
