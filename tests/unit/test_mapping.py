"""Mapping files: rows become the events that were written down, and each wrong file is one error that says where."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.money import Money
from makegood.listen.datasets import UnusableData
from makegood.listen.mapped import mapped_read
from makegood.listen.mapping_values import UnusableMapping, UnusableValue, amount

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "mapping-files.md"
HEAD, ROW = "order,mail,made,due,done,total,stars", "A1,ana@example.com,2026-03-01T09:00,2026-03-02,,12.50,1"


def mapping(**changes: Any) -> dict[str, Any]:
    """A mapping of HEAD, with these changes; a change of the promise goes by `data__NAME` or `event__NAME`."""
    made: dict[str, Any] = {
        "type": "promise.made",
        "id": "{order}:made",
        "time": {"time": "made"},
        "data": {
            "reference": "{order}",
            "customer": {"email": "{mail}"},
            "due_at": {"time": "due", "end_of_day": True},
            "value": {"money": "total"},
        },
    }
    done = {"type": "promise.kept", "id": "{order}:done", "when": "done", "time": {"time": "done"}}
    whole = {
        "source": "orders", "zone": "Europe/Lisbon", "currency": "EUR", "data": "orders.csv",
        "events": [made, done | {"data": {"reference": "{order}"}}],
    }  # fmt: skip
    for name, value in changes.items():
        where, _, key = name.rpartition("__")
        target = {"": whole, "event": made, "data": made["data"]}[where]
        target[key] = value
    return whole


def read(folder: Path, *rows: str, head: str = HEAD, **changes: Any) -> Any:
    (folder / "orders.yaml").write_text(yaml.safe_dump(mapping(**changes)), encoding="utf-8")
    (folder / "orders.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return mapped_read(path=folder / "orders.yaml")


def test_the_example_of_the_guide_makes_what_it_says(tmp_path: Path) -> None:
    for form, text in re.findall(r"```(csv|yaml)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        (tmp_path / f"orders.{form}").write_text(text, encoding="utf-8")
    recorded = mapped_read(path=tmp_path / "orders.yaml").recorded
    events = list(recorded.events())
    assert [event["id"] for event in events] == [
        "A1:bought", "A1:promised", "A2:bought", "A2:promised", "A1:delivered"
    ]  # fmt: skip
    assert events[0] == {
        "id": "A1:bought",
        "type": "purchase.made",
        "time": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        "data": {
            "reference": "A1",
            "customer": {"email": "ana@example.com", "name": "Ana"},
            "placed_at": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            "total": {"minor": 125_000, "currency": "EUR"},
        },
    }
    assert events[3]["data"]["due_at"] == datetime(2026, 3, 6, tzinfo=UTC)
    assert [(place.code, place.name) for place in recorded.places] == [
        ("faro", "Shop in faro"), ("porto", "Shop in porto")
    ]  # fmt: skip


def test_json_lines_packed_with_objects_inside_read_the_same(tmp_path: Path) -> None:
    rows = [{"no": 7, "who": {"mail": "ana@example.com"}, "at": 1772355600, "sum": 12.10, "done": None, "ok": True}]
    path = tmp_path / "orders.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(json.dumps(row).encode() for row in rows)))
    written = mapping(
        event__id="{no}", event__time={"time": "at", "format": "unix"}, data__reference="{no}",
        data__customer={"email": "{who.mail}"}, data__value={"money": "sum"},
        data__due_at={"time": "at", "format": "unix", "plus_minutes": 60}, data__facts={"ok": {"truth": "ok"}},
    )  # fmt: skip
    written["events"].pop()
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    (event,) = mapped_read(path=tmp_path / "orders.yaml", data=path).recorded.events()
    assert event["time"] == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert event["data"] == {
        "reference": "7",
        "customer": {"email": "ana@example.com"},
        "due_at": datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
        "value": {"minor": 1210, "currency": "EUR"},
        "facts": {"ok": True},
    }


def test_when_may_say_what_a_column_holds(tmp_path: Path) -> None:
    rows = [ROW.replace("A1", "B1"), ROW.replace("A1", "B2").removesuffix("1") + "5"]
    recorded = read(tmp_path, *rows, event__when={"stars": [1, 2]}).recorded
    assert [event["id"] for event in recorded.events()] == ["B1:made"]


def test_other_data_is_another_replay(tmp_path: Path) -> None:
    first = read(tmp_path, ROW).recorded.kind
    assert read(tmp_path, ROW).recorded.kind == first
    assert read(tmp_path, ROW.replace("A1", "A2")).recorded.kind != first
    assert len(f"replay-{first}") <= 40


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zone": "Europe/Nowhere"}, "'Europe/Nowhere' is not a time zone"),
        ({"currency": "euro"}, "a code of ISO 4217"),
        ({"sorce": "x"}, "does not know 'sorce'"),
        ({"source": ""}, "source must be text"),
        ({"events": []}, "events must be a list of at least one"),
        ({"delimiter": ";;"}, "delimiter must be one character"),
        ({"format": "xml"}, "format must be one of"),
        ({"live_from": "soon"}, "live_from 'soon' is no time"),
        ({"places": [{"name": "Porto"}]}, "place 1 needs a code"),
        ({"event__type": "promise.broken"}, "event 1.type must be one of"),
        ({"event__id": "made"}, "event 1.id must name a column"),
        ({"event__time": "made"}, "event 1.time must be a time"),
        ({"event__time": {"time": "made", "zone": "Mars"}}, "event 1.time.zone 'Mars' is not a time zone"),
        ({"event__time": {"time": "made", "format": "%Q"}}, "event 1.time.format '%Q' is no format"),
        ({"event__time": {"time": "made", "fromat": "%d"}}, "event 1.time does not know 'fromat'"),
        ({"event__when": 3}, "event 1.when must be"),
        ({"data__plase": "x"}, "does not know 'plase'"),
        ({"data__value": {"money": "total", "decimal": ";"}}, "decimal must be"),
        ({"data__value": {"money": "total", "currency": "euro"}}, "currency must be a code of ISO 4217"),
        ({"data__value": {"money": 3}}, "event 1.data.value.money must be the name of a column"),
        ({"data__value": None}, "event 1.data.value must be a constant"),
    ],
)
def test_a_wrong_mapping_is_one_error(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableMapping, match=re.escape(said)) as error:
        read(tmp_path, ROW, **changes)
    assert str(error.value).startswith("orders.yaml: ")
    assert "\n" not in str(error.value)


def test_a_mapping_that_is_no_yaml_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text("source: [", encoding="utf-8")
    with pytest.raises(UnusableMapping, match=r"orders\.yaml is no YAML"):
        mapped_read(path=tmp_path / "orders.yaml")


GOOD = ROW.replace("A1", "A0")


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ([ROW], {"data__what": "{item}"}, "orders.csv has no column 'item': it has order, mail"),
        ([GOOD, ROW.replace("03-02", "02-30")], {}, "orders.csv row 3: due '2026-02-30' is no time"),
        ([GOOD, ROW.replace("2026-03-02", "1926-03-02")], {}, "orders.csv row 3: due '1926-03-02' is no time"),
        ([GOOD, ROW.replace("2026-03-01T09:00", "")], {}, "orders.csv row 3: made is empty"),
        ([GOOD, ROW.replace("2026-03-02", "")], {}, "orders.csv row 3, promise.made: due_at must be"),
        ([GOOD, ROW.replace("12.50", '"12,50"')], {}, "orders.csv row 3: total '12,50' is no amount"),
        ([GOOD, ROW.replace("12.50", "-1")], {}, "orders.csv row 3, promise.made: value.minor must be"),
        ([GOOD, ROW.replace("ana@example.com", "")], {}, "orders.csv row 3, promise.made: customer must be"),
        ([GOOD, ROW.replace("A1", "")], {}, "orders.csv row 3, promise.made: id must be text"),
        ([GOOD, "", ROW + ",more"], {}, "orders.csv row 4 has 8 values where the header has 7"),
        ([ROW, ROW.replace("12.50", "13")], {}, "orders.csv rows 2 and 3 make different events of the same id"),
        ([ROW], {"data__value": {"money": "total", "currency": "{stars}"}}, "row 2: '1' is no currency"),
        ([ROW], {"event__when": "done"}, "orders.csv makes no event"),
        ([GOOD, '"' + ROW], {}, "orders.csv row 3 is no CSV"),
    ],
)
def test_a_wrong_row_is_one_error_that_names_it(
    tmp_path: Path, rows: list[str], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnusableData, match=re.escape(said)) as error:
        read(tmp_path, *rows, **changes)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("orders.csv", b"", "is empty"),
        ("orders.csv", b"order,order\n1,2\n", "names the column 'order' twice"),
        ("orders.csv", f"{HEAD}\n".encode() + b"\xff\xfe", "is not UTF-8"),
        ("orders.csv.gz", b"order,mail", "cannot be unpacked"),
        ("orders.csv.gz", gzip.compress(f"{HEAD}\n".encode() + ROW.encode(), mtime=0)[:-12], "cannot be unpacked"),
        ("orders.jsonl", b"{}\n[1]\n", "row 2 is no JSON object"),
        ("orders.jsonl", b'{"order": NaN}', "row 1 is no JSON object"),
        ("orders.jsonl", b'{"order": 1}', "has no column 'done'"),
        ("orders.xlsx", b"PK", "is neither .csv nor .jsonl"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(mapping()), encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableData, match=re.escape(said)) as error:
        mapped_read(path=tmp_path / "orders.yaml", data=tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12.5000", "EUR", 1250),
        ("1,250", "EUR", 125_000),
        ("12.345", "KWD", 12_345),
        ("7.0", "JPY", 7),
    ],
)
def test_an_amount_may_have_zeros_after_its_decimals(text: str, currency: str, minor: int) -> None:
    assert amount(text, column="x", currency=currency) == {"minor": minor, "currency": currency}


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12.345", "EUR"), ("1.250", "EUR"), ("12.5001", "EUR"), ("1.000", "JPY"), ("0.5", "JPY"), ("1.2345", "KWD")],
)
def test_an_amount_is_never_rounded_and_thousands_are_not_taken_for_cents(text: str, currency: str) -> None:
    with pytest.raises(UnusableValue, match=f"x '{text}' has more decimals than {currency}"):
        amount(text, column="x", currency=currency)


@given(
    minor=st.integers(min_value=0, max_value=10**14),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    decimal=st.sampled_from([".", ","]),
)
def test_an_amount_reads_back_as_it_was_written(minor: int, currency: str, decimal: str) -> None:
    places = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    whole, rest = divmod(minor, 10**places)
    text = f"{whole:,}" + (f".{rest:0{places}}" if places else "")
    if decimal == ",":
        text = text.translate(str.maketrans(".,", ",."))
    assert (
        amount(text, column="x", currency=currency, decimal=decimal) == Money(minor=minor, currency=currency).as_dict()
    )
