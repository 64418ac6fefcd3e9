"""The tables of cases of the packs, each row with its source: all answered so, and every edge held from both sides."""

import json
from datetime import datetime
from pathlib import Path

import attrs
import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.core.floors.decisions import version_on
from makegood.rules.pack_cases import UnusableCases, differences, read_cases
from makegood.rules.pack_edges import changes, edges
from makegood.rules.packs import load, shipped_names

TABLES = Path(__file__).parents[1] / "golden" / "floors"
PACKS = sorted(shipped_names())


def table(name):
    return read_cases((TABLES / f"{name}.jsonl").read_text(encoding="utf-8"), where=f"{name}.jsonl")


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_answers_every_case_of_its_table(name):
    assert list(differences(pack=load(name), cases=table(name))) == []


@pytest.mark.parametrize("name", PACKS)
def test_every_edge_of_a_pack_is_held_from_both_sides(name):
    found = edges(pack=load(name), cases=table(name))
    assert found.unheld == ()
    assert found.tried >= 15


def test_every_case_says_where_it_stands_how_good_that_is_and_when_it_was_checked():
    tables = {name: table(name) for name in PACKS}
    assert sum(map(len, tables.values())) >= 550
    for name, cases in tables.items():
        pack = load(name)
        for one in cases:
            assert one.cite
            assert one.evidence.removesuffix(" [M]") == pack.evidence
            assert one.grade in {"L", "M", "C"}
            if one.owed is None:
                continue
            version = version_on(pack=pack, event_date=day_of(one))
            assert one.checked == version.checked_date
            rules = {rule.reference: rule for rule in version.rules}
            for answer in one.owed:
                assert rules[answer["rule"]].grade in {one.grade, "M"}


def day_of(case):
    return datetime.fromisoformat(case.facts["event_at"]).date()


@pytest.mark.parametrize("name", ["uk261", "uk-ofcom", "delay-repay-15", "delay-repay-30"])
def test_what_was_not_compared_with_its_text_is_marked(name):
    assert {one.grade for one in table(name)} == {"M"}


def test_a_change_is_told_in_one_sentence_with_its_source():
    says, changed = next((says, pack) for says, pack in changes(load("eu261")) if "notice_days >= 14 reads >" in says)
    assert says == "eu261.cancelled.notice-14: notice_days >= 14 reads >"
    told = list(differences(pack=changed, cases=table("eu261")))
    assert told[0].startswith("told 14 days before (Article 5(1)(c)(i)): 250.00 EUR cash_or_bank by ")
    assert told[0].endswith("is owed, and not nothing")


def test_a_table_without_one_side_of_an_edge_is_told_of_it():
    cases = [one for one in table("late-is-free") if one.case not in {"in time", "5 of 5 minutes allowed"}]
    cases = [one for one in cases if "30 after the order" not in one.case]
    assert edges(pack=load("late-is-free"), cases=cases).unheld == (
        "late: arrival_delay_minutes > grace_minutes reads >=",
    )


def test_a_version_changed_later_changes_no_older_case():
    pack = load("uk-ofcom")
    *older, newest = pack.versions
    changed = attrs.evolve(pack, versions=(*older, attrs.evolve(newest, rules=newest.rules[:1])))
    before = [one for one in table("uk-ofcom") if one.owed is not None and day_of(one) < newest.active_from]
    assert len(before) >= 80
    assert list(differences(pack=changed, cases=before)) == []
    assert list(differences(pack=changed, cases=table("uk-ofcom"))) != []


ROW = {"case": "a", "cite": "clause 1", "facts": {}, "owed": []}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "own.jsonl holds no case"),
        ("{", "own.jsonl, line 1 is not JSON"),
        ("[" * 100_000, "own.jsonl, line 1 is not JSON"),
        ("[]", "line 1 must be one JSON object"),
        (json.dumps(ROW) + "\n\n" + json.dumps(ROW | {"case": "b", "cite": " "}), "line 3 lacks cite"),
        (json.dumps(ROW | {"facts": []}), "line 1 lacks facts"),
        (json.dumps(ROW | {"note": "x"}), "line 1 has unknown note; it may have checked"),
        (json.dumps(ROW | {"refused": "x"}), "must have either owed or refused"),
        (json.dumps(ROW | {"owed": None}), "must have either owed or refused"),
        (json.dumps(ROW | {"owed": [{}]}), "owed must be a list of objects with some of amount"),
        (json.dumps(ROW | {"owed": [{"sum": 1}]}), "owed must be a list of objects"),
        (json.dumps(ROW | {"reasons": "x"}), "reasons must be a list of clauses"),
        (json.dumps(ROW | {"evidence": 2.3}), "evidence must be a text"),
        (json.dumps(ROW | {"grade": "Z"}), "grade must be one of A"),
        (json.dumps(ROW | {"checked": "May"}), "checked must be a date"),
        (json.dumps(ROW) + "\n" + json.dumps(ROW), "the case 'a' stands twice"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text, says):
    with pytest.raises(UnusableCases) as error:
        read_cases(text, where="own.jsonl")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_refused_facts_are_an_answer_too():
    (case,) = read_cases(
        json.dumps({"case": "too early", "cite": "Article 19", "facts": {}, "refused": "event_at is missing"}),
        where="t",
    )
    assert list(differences(pack=load("eu261"), cases=[case])) == []
    other = attrs.evolve(case, refused="distance_km is missing")
    assert list(differences(pack=load("eu261"), cases=[other])) == [
        "too early (Article 19): the facts are refused: event_at is missing: scheduled departure, with the airport's own "
        "offset; its date chooses the version"
    ]
    facts = {"event_at": "2025-03-01T10:00:00+01:00", "distance_km": 900, "arrival_delay_minutes": 10}
    (told,) = differences(pack=load("eu261"), cases=[attrs.evolve(case, facts=facts)])
    assert told.endswith("the facts are not refused with 'event_at is missing', but nothing is owed")
    assert owed(pack=load("eu261"), facts=facts).owed == ()


BOUNDS = [
    (name, spec.name, bound, outside)
    for name in PACKS
    for spec in load(name).facts.values()
    if spec.type in ("number", "integer")
    for bound, outside in ((spec.minimum, spec.minimum - 1), (spec.maximum, spec.maximum + 1))
]


def test_the_bounds_of_every_fact_hold_from_both_sides():
    assert len(BOUNDS) >= 40
    for name, fact, bound, outside in BOUNDS:
        reader = load(name).reader
        given = {one.name: FITTING[one.type] for one in reader.specs.values() if one.absent == "refuse"}
        given |= {one: given.get(one, FITTING[reader.specs[one].type]) for one in reader.needs_one_of[:1]}
        if "happened" in given:
            given["happened"] = "late_start"
        assert reader.read(given | {fact: bound})[0][fact] == bound
        with pytest.raises(UnusableFacts, match=f"^{fact} must lie between"):
            reader.read(given | {fact: outside})


FITTING = {"datetime": "2026-03-01T10:00:00+01:00", "number": 1, "boolean": True, "text": "late_start"}
