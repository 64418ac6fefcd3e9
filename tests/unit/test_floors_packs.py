"""Rule packs from files: own contracts, every kind of amount, and errors that say where."""

import re
from datetime import date

import pytest
import yaml

from makegood.core.floors import UnusableFacts, owed
from makegood.core.money import Money
from makegood.rules import packs

CONTRACT = """
name: broadband
title: Our service guarantee
jurisdiction: our own contract
facts:
  event_at: {type: datetime, absent: refuse, means: when the service failed}
  days_without: {type: number, absent: unknown, minimum: 0, maximum: 365, means: days without service}
  missed_visit: {type: boolean, default: false, means: whether an appointment was missed}
  monthly_fee: {type: money, means: the monthly fee}
  visits: {type: integer, absent: unknown, means: visits made}
  late_minutes: {type: number, absent: unknown, minimum: 0, maximum: 10000, means: minutes late}
versions:
  - active_from: 2023-04-01
    active_to: 2024-04-01
    source: Service guarantee, 2023.
    checked_date: 2026-11-22
    rules: &rules
      - &no-service
        id: no-service
        says: For every day without service after the second
        cite: clause 1
        trigger: {field: days_without, op: ">", value: 2}
        amount: {per_unit: {fact: days_without, above: 2, each: {minor: 976, currency: GBP}, cap: {minor: 20000, currency: GBP}}}
        form: [{form: bill_credit, says: As a credit on the next bill.}]
        deadline: [{days: 30, says: Due within thirty days.}]
      - id: visit
        says: For a missed appointment
        cite: clause 2
        trigger: {field: missed_visit, op: "=", value: true}
        amount: {flat: {minor: 3049, currency: GBP}}
        form: [{form: bill_credit, says: As a credit on the next bill.}]
        deadline: [{business_days: 2, says: Due within two working days.}]
      - id: late
        says: A share of the fee for lateness
        cite: clause 3
        trigger: {field: late_minutes, op: ">=", value: 15}
        amount:
          bands:
            - {name: little, says: Under half an hour., when: {field: late_minutes, op: "<", value: 30}, percent: {of: monthly_fee, share: 12.5}}
            - {name: much, says: Half an hour or more., percent: {of: monthly_fee, share: 50, cap: {minor: 1000, currency: GBP}}}
        form: [{form: bill_credit, says: As a credit on the next bill.}]
        deadline: [{days: 5, says: Due within five days.}]
        claim_required: true
  - active_from: 2024-04-01
    source: Service guarantee, 2024.
    checked_date: 2026-11-22
    rules:
      - <<: *no-service
        amount: {per_unit: {fact: days_without, above: 2, each: {minor: 1034, currency: GBP}}}
"""


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "contract.yaml"
    path.write_text(CONTRACT.replace("      - <<: *no-service\n        amount", NO_SERVICE_2024), encoding="utf-8")
    return path


NO_SERVICE_2024 = """      - id: no-service
        says: For every day without service after the second
        cite: clause 1
        trigger: {field: days_without, op: ">", value: 2}
        form: [{form: bill_credit, says: As a credit on the next bill.}]
        deadline: [{days: 30, says: Due within thirty days.}]
        amount"""


@pytest.mark.parametrize(
    ("facts", "pence"),
    [
        ({"days_without": 2}, []),
        ({"days_without": 2.5}, []),  # no day is complete yet
        ({"days_without": 3}, [976]),
        ({"days_without": 3.9}, [976]),
        ({"days_without": 4}, [1952]),
        ({"days_without": 300}, [20000]),  # capped
        ({"missed_visit": True}, [3049]),
        ({"late_minutes": 14, "monthly_fee": {"minor": 1004, "currency": "GBP"}}, []),
        ({"late_minutes": 29, "monthly_fee": {"minor": 1004, "currency": "GBP"}}, [126]),  # 125.5 rounded half up
        ({"late_minutes": 30, "monthly_fee": {"minor": 1004, "currency": "GBP"}}, [502]),
        ({"late_minutes": 30, "monthly_fee": {"minor": 9999, "currency": "GBP"}}, [1000]),
        ({"days_without": 3, "missed_visit": True}, [976, 3049]),
    ],
)
def test_amounts_of_an_own_contract(contract, facts, pence):
    decision = owed(pack=packs.load(contract), facts={"event_at": "2023-06-01T12:00:00+01:00", **facts})
    assert [one.amount for one in decision.owed] == [Money(minor=minor, currency="GBP") for minor in pence]
    assert {reason.grade for reason in decision.reasons} == {None}


