"""Others are masked in what one person is given: staff by how they are told, no address but the person's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from makegood.core.masking import masked, masked_data

STAFF = {"Maria Silva": "Maria", "Maria Silva Costa": "Maria", "Admin": "Admin", "Dr. Jo Ng": "Dr. Ng"}
OWN = {"ana@example.org", "hello@shop.test"}
TABLE = [
    ("maria  SILVA called her.", "Maria called her."),
    ("Maria Silva Costa and Dr. Jo Ng", "Maria and Dr. Ng"),
    ("Ask Admin, or Ana-Maria Silvana.", "Ask Admin, or Ana-Maria Silvana."),
    ("From Ana@example.org to hello+AB12@shop.test", "From Ana@example.org to hello+AB12@shop.test"),
    ("Bo wrote from bo.b+x@example.org.", "Bo wrote from [address]."),
    ("<maria@shop.test>", "<[address]>"),
]


@pytest.mark.parametrize(("text", "told"), TABLE)
def test_masked(text: str, told: str) -> None:
    assert masked(text=text, staff=STAFF, own=OWN) == told
    assert masked_data(data={"k": [text, 1, None]}, staff=STAFF, own=OWN) == {"k": [told, 1, None]}


@given(some.text("Maria Silvab.@+", max_size=40))
def test_masking_again_changes_nothing(text: str) -> None:
    once = masked(text=text, staff=STAFF, own=OWN)
    assert masked(text=once, staff=STAFF, own=OWN) == once
