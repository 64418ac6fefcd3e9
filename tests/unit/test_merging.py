"""Two people change one text: what only one of them touched goes together, and nothing that was typed is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.merging import merge

LETTER = "Dear Ana,\n\nYour parcel is late.\n\nIt comes on Friday.\n\nDaan"
TEXTS = st.lists(st.text(alphabet="abc ", max_size=4), max_size=8).map("\n".join)


@pytest.mark.parametrize(
    ("theirs", "mine", "text", "clean"),
    [
        # Each changed another line.
        (
            LETTER.replace("Your parcel is late.", "We lost your parcel."),
            LETTER.replace("Friday", "Thursday"),
            "Dear Ana,\n\nWe lost your parcel.\n\nIt comes on Thursday.\n\nDaan",
            True,
        ),
        # Both changed it alike.
        (LETTER.replace("Friday", "Monday"), LETTER.replace("Friday", "Monday"), LETTER.replace("Friday", "Monday"), True),
        # Both changed the same line: both stand there.
        (
            LETTER.replace("Friday", "Monday"),
            LETTER.replace("Friday", "Tuesday"),
            LETTER.replace("It comes on Friday.", "It comes on Monday.\nIt comes on Tuesday."),
            False,
        ),
        # One wrote more at the end, the other at the beginning.
        (LETTER + "\nThe shop", "Hello!\n" + LETTER, "Hello!\n" + LETTER + "\nThe shop", True),
    ],
)  # fmt: skip
def test_two_changes_of_one_letter(theirs: str, mine: str, text: str, clean: bool) -> None:
    merged = merge(was=LETTER, theirs=theirs, mine=mine)
    assert (merged.text, merged.clean) == (text, clean)


def test_two_notes_where_there_was_none() -> None:
    """Nothing was there and both wrote: both are kept, theirs first."""
    merged = merge(was="", theirs="A new till", mine="A new drawer")
    assert (merged.text, merged.clean) == ("A new till\nA new drawer", False)


@given(was=TEXTS, theirs=TEXTS)
def test_who_changed_nothing_gets_the_others_text(was: str, theirs: str) -> None:
    assert merge(was=was, theirs=theirs, mine=was).text == theirs
    assert merge(was=was, theirs=was, mine=theirs).text == theirs
    assert merge(was=was, theirs=theirs, mine=theirs).text == theirs


@given(was=TEXTS, theirs=TEXTS, mine=TEXTS)
def test_no_line_that_was_written_is_lost(was: str, theirs: str, mine: str) -> None:
    """Every line that one of them wrote and that was not there before stands in what comes out."""
    lines = set(merge(was=was, theirs=theirs, mine=mine).text.split("\n"))
    fresh = (set(theirs.split("\n")) | set(mine.split("\n"))) - set(was.split("\n"))
    assert fresh <= lines
