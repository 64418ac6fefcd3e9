"""Numbers as people of several countries type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.typed import LONGEST, UnreadableNumber, number_typed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        ("12,5", "12.5"),
        (",5", "0.5"),
        ("1,5", "1.5"),
        (" 7 ", "7"),
        ("7.", "7"),
        ("1250", "1250"),
        ("1250.125", "1250.125"),
        ("0.015", "0.015"),
        ("0,015", "0.015"),
        ("000,015", "0.015"),
        ("1,250.50", "1250.50"),
        ("1.250,50", "1250.50"),
        ("1 250", "1250"),
        ("1'250.5", "1250.5"),
        ("1\N{NO-BREAK SPACE}250,5", "1250.5"),
        ("1_000_000", "1000000"),
        ("1,000,000", "1000000"),
        ("20.000.000", "20000000"),
        ("-12,5", "-12.5"),
        ("9" * LONGEST, "9" * LONGEST),
    ],
)
def test_what_can_be_read_one_way_is_read(text: str, number: str) -> None:
    assert number_typed(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1,250", "1.250", "20.000", "365,000", "999.999"])
def test_what_can_be_read_two_ways_is_refused_with_both(text: str) -> None:
    with pytest.raises(UnreadableNumber, match="can be read two ways: write"):
        number_typed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "a lot",
        "1e5",
        "1,25,000",
        "1.250.50",
        "1,250,50",
        "12 50",
        "--1",
        "NaN",
        "٣",
        "9" * (LONGEST + 1),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UnreadableNumber):
        number_typed(text)


@given(
    whole=st.integers(0, 10**12),
    cents=st.one_of(st.none(), st.integers(0, 99)),
    marks=st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]),
)
def test_every_amount_reads_back_as_it_is_written_in_each_country(
    whole: int, cents: int | None, marks: tuple[str, str]
) -> None:
    parts, decimal = marks
    text = f"{whole:,}".replace(",", parts) + ("" if cents is None else f"{decimal}{cents:02}")
    value = Decimal(whole) + Decimal(cents or 0) / 100
    if cents is None and 1000 <= whole < 10**6 and parts in ",.":
        with pytest.raises(UnreadableNumber, match="two ways"):
            number_typed(text)
    else:
        assert number_typed(text) == value