@pytest.mark.parametrize(
    ("event_at", "pence"),
    [("2024-03-31T23:59:00+01:00", 976), ("2024-04-01T00:00:00+01:00", 1034), ("2026-01-01T00:00:00+00:00", 1034)],
)
def test_a_new_rate_counts_from_its_first_day(contract, event_at, pence):
    (one,) = owed(pack=packs.load(str(contract)), facts={"event_at": event_at, "days_without": 3}).owed
    assert one.amount.minor == pence


def test_a_pack_that_has_ended_refuses(tmp_path):
    text = CONTRACT[: CONTRACT.index("  - active_from: 2024")]
    pack = packs.parse(text, where="ended.yaml")
    with pytest.raises(UnusableFacts, match="they ended on 2024-04-01"):
        owed(pack=pack, facts={"event_at": "2024-04-01T00:00:00+00:00", "missed_visit": True})


def test_amounts_in_two_currencies_are_refused_in_words(contract):
    facts = {
        "event_at": "2023-06-01T12:00:00+01:00",
        "late_minutes": 40,
        "monthly_fee": {"minor": 1, "currency": "EUR"},
    }
    with pytest.raises(UnusableFacts, match="cannot be compared"):
        owed(pack=packs.load(contract), facts=facts)


def test_shipped_packs_are_complete():
    assert packs.names() == (
        "delay-repay-15",
        "delay-repay-30",
        "eu261",
        "hotel-walk",
        "late-is-free",
        "uk-ofcom",
        "uk261",
        "us-dot",
    )
    for name in packs.names():
        pack = packs.load(name)
        assert pack.name == name
        for version in pack.versions:
            assert version.checked_date >= date(2026, 1, 1)
            assert all(rule.cite and rule.says and rule.evidence_needed for rule in version.rules)
            assert all(rule.grade in ({"L", "M"} if pack.evidence == "2.3" else {"C", "M"}) for rule in version.rules)


def test_uk261_differs_from_eu261_only_where_the_law_does():
    eu, uk = (
        [rule.reference.split("@")[0].split(".")[1] for rule in packs.load(name).versions[-1].rules]
        for name in ("eu261", "uk261")
    )
    assert eu == uk
    assert packs.load("eu261").facts.keys() == packs.load("uk261").facts.keys()


def test_the_facts_are_those_that_other_programs_send():
    assert set(packs.load("eu261").facts) == {
        "event_at",
        "distance_km",
        "intra_eu",
        "arrival_delay_minutes",
        "cancelled",
        "denied_boarding",
        "notice_days",
        "extraordinary",
        "rerouted_departure_earlier_minutes",
        "rerouted_arrival_delay_minutes",
        "voucher_consent",
    }
    ours = {"flight_minutes", "downgraded", "airport_changed", "connection_added", "bag_lost"}
    assert set(packs.load("us-dot").facts) - ours - {"extra_not_provided", "extra_fee"} == {
        "event_at",
        "domestic",
        "departure_earlier_minutes",
        "arrival_later_minutes",
        "cancelled",
        "alternative_accepted",
        "paid",
        "tender",
        "bag_delay_minutes",
        "bag_fee",
    }


SMALL = yaml.safe_load(CONTRACT[: CONTRACT.index("  - active_from: 2024")])


def broken(change, path):
    """The contract with one place changed (None takes it away)."""
    pack = yaml.safe_load(yaml.safe_dump(SMALL))
    *way, last = path
    at = pack
    for step in way:
        at = at[step]
    if change is None:
        del at[last]
    else:
        at[last] = change
    return yaml.safe_dump(pack)


