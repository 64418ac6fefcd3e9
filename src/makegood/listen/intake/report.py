"""The report of what is wrong with a file, as a CSV that a spreadsheet may open without running anything. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  the wide forms run too
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


def defused(text: str) -> str:
    """This function will return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RUNS) else text
