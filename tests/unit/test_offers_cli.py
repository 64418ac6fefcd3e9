"""`makegood offer`: the shape that other programs rely on, the guide's example, and one line for every mistake."""

import io
import json
import re
import sys
from pathlib import Path

import pytest
from benchmarks.offers import cases

from makegood.cli.main import main

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "offers.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
CASE = {
    "customer": {"group": "regular", "purchases": 4, "facts": []},
    "failure": {
        "kind": "wrong_charge",
        "loss": "money",
        "fault": "ours",
        "severity": 2,
        "kept_service": False,
        "price": {"minor": 10_000, "currency": "EUR"},
    },
    "place": "lake",
    "history": [],
    "limits": {"member": {"minor": 10_000, "currency": "EUR"}},
    "budget": {"left": {"minor": 50_000, "currency": "EUR"}},
}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def call(case, *options, name="case.json"):
        path = tmp_path / name
        path.write_bytes(case if isinstance(case, bytes) else json.dumps(case).encode())
        return shell("offer", str(path), *options)

    def shell(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(sys, "argv", ["makegood", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        out, err = capsys.readouterr()
        return done.value.code, out, err

    call.shell = shell
    return call


def test_json(run):
    status, out, err = run(CASE, "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert set(answer) == {"floor", "fix", "remedy", "extras", "plan", "refused"}
    assert answer["remedy"]["amount"] == {"minor": 8000, "currency": "EUR"}
    assert answer["refused"] == []
    assert answer["extras"]
    assert all(set(extra) == {"id", "cost", "value", "reasons"} for extra in answer["extras"])
    reasons = [*answer["remedy"]["reasons"], *answer["plan"]["reasons"], *answer["extras"][0]["reasons"]]
    assert all(set(reason) == {"rule", "evidence", "grade", "text"} for reason in reasons)
    assert {"A1", "A2", "C1"} <= {reason["evidence"] for reason in reasons}


def test_text_for_people(run):
    status, out, _ = run(CASE)
    assert status == 0
    assert "Remedy: Part of the price back the way it was paid: 80.00 EUR" in out
    assert "[A1, grade B]" in out


def test_what_breaks_a_rule_is_refused_with_status_1(run):
    status, out, err = run({**CASE, "proposed": {"remedy": "money-back"}}, "--json")
    answer = json.loads(out)
    assert (status, err, answer["plan"]) == (1, "", None)
    assert [reason["rule"] for reason in answer["refused"]] == ["remedy.non_monetary"]
    assert run({**CASE, "proposed": {"remedy": "money-back"}})[1].startswith("Refused:\n")


def test_lines(run):
    lines = cases(60)
    text = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    status, out, err = run(text, "--lines")
    answers = [json.loads(line) for line in out.splitlines()]
    assert (len(answers), err, status) == (60, "", 1)
    (single,) = [json.loads(run(lines[7], "--json")[1])]
    assert answers[7] == single


def test_a_line_that_cannot_be_used_stops_no_other(run):
    text = json.dumps(CASE).encode() + b"\n\n{]\n" + b" " * 1_000_001 + b"\n" + json.dumps(CASE).encode()
    status, out, err = run(text, "--lines")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 2
    assert ["error" in one for one in answers] == [False, True, True, False]
    assert answers[1]["error"].startswith("line 3: is not JSON")
    assert answers[2]["error"].startswith("line 4: is larger than 1 MB")
    assert err == f"makegood: 2 of the lines could not be used, the first: {answers[1]['error'].replace(':', '', 1)}\n"


def test_standard_input_and_a_playbook(run):
    status, out, _ = run.shell("offer", "-", "--json", "--playbook", "retail", stdin=json.dumps(CASE).encode())
    assert status == 0
    assert json.loads(out)["remedy"]["id"] != "money-back"


@pytest.mark.parametrize(
    ("case", "options", "says"),
    [
        (b"{", [], "is not JSON (line 1"),
        (b"\xff\xfe", [], "is not JSON ("),
        (b"[" * 100_000, [], "is not JSON ("),
        (b'{"place": 1, "place": 2}', [], "place stands twice"),
        (b"{}\n{}\n", [], "add --lines"),
        (b" " * 1_000_001, [], "larger than 1 MB: give one case, or many with --lines"),
        ({}, [], "customer is missing: give an object of group"),
        ({**CASE, "at": "noon"}, [], "at must be an ISO 8601 time"),
        ({**CASE, "note": 1}, [], "the case has unknown 'note': accepted are customer, failure"),
        (CASE, ["--playbook", "circus"], "there is no playbook 'circus'"),
        (CASE, ["--catalogue", "/nowhere/own.yaml"], "cannot read /nowhere/own.yaml"),
    ],
)
def test_unusable_input_is_one_line_and_status_2(run, case, options, says):
    status, out, err = run(case, "--json", *options)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there(run, tmp_path):
    status, _, err = run.shell("offer", str(tmp_path / "none.json"))
    assert (status, "cannot read" in err) == (2, True)
    status, _, err = run.shell("offer", str(tmp_path))
    assert (status, "cannot read" in err) == (2, True)


def test_a_case_is_decided_at_its_own_moment(run):
    fact = {
        "kind": "interest",
        "value": "coffee",
        "source": "desk",
        "consent": True,
        "expires_at": "2020-01-01T00:00:00Z",
    }
    case = {**CASE, "customer": {"facts": [fact]}}
    assert run(case, "--json")[0] == 1
    assert run({**case, "at": "2019-12-31T23:59:59Z"}, "--json")[0] == 0


def test_the_guide_is_true(run, tmp_path, monkeypatch):
    kinds = [kind for kind, _ in BLOCKS]
    case, text = BLOCKS[kinds.index("json")][1], BLOCKS[kinds.index("text")][1]
    status, out, _ = run(case.encode())
    assert status == 0
    assert out == text
    catalogue = tmp_path / "own.yaml"
    catalogue.write_text(BLOCKS[kinds.index("yaml")][1])
    assert run(case.encode(), "--json", "--catalogue", str(catalogue))[0] == 0
    for program in (text for kind, text in BLOCKS if kind == "python"):
        exec(compile(program, "guide", "exec"), {})