RULE = ("versions", 0, "rules", 0)


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        (None, ("title",), "own.yaml: lacks title"),
        (1, ("title",), "own.yaml.title: must be a text"),
        (1, ("color",), "has unknown key color; allowed are"),
        ("Z9", ("evidence",), "own.yaml.evidence: must be one of"),
        ([], ("facts",), "own.yaml.facts: must be a mapping"),
        (None, ("facts", "event_at"), "must hold event_at"),
        ("unknown", ("facts", "event_at", "absent"), "must hold event_at"),
        ("moment", ("facts", "event_at", "type"), "must be one of datetime"),
        ("no", ("facts", "missed_visit", "default"), "must be true or false"),
        ("refuse", ("facts", "missed_visit", "absent"), "both absent and default"),
        (["nothing"], ("needs_one_of",), "names no fact of this pack"),
        ([], ("versions",), "must be a list of at least 1"),
        ("soon", ("versions", 0, "active_from"), "must be a date"),
        (date(2023, 4, 1), ("versions", 0, "active_to"), "must be after active_from"),
        ([], ("versions", 0, "rules"), "must be a list of at least 1"),
        (None, (*RULE, "cite"), "lacks cite"),
        ({"field": "days", "op": ">", "value": 2}, (*RULE, "trigger"), "names no fact"),
        ({"field": "days_without", "op": "~", "value": 2}, (*RULE, "trigger"), "must be one of =, !="),
        ({"field": "days_without", "op": ">", "value": "2"}, (*RULE, "trigger"), "must be a number"),
        ({"field": "missed_visit", "op": ">", "value": True}, (*RULE, "trigger"), "compares numbers"),
        ({"field": "missed_visit", "op": "known", "value": True}, (*RULE, "trigger"), "absent: unknown"),
        ({"field": "event_at", "op": "=", "value": 1}, (*RULE, "trigger"), "cannot be compared"),
        ({"all": []}, (*RULE, "trigger"), "must be a list of at least 1"),
        (
            {"any": [{"all": [{"field": "x", "op": "=", "value": 1}]}]},
            (*RULE, "trigger"),
            "trigger.any[0].all[0].field",
        ),
        ("__import__('os')", (*RULE, "trigger"), "must be a mapping"),
        ({}, (*RULE, "amount"), "must say the amount by one of flat"),
        ({"flat": {"minor": 1.5, "currency": "GBP"}}, (*RULE, "amount"), "must be a whole number"),
        ({"flat": {"minor": -1, "currency": "GBP"}}, (*RULE, "amount"), "must be a number from 0"),
        ({"flat": {"minor": 1, "currency": "pounds"}}, (*RULE, "amount"), "not a currency code"),
        ({"percent": {"of": "days_without", "share": 5}}, (*RULE, "amount"), "type number cannot stand here"),
        ({"bands": [{"name": "a", "says": "b"}]}, (*RULE, "amount"), "must say the amount by one of flat"),
        ([], (*RULE, "form"), "must be a list of at least 1"),
        (
            [{"form": "cash", "says": "Cash.", "when": {"field": "missed_visit", "op": "=", "value": True}}],
            (*RULE, "form"),
            "must have no condition",
        ),
        (
            [{"form": "cash", "says": "a"}, {"form": "cash", "says": "b"}],
            (*RULE, "form"),
            "only the last is for all other cases",
        ),
        ([{"says": "Soon."}], (*RULE, "deadline"), "either days or business_days"),
        ([{"days": 1.5, "says": "Soon."}], (*RULE, "deadline"), "must be a whole number"),
        (
            [
                {
                    "id": "a",
                    "says": "b",
                    "share": 50,
                    "band": "c",
                    "when": {"field": "missed_visit", "op": "=", "value": True},
                }
            ],
            (*RULE, "reductions"),
            "names no band",
        ),
        ("visit", (*RULE, "id"), "two rules of one id"),
        ({"field": "days_without", "op": ">"}, (*RULE, "trigger"), "must have either value or fact"),
        (
            {"field": "days_without", "op": ">", "value": 2, "fact": "late_minutes"},
            (*RULE, "trigger"),
            "must have either value or fact",
        ),
        ({"field": "days_without", "op": ">", "fact": "hours"}, (*RULE, "trigger"), "fact: names no fact of this pack"),
        (
            {"field": "days_without", "op": ">", "fact": "monthly_fee"},
            (*RULE, "trigger"),
            "type money cannot stand here",
        ),
        ({"field": "missed_visit", "op": ">", "fact": "missed_visit"}, (*RULE, "trigger"), "compares numbers or times"),
        ({"field": "days_without", "op": "in", "fact": "late_minutes"}, (*RULE, "trigger"), "op: must be one of"),
        ({"flat": {"rate": "visit"}}, (*RULE, "amount"), "amount.flat.rate: must be one of"),
        ({"visit": {"minor": -1, "currency": "GBP"}}, ("versions", 0, "rates"), "rates.visit.minor: must be a number"),
        ({"percent": {"of": "monthly_fee"}}, (*RULE, "amount"), "must have either share or share_of"),
        (
            {"percent": {"of": "monthly_fee", "share_of": "days_without"}},
            (*RULE, "amount"),
            "type number cannot stand here",
        ),
        ({"percent": {"of": "monthly_fee", "share": 5, "cap": "fee"}}, (*RULE, "amount"), "cap: names no fact"),
        (
            {"percent": {"of": "monthly_fee", "share": 5, "divided_by": 0}},
            (*RULE, "amount"),
            "must be a number from 1",
        ),
        (
            {"percent": {"of": "monthly_fee", "share": 5, "divided_by": "visits"}},
            (*RULE, "amount"),
            "whose minimum has to be 1",
        ),
        ({"per_day": {"from": "event_at", "to": "event_at"}}, (*RULE, "amount"), "amount.per_day: lacks each"),
        (
            {"per_day": {"from": "event_at", "to": "visits", "each": {"minor": 1, "currency": "GBP"}}},
            (*RULE, "amount"),
            "per_day.to: names visits, whose type integer cannot stand here",
        ),
        ([{"days": 5, "from": "visits", "says": "Soon."}], (*RULE, "deadline"), "type integer cannot stand here"),
        ("Europe/Atlantis", ("zone",), "zone: Time zone 'Europe/Atlantis' is unknown"),
        ([{"easter": 90}], ("holidays",), "must be a number from -70 to 70"),
        ([{"date": "Easter"}], ("holidays",), "date: must be a date"),
        ([{"month": 1, "day": 1, "sat": 9}], ("holidays",), "sat: must be a number from -7 to 7"),
        ([{"month": 5, "weekday": "mon", "nth": 1, "not_in": ["x"]}], ("holidays",), "not_in[0]: must be a number"),
        ([{"month": 2, "day": 30}], ("holidays",), "not a day of every year"),
        ([{"month": 2, "weekday": "mon", "nth": 0}], ("holidays",), "must be 1 to 4, or -1"),
    ],
)
def test_a_wrong_pack_is_refused_with_the_place(change, path, says):
    with pytest.raises(packs.UnusablePack, match=re.escape(says)) as error:
        packs.parse(broken(change, path), where="own.yaml")
    assert str(error.value).startswith("own.yaml")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a mapping"),
        ("- 1", "must be a mapping"),
        ("name: [", "line 1: is not usable YAML"),
        ("name: a\nname: b", "line 2: is not usable YAML: 'name' stands twice"),
        ("name: !!python/object/apply:os.system [ls]", "is not usable YAML"),
        ("? [a]\n: b", "is not usable YAML"),
        ("[" * 5000, "is not usable YAML"),
    ],
)
def test_text_that_is_no_pack(text, says):
    with pytest.raises(packs.UnusablePack, match=re.escape(says)):
        packs.parse(text, where="own.yaml")


def test_versions_may_not_overlap():
    text = (
        CONTRACT[: CONTRACT.index("      - <<:")].replace("active_to: 2024-04-01", "active_to: 2024-04-02")
        + "      - "
        + "*no-service\n"
    )
    with pytest.raises(packs.UnusablePack, match="must end by 2024-04-01"):
        packs.parse(text, where="own.yaml")


def test_a_pack_that_is_not_there(tmp_path):
    with pytest.raises(packs.NoSuchPack, match=r"use delay-repay-15, .*, us-dot, or the path"):
        packs.load("eu262")
    with pytest.raises(packs.NoSuchPack, match="cannot read"):
        packs.load(tmp_path / "none.yaml")
    with pytest.raises(packs.NoSuchPack, match="cannot read"):
        packs.load("../floors/\0.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9")
    with pytest.raises(packs.UnusablePack, match="not UTF-8"):
        packs.load(tmp_path / "latin.yaml")
