"""Forms: each type takes what it should and says what to do about the rest; nothing that was typed is lost."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.help.files import HEAD, KINDS, kind_of
from makegood.core.help.forms import (
    MOST_LONG_TEXT,
    MOST_TEXT,
    TYPES,
    Choice,
    Field,
    FileFacts,
    Form,
    Upload,
    as_data,
    checked,
)
from makegood.core.money import Money

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 24
CHOICES = (Choice(code="red", says="Red"), Choice(code="blue", says="Blue"))


def field(kind: str, **facts: Any) -> Field:
    more = {"choice": {"choices": CHOICES}, "file": {"files": ("png", "pdf")}}.get(kind, {})
    return Field(code="it", type=kind, label="It", **{**more, **facts})


def form(*fields: Field) -> Form:
    return Form(code="f", step="fix", title="A form", fields=fields)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "  a lamp ", "a lamp"),
        ("long_text", "one\ntwo", "one\ntwo"),
        ("number", "2", Decimal(2)),
        ("number", "2,5", Decimal("2.5")),
        ("number", "-1.25", Decimal("-1.25")),
        ("date", "2026-02-28", date(2026, 2, 28)),
        ("time", "14:30", time(14, 30)),
        ("time", "14:30:00", time(14, 30)),
        ("money", "12.50", Money(minor=1250, currency="EUR")),
        ("money", "0", Money(minor=0, currency="EUR")),
        ("choice", "red", "red"),
        ("yes_no", "yes", True),
        ("yes_no", "no", False),
        ("phone", "+351 912-345 678", "+351 912-345 678"),
        ("email", "ana@example.org", "ana@example.org"),
    ],
)
def test_a_typed_answer_becomes_a_value(kind: str, typed: str, value: object) -> None:
    found = checked(form=form(field(kind)), typed={"it": typed})
    assert (found.values, found.errors) == ({"it": value}, {})
    json.dumps(as_data(found.values["it"]))


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("text", "x" * (MOST_TEXT + 1), "Shorten it"),
        ("long_text", "x" * (MOST_LONG_TEXT + 1), "Shorten it"),
        ("text", "a\x00b", "no"),
        ("text", "a\ud800b", "none"),
        ("number", "two", "such as 2"),
        ("number", "1e9", "such as 2"),
        ("number", "NaN", "such as 2"),
        ("number", "١٢", "such as 2"),
        ("date", "28.2.2026", "such as 2026"),
        ("date", "2026-02-30", "such as 2026"),
        ("date", "20260228", "such as 2026"),
        ("time", "25:00", "such as 14:30"),
        ("money", "12.505", "such as 12.50"),
        ("money", "-1", "such as 12.50"),
        ("choice", "green", "one of the answers"),
        ("yes_no", "perhaps", "yes or no"),
        ("phone", "12345", "such as +351"),
        ("phone", "call me maybe", "such as +351"),
        ("email", "ana@example", "such as ana@"),
        ("email", "a b@example.org", "such as ana@"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(kind: str, typed: str, says: str) -> None:
    found = checked(form=form(field(kind)), typed={"it": typed})
    assert says in found.errors["it"]
    assert found.typed == {"it": typed}


def test_bounds_count_as_inside_and_currencies_keep_their_places() -> None:
    asked = form(field("number", minimum=Decimal(1), maximum=Decimal(3)))
    assert [bool(checked(form=asked, typed={"it": one}).errors) for one in ("0.9", "1", "3", "3.1")] == [
        True,
        False,
        False,
        True,
    ]
    yen = checked(form=form(field("money")), typed={"it": "500"}, currency="JPY")
    assert yen.values == {"it": Money(minor=500, currency="JPY")}
    assert checked(form=form(field("money")), typed={"it": "5.5"}, currency="JPY").errors


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_answer_is_wrong_only_where_one_is_needed(kind: str) -> None:
    left = {"it": "  "} if kind != "file" else {}
    assert checked(form=form(field(kind)), typed=left).errors == {}
    assert set(checked(form=form(field(kind, required=True)), typed=left).errors) == {"it"}


def test_a_file_is_known_by_its_content_and_not_by_its_name() -> None:
    asked = form(field("file", most_bytes=1000))
    kept = checked(form=asked, typed={}, files={"it": Upload(name="a.exe", size=1000, head=PNG)})
    assert kept.values == {"it": FileFacts(name="a.exe", size=1000, kind="png")}
    for name, size, head, says in (
        ("a.png", 10, b"MZ\x90\x00" + b"\x00" * 28, "none by its content"),
        ("a.png", 10, b"<svg onload=1>", "none by its content"),
        ("a.png", 10, b"", "none by its content"),
        ("a.jpg", 10, b"\xff\xd8\xff\xe0", "png, pdf"),
        ("a.png", 1001, PNG, "at most"),
    ):
        assert says in checked(form=asked, typed={}, files={"it": Upload(name=name, size=size, head=head)}).errors["it"]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe1", "jpeg"),
        (PNG, "png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"%PDF-1.7", "pdf"),
        (b" %PDF-1.7", ""),
        (b"RIFF\x00\x00\x00\x00WAVE", ""),
        (b"<html><script>", ""),
        (b"", ""),
    ],
)
def test_kinds_of_file(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind
    assert kind_of(head[:HEAD]) == kind
    assert not kind or kind in KINDS


@given(
    st.sampled_from([one for one in TYPES if one != "file"]),
    st.text(max_size=40) | st.from_regex(r"[0-9.,:+-]{1,12}", fullmatch=True),
)
def test_nothing_that_was_typed_is_lost(kind: str, typed: str) -> None:
    found = checked(form=form(field(kind)), typed={"it": typed, "stray": typed})
    assert found.typed == {"it": typed, "stray": typed}
    assert ("stray" in found.errors) == bool(typed.strip())
    if typed.strip():
        assert ("it" in found.values) != ("it" in found.errors), "it became a value, or was told to be wrong"
        value = found.values.get("it")
        if isinstance(value, str):
            assert value == typed.strip()
        if isinstance(value, Decimal):
            assert value == Decimal(typed.strip().replace(" ", "").replace(",", "."))
        if isinstance(value, Money):
            assert Decimal(value.minor) / 100 == Decimal(typed.strip().replace(" ", "").replace(",", "."))
    else:
        assert "it" not in found.values
