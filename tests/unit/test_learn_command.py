"""`makegood learn`: what records show and what they don't, in words and as JSON; a wrong line is named."""

import json
import re
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from benchmarks.learning_worlds import draw

from makegood.cli.main import main

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "learning.md"
LINE = json.loads(re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)[0])


@pytest.fixture
def learn(tmp_path, capsys, monkeypatch):
    def run(lines, *options):
        file = tmp_path / "records.jsonl"
        file.write_bytes(lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode())
        monkeypatch.setattr(sys, "argv", ["makegood", "learn", str(file), *options])
        with pytest.raises(SystemExit) as done:
            main()
        out, err = capsys.readouterr()
        return done.value.code, out, err

    return run


def of_world(world, *, rows, seed=1):
    records = draw(world=world, rows=rows, seed=seed).records
    for row in range(rows):
        yield {
            "unit": f"recovery {row}",
            "context": {name: values[row].item() for name, values in records.contexts.items()},
            "given": records.arms[records.chosen[row]],
            "chances": dict(zip(records.arms, records.propensities[row].tolist(), strict=True)),
            "outcome": records.outcomes[row] if row % 10 else None,
        }


def test_what_a_world_shows_is_said_and_nothing_is_switched_on(learn):
    status, out, err = learn(of_world("by two together", rows=4000))
    assert (status, err) == (0, "")
    first, *_ = out.splitlines()
    assert first == "4,000 decisions about an extra, 400 of them without an outcome yet."
    assert re.search(r"  note \(given [\d,]+\): not shown: 3,600 so far, .* the 97.5% interval .* contains 0", out)
    assert "A policy by context, over" in out
    assert re.search(r"for all: shown: \+0\.[01]", out)
    assert "Nothing is switched on." in out


def test_what_is_not_shown_is_said_as_json_too(learn):
    status, out, _ = learn(of_world("nothing helps", rows=300), "--json")
    found = json.loads(out)
    assert (status, found["rows"], found["unknown"], found["fairness"]) == (0, 300, 30, [])
    assert [one["extra"] for one in found["extras"]] == ["note", "voucher"]
    assert (found["policy"]["shown"], found["policy"]["left_out"]) == (False, 0)
    assert "not shown" in found["policy"]["said"]
    assert found["policy"]["gain"]["low"] <= 0 <= found["policy"]["gain"]["high"]
    assert learn(of_world("nothing helps", rows=300), "--json")[1] == out


def test_the_guides_line_is_read_and_is_too_few(learn):
    status, out, _ = learn([LINE])
    assert status == 0
    assert "  note (given 1): not shown: 1 so far" in out
    assert "A policy by context: not shown: 1 records so far: a policy is learned from 60 units on" in out
    assert "employee m-17: too few to compare" in out


def test_a_line_without_an_outcome_did_not_fail(learn):
    status, out, _ = learn([LINE | {"outcome": None}])
    assert (status, "no outcome is known yet" in out) == (0, True)
    assert learn(b"")[1].startswith("0 decisions")


def test_where_not_every_extra_was_possible_it_is_left_out_and_said(learn):
    lines = list(of_world("nothing helps", rows=300))
    some = [line | {"given": "", "chances": {"": 1.0, "note": 0.0, "voucher": 0.0}} for line in lines[:50]]
    found = json.loads(learn([*some, *lines[50:]], "--json")[1])
    assert found["policy"]["left_out"] == 45
    assert found["policy"]["gain"]["rows"] == 225
    assert {one["rows"] for one in found["extras"]} == {225}


def test_where_nobody_went_without_nothing_is_said_of_extras(learn):
    chances = {"note": 0.5, "voucher": 0.5}
    lines = [LINE | {"unit": str(number), "given": "note", "chances": chances} for number in range(9)]
    assert "note (given 9): not shown: nobody could go without an extra; hold some out" in learn(lines)[1]


def test_the_same_case_met_by_different_offers_is_status_1(learn):
    lines = [
        LINE | {"case": str(number), "amount": 50 if who == "m3" else 100, "who": {"employee": who}}
        for number in range(12)
        for who in ("m1", "m2", "m3")
    ]
    status, out, _ = learn(lines)
    assert status == 1
    assert "employee m3: offered 50 less than others in the same 12 cases" in out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"unit": ""}, 'line 1: give "unit"'),
        ({"context": {"spent": None}}, 'line 1: give "context"'),
        ({"context": {}}, "1 to 12 columns"),
        ({"chances": {"note": "half"}}, 'line 1: give "chances"'),
        ({"given": "cake"}, 'line 1: give "given", one of "", "note", "voucher"'),
        ({"chances": {"": 0.5, "note": 0.4}}, "add up to 1"),
        ({"outcome": "yes"}, 'line 1: give "outcome"'),
        ({"who": None}, '"who" as an object of texts'),
        ({"name": "Ana"}, "'name' is none of"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_do(learn, change, says):
    status, out, err = learn([LINE | change])
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{", "line 1 is not JSON"),
        (b"[]", "line 1 must hold one JSON object"),
        (b'{"unit": "a", "unit": "b"}', "unit stands twice"),
        (b"\xff\n", "line 1 is not JSON"),
        (b"\n" + b" " * 100_001, "line 2"),
    ],
)
def test_what_is_no_line_is_named(learn, raw, says):
    raw = raw if b" " * 9 not in raw else raw[:1] + b'"' + raw[1:]
    status, _, err = learn(raw)
    assert (status, says in err) == (2, True)


def test_a_column_that_some_lines_lack_is_named(learn):
    lines = [LINE, LINE | {"context": {"channel": "web", "new": True}}]
    assert "Give spent as a number in every row" in learn(lines)[2]
    lines = [LINE, LINE | {"context": {"spent": 3, "new": True}}]
    assert learn(lines)[0] == 0, "a text that is lacking is a category of its own"


def test_a_file_that_is_not_there_and_standard_input(learn, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["makegood", "learn", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 2
    assert "cannot read" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(json.dumps(LINE).encode())))
    monkeypatch.setattr(sys, "argv", ["makegood", "learn", "-"])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    assert learn([LINE], "--seed", "-1")[0] == 2
