"""What a spreadsheet runs when it opens a file, and how a text is written so that it does not."""

from __future__ import annotations

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  the wide forms run too


def defused(text: str) -> str:
    """This function will return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RUNS) else text
