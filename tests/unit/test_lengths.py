"""What a person wrote is kept whole or refused: the edges of a limit."""

from __future__ import annotations

import pytest

from makegood.core.lengths import TextTooLong, fitting


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("x" * 5000, "x" * 5000),
        (f"  {'x' * 5000}\r\n", "x" * 5000),
        ("a\r\n" * 2500, ("a\n" * 2500).strip()),
        ("", ""),
    ],
)
def test_what_fits_is_kept_whole(written: str, kept: str) -> None:
    assert fitting(written, most=5000) == kept


def test_one_too_many_is_refused_with_the_limit() -> None:
    with pytest.raises(TextTooLong, match="At most 5,000 characters fit here, and these are 5,001") as refused:
        fitting(f" {'x' * 5001}", most=5000)
    assert (refused.value.text, refused.value.most) == ("x" * 5001, 5000)
