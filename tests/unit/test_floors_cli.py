"""`makegood floor`: the shape that other programs rely on, and one line for every mistake."""

import io
import json
import sys

import pytest
from tests.unit.test_floors_golden import TABLES

from makegood.cli.main import main
from makegood.rules.packs import load, names

FACTS = {
    "event_at": "2025-03-01T10:00:00+01:00",
    "distance_km": 1501,
    "intra_eu": True,
    "arrival_delay_minutes": 180,
}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def call(*arguments, facts=None, stdin=None):
        if facts is not None:
            path = tmp_path / "facts.json"
            path.write_bytes(facts if isinstance(facts, bytes) else json.dumps(facts).encode())
            arguments = (*arguments, "--facts", str(path))
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(sys, "argv", ["makegood", "floor", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        out, err = capsys.readouterr()
        return done.value.code, out, err

    return call


def test_json(run):
    status, out, err = run("eu261", "--json", facts=FACTS)
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert set(answer) == {"owed", "reasons"}
    assert answer["owed"] == [
        {
            "amount": {"minor": 40000, "currency": "EUR"},
            "form": "cash_or_bank",
            "due_by": "2025-03-08T10:00:00+01:00",
            "rule": "eu261.delay@2005-02-17",
        },
    ]
    assert answer["reasons"]
    assert all(set(reason) == {"rule", "evidence", "grade", "text"} for reason in answer["reasons"])


def test_nothing_owed_is_an_answer(run):
    status, out, _ = run("uk261", "--json", facts=FACTS | {"arrival_delay_minutes": 179})
    assert status == 0
    assert json.loads(out)["owed"] == []


def test_standard_input(run):
    status, out, _ = run("eu261", "--facts", "-", "--json", stdin=json.dumps(FACTS).encode())
    assert status == 0
    assert json.loads(out)["owed"]


def test_text_for_people(run):
    status, out, _ = run("eu261", facts=FACTS)
    assert status == 0
    assert out.startswith("Owed: 400.00 EUR, cash or bank, by 2025-03-08T10:00:00+01:00")
    assert run("eu261", facts=FACTS | {"arrival_delay_minutes": 0})[1].startswith("Nothing is owed.")


@pytest.mark.parametrize(
    ("pack", "facts", "says"),
    [
        ("eu999", FACTS, "there is no rule pack 'eu999'"),
        ("/nowhere/own.yaml", FACTS, "cannot read the rule pack"),
        ("eu261", {}, "event_at is missing"),
        ("eu261", FACTS | {"delayed": 1}, "unknown fact: delayed; accepted are"),
        ("eu261", FACTS | {"event_at": "2004-01-01T00:00:00+01:00"}, "first version begins on 2005-02-17"),
        ("eu261", [], "must hold one JSON object"),
        ("eu261", b"{", "is not JSON ("),
        ("eu261", b"\xff\xfe", "is not JSON ("),
        ("eu261", b"[" * 100_000, "is not JSON ("),
        ("eu261", b'{"event_at": 1, "event_at": 2}', "event_at stands twice"),
        ("eu261", b" " * 1_000_001, "larger than 1 MB"),
    ],
)
def test_unusable_input_is_one_line_and_status_2(run, pack, facts, says):
    status, out, err = run(pack, "--json", facts=facts)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there(run, tmp_path):
    status, _, err = run("eu261", "--facts", str(tmp_path / "none.json"))
    assert status == 2
    assert "cannot read" in err
    status, _, err = run("eu261")
    assert status == 2
    assert "--facts" in err


def test_the_facts_that_a_pack_asks_for_are_listed(run):
    status, out, _ = run("eu261", "--list-facts")
    assert status == 0
    assert "event_at (datetime, always needed)" in out
    status, out, _ = run("us-dot", "--list-facts", "--json")
    listed = json.loads(out)
    assert (status, listed["pack"]) == (0, "us-dot")
    assert {one["needed"] for one in listed["facts"]} >= {"always needed", "needed where a rule looks at it"}


@pytest.mark.parametrize("pack", names())
def test_help_names_the_facts_of_the_pack_that_stands_beside_it(run, pack):
    status, out, err = run(pack, "--help")
    assert (status, err) == (0, "")
    assert f"Facts of {pack}: " in out
    assert all(f"  {name} " in out or f"  {name}\n" in out for name in load(pack).facts)
    assert run("--help", pack)[1] == out


def test_help_without_a_pack_says_how_to_see_its_facts(run):
    status, out, _ = run("--help")
    assert status == 0
    assert "makegood floor RULEPACK --help names the facts of one pack." in out
    status, _, err = run("nowhere.yaml", "--help")
    assert (status, err.count("\n")) == (2, 1)
    assert "cannot read the rule pack nowhere.yaml" in err


def test_a_table_of_cases_is_checked(run, tmp_path):
    table = TABLES / "late-is-free.jsonl"
    status, out, err = run("late-is-free", "--cases", str(table), "--edges", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert (answer["cases"], answer["differences"], answer["edges"]["unheld"]) == (25, [], [])
    assert run("late-is-free", "--cases", str(table))[:2] == (
        0,
        "late-is-free: 25 cases, none answered otherwise than the table says\n",
    )
    some = tmp_path / "some.jsonl"
    some.write_text("\n".join(table.read_text().splitlines()[:5]) + "\n")
    status, out, _ = run("late-is-free", "--cases", str(some), "--edges")
    assert status == 1
    assert "  late-is-free.late.suspended is left out\n" in out
    some.write_text(table.read_text().replace('"minor": 1175', '"minor": 1174'))
    status, out, _ = run("late-is-free", "--cases", str(some), "--edges")
    assert status == 1
    assert "1 answered otherwise" in out
    assert "half of the order (your guarantee, punctual delivery: share and most): 11.75 EUR" in out
    some.write_text("{}")
    status, out, err = run("late-is-free", "--cases", str(some))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "line 1 lacks case" in err


def test_many_cases_are_answered_line_by_line(run, tmp_path):
    lines = [FACTS, {}, FACTS | {"arrival_delay_minutes": 179}]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n{\n")
    status, out, err = run("eu261", "--facts", str(path), "--lines")
    answers = [json.loads(line) for line in out.splitlines()]
    assert answers[0]["owed"][0]["amount"] == {"minor": 40000, "currency": "EUR"}
    assert answers[1]["error"].startswith("event_at is missing")
    assert answers[2]["owed"] == []
    assert answers[3]["error"].startswith("the line is not JSON")
    assert (status, err) == (2, f"makegood: 2 of the cases in {path} could not be decided: their lines say why\n")
    status, out, err = run("eu261", "--facts", "-", "--lines", stdin=json.dumps(FACTS).encode())
    assert (status, err) == (0, "")
    assert json.loads(out) == answers[0]


def test_the_packs_are_listed(run):
    status, out, _ = run("--list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == list(names())
    status, out, _ = run("--list", "--json")
    listed = {one["pack"]: one for one in json.loads(out)["packs"]}
    assert (status, set(listed)) == (0, set(names()))
    assert listed["uk-ofcom"]["versions"][:2] == ["2019-04-01", "2021-04-01"]
    status, _, err = run()
    assert status == 2
    assert "--list says which there are" in err


CASES = {
    "delay-repay-15": {
        "arrival_delay_minutes": 20,
        "ticket": "single",
        "ticket_price": {"minor": 1840, "currency": "GBP"},
    },
    "delay-repay-30": {
        "arrival_delay_minutes": 40,
        "ticket": "single",
        "ticket_price": {"minor": 1840, "currency": "GBP"},
    },
    "eu261": FACTS,
    "hotel-walk": {"walked": True, "promised": {"minor": 20000, "currency": "USD"}},
    "late-is-free": {"arrival_delay_minutes": 1, "order_price": {"minor": 2350, "currency": "EUR"}},
    "uk-ofcom": {"happened": "missed_appointment"},
    "uk261": FACTS,
    "us-dot": {"domestic": True, "cancelled": True, "paid": {"minor": 31250, "currency": "USD"}},
}


@pytest.mark.parametrize("pack", names())
def test_every_pack_decides_and_lists_its_facts(run, pack):
    status, out, err = run(pack, "--json", facts={"event_at": "2025-03-01T10:00:00+01:00", **CASES[pack]})
    assert (status, err) == (0, "")
    (one,) = json.loads(out)["owed"]
    assert one["rule"].startswith(f"{pack}.")
    assert one["amount"]["minor"] > 0
    status, out, _ = run(pack, "--list-facts")
    assert status == 0
    assert "event_at (datetime, always needed)" in out
