"""Offers: what is owed stays, the remedy matches, the amount follows the evidence, and what breaks a rule is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from benchmarks.offers import case_of as any_case
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.core.money import Money
from makegood.core.offers import Answer, Catalogue, UnusableCase
from makegood.core.offers.amounts import FIRST_PERCENT, amount_for
from makegood.core.offers.facts import KINDS
from makegood.core.remedies import COUPON_LIKE, LOSSES
from makegood.rules import offers, playbooks

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHIPPED = offers.load()


def eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


def case(*, customer: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    failure = {
        "kind": "broken_promise", "loss": "time", "fault": "ours", "severity": 2, "kept_service": True,
        "price": eur(10_000),
    }  # fmt: skip
    top = {name: more.pop(name) for name in list(more) if name not in failure and name != "late"}
    return {"customer": {"group": "regular", **(customer or {})}, "failure": failure | more, **top}


def fact(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "interest", "value": value, "source": "said on the phone", "consent": True, **more}


def answer(data: dict[str, Any], *, catalogue: Catalogue = SHIPPED) -> Answer:
    return offers.offer(case=data, catalogue=catalogue, now=NOW)


def rules(found: Answer) -> list[str]:
    return [reason.rule for reason in found.refused]


def owed(minor: int) -> dict[str, Any]:
    one = {"amount": eur(minor), "form": "cash", "due_by": "2026-12-01T10:00:00+01:00", "rule": "own.late"}
    return {"owed": [one], "reasons": []}


# ---- the amount


@pytest.mark.parametrize(
    ("kept", "floor", "severity", "group", "amount", "why"),
    [
        (False, 0, 2, False, 8_000, "amount.aim"),  # A1, A3: 80 % of the price
        (False, 3_000, 2, False, 5_000, "amount.floor"),  # what is owed counts to the band
        (False, 8_000, 2, False, 0, "amount.floor"),
        (False, 7_999, 2, False, 1, "amount.floor"),
        (False, 20_000, 2, False, 0, "amount.floor"),  # above the cap: stays, and nothing is added
        (True, 0, 1, False, 500, "amount.first"),
        (True, 0, 4, False, 2_000, "amount.first"),
        (None, 0, 2, False, 1_000, "amount.first"),
        (True, 13_000, 4, False, 2_000, "amount.first"),  # 150 % exactly
        (True, 13_001, 4, False, 1_999, "amount.cap"),  # A2
        (True, 7_000, 4, True, 2_000, "amount.first"),  # 90 % exactly
        (True, 7_001, 4, True, 1_999, "amount.group"),  # A6: earlier in a group
        (False, 1_000, 2, True, 7_000, "amount.aim"),
    ],
)
def test_the_amount_follows_the_bands(kept: Any, floor: int, severity: int, group: bool, amount: int, why: str) -> None:
    price, paid = Money(minor=10_000, currency="EUR"), Money(minor=floor, currency="EUR")
    found = amount_for(price=price, floor=paid, kept=kept, severity=severity, group=group)
    assert found.money == Money(minor=amount, currency="EUR")
    assert why in [reason.rule for reason in found.reasons]
    assert any(reason.evidence == "A1" and reason.grade == "B" for reason in found.reasons)


def test_without_a_price_there_is_no_amount() -> None:
    found = amount_for(price=None, floor=None, kept=False, severity=2, group=False)
    assert (found.money, found.reasons[0].rule) == (None, "amount.unknown")
    assert answer(case(loss="money", price=None)).remedy is None


def test_graver_is_more() -> None:
    assert list(FIRST_PERCENT.values()) == sorted(FIRST_PERCENT.values())


# ---- the remedy


@pytest.mark.parametrize(
    ("loss", "form"),
    [
        ("money", "money"), ("goods", "exchange"), ("service", "reperformance"), ("time", "time_back"),
        ("attention", "personal"), ("trust", "personal"),
    ],
)  # fmt: skip
def test_the_remedy_matches_the_loss(loss: str, form: str) -> None:
    """Rule 4."""
    found = answer(case(loss=loss))
    assert (found.remedy.remedy.form, found.remedy.matches, found.remedy.why_not_match) == (form, True, "")
    assert found.plan.non_monetary


def test_what_does_not_match_has_a_written_reason() -> None:
    found = answer(case(loss="service", limits=eur(3_999)))
    assert (found.remedy.remedy.code, found.remedy.matches) == ("store-credit", False)
    assert "Above the member's limit" in found.remedy.why_not_match
    found = answer(case(loss="service", budget=eur(3_999)))
    assert "budget" in found.remedy.why_not_match


def test_late_is_never_a_coupon_alone() -> None:
    """Rule 8."""
    coupons = offers.parse(
        "fixes: {any: {title: Fix, says: I fix it}}\n"
        "remedies: [{code: credit, title: Credit, form: credit, losses: [time], cost: 5, value: 10, monetary: true}]\n"
        "extras: [{code: voucher, title: Voucher, form: coupon, cost: 1, value: 2}]\n"
    )
    assert answer(case(), catalogue=coupons).plan.give == ("credit", "voucher")
    late = answer(case(late=True), catalogue=coupons)
    assert (late.remedy, late.extras, late.plan.give) == (None, (), ())
    assert "named person speaks to them first" in late.plan.non_monetary[0]
    assert [one.reason.evidence for one in late.plan.not_offered] == ["C5", "C5"]


def test_money_that_went_back_elsewhere_is_looked_at_first() -> None:
    """Rule 17."""
    found = answer(case(loss="money", history=[{"what": "chargeback", "amount": eur(10_000)}]))
    assert found.remedy.remedy.code == "store-credit"
    assert "went back" in found.remedy.why_not_match
    assert "offer.given_back" in [reason.rule for reason in found.plan.reasons]


def test_a_playbook_gives_its_own_remedies() -> None:
    mine = offers.with_playbook(catalogue=SHIPPED, playbook=playbooks.load("hospitality"))
    found = answer(case(), catalogue=mine)
    assert (found.remedy.remedy.code, found.fix.title) == ("late-checkout", "Do now what was promised")
    dollars = answer(case(price={"minor": 10_000, "currency": "USD"}), catalogue=mine)
    assert dollars.remedy is None, "its amounts are in euros"


# ---- what is owed, groups and incidents


def test_what_is_owed_is_taken_over_unchanged() -> None:
    given_floor = owed(40_000)
    found = answer(case(floor=given_floor))
    assert found.as_dict()["floor"]["owed"] == given_floor["owed"]
    assert found.plan.total.minor >= 40_000
    assert all(extra.value.minor == 0 for extra in found.extras), "nothing of worth is added above the cap"


def test_a_pack_is_asked_for_the_floor() -> None:
    facts = {
        "event_at": "2025-03-01T10:00:00+01:00",
        "distance_km": 1501,
        "intra_eu": True,
        "arrival_delay_minutes": 180,
    }
    found = answer(case(floor={"pack": "eu261", "facts": facts}))
    assert found.floor.total == Money(minor=40_000, currency="EUR")
    assert any(reason.grade for reason in found.floor.reasons)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_group_and_value_change_the_extras_only(loss: str) -> None:
    """V3: a new customer stands never below a regular one for fix, floor or remedy."""
    new, regular = (
        answer(case(loss=loss, floor=owed(500), customer=customer))
        for customer in ({"group": "new", "purchases": 0}, {"group": "regular", "purchases": 90, "value": eur(900_000)})
    )
    assert (new.floor, new.fix, new.remedy) == (regular.floor, regular.fix, regular.remedy)


def test_a_price_on_budget_never_leaves_a_new_customer_with_nothing() -> None:
    costly = offers.parse(
        "fixes: {any: {title: Fix, says: I fix it}}\n"
        "remedies: [{code: call, title: Call, form: personal, losses: [attention], cost: 0}]\n"
        "extras: [{code: dear, title: Dear, form: gift, cost: 9, value: 9}, {code: less, title: Less, form: gift, cost: 8, value: 8}]\n"
    )
    asked = {"budget": {"left": eur(100_000), "price": 50.0}}
    regular = answer(case(**asked), catalogue=costly)
    assert regular.extras == ()
    assert {one.reason.rule for one in regular.plan.not_offered} == {"extra.budget_price"}
    new = answer(case(**asked, customer={"group": "new"}), catalogue=costly)
    assert [extra.code for extra in new.extras] == ["less"]
    assert "extra.fragile" in [reason.rule for reason in new.extras[0].reasons]
    assert len(answer(case(budget={"left": eur(100_000), "price": 0.1}), catalogue=costly).extras) == 2


def incident(**more: Any) -> dict[str, Any]:
    return {
        "id": "storm", "loss": "money", "severity": 3, "lowest_price": eur(5_000), "highest_floor": eur(1_000),
        "kept_service": False, "late": False, **more,
    }  # fmt: skip


def test_all_of_an_incident_get_the_same_base() -> None:
    """Rule 15, invariant 12: whatever price, floor, group, severity, limit or history one of them has."""
    each = [
        answer(case(incident=incident(), price=eur(5_000))),
        answer(case(incident=incident(), price=eur(90_000), severity=4, kept_service=True, loss="goods")),
        answer(case(incident=incident(), floor=owed(1_000), customer={"group": "new"})),
        answer(case(incident=incident(), limits=eur(1), budget=eur(1))),
        answer(case(incident=incident(), history=[{"what": "refund"}])),
    ]
    assert {str(one.remedy.as_dict()) for one in each} == {str(each[0].remedy.as_dict())}
    assert each[0].remedy.remedy.value.minor == 3_000, "80 % of the lowest price, less the highest floor"
    assert each[0].plan.approval == ()
    assert each[3].plan.approval == ("the giver's limit", "the budget")
    assert each[4].plan.approval == ("money that went back elsewhere",)


def test_one_s_own_severity_changes_nothing_for_all() -> None:
    mine = incident(kept_service=True)
    one, other = (answer(case(incident=mine, severity=severity)).remedy for severity in (1, 4))
    assert one == other
    assert one.remedy.value.minor == 750, "15 % of the lowest price, by the incident's severity"


def test_remedy_and_extra_together_keep_the_cap() -> None:
    mine = offers.parse(
        "fixes: {any: {title: Fix, says: I fix it}}\n"
        "remedies: [{code: new, title: New, form: exchange, losses: [goods], cost: 60, value: 100}]\n"
        "extras: [{code: a, title: A, form: gift, cost: 1, value: 50}, {code: b, title: B, form: gift, cost: 1, value: 51}]\n"
    )
    found = answer(case(loss="goods"), catalogue=mine)
    assert [extra.code for extra in found.extras] == ["a"]
    assert [(one.code, one.reason.rule) for one in found.plan.not_offered] == [("b", "extra.cap")]
    assert found.plan.percent == 150


# ---- extras and facts


def test_extras_come_by_relevance_and_can_be_read_aloud() -> None:
    found = answer(case(customer={"facts": [fact("strong coffee")]}, loss="attention"))
    first = found.extras[0]
    assert first.code == "coffee"
    assert first.reasons[0].text == (
        "You told us that you like coffee. May I bring you a coffee or a tea while I see to it?"
    )
    assert {"extra.relevant", "extra.now", "extra.novel", "extra.worth"} <= {one.rule for one in first.reasons}
    assert len(found.extras) == 3
    assert set(first.as_dict()) == {"id", "cost", "value", "reasons"}


def test_what_they_had_before_comes_later() -> None:
    facts = {"facts": [fact("coffee and chocolate")]}
    before = [extra.code for extra in answer(case(customer=facts, loss="attention")).extras]
    history = [{"what": "extra", "id": before[0]}] * 3
    after = [extra.code for extra in answer(case(customer=facts, loss="attention", history=history)).extras]
    assert before[0] in ("coffee", "sweet")
    assert after[0] != before[0]


def test_a_near_occasion_makes_it_compelling() -> None:
    def rank(on: str) -> Any:
        facts = [fact("birthday", kind="occasion", on=on)]
        found = answer(case(customer={"facts": facts, "value": eur(400_000)}, loss="attention"))
        return next((extra for extra in found.extras if extra.code == "cake"), None)

    near, far = rank("2026-11-25"), rank("2026-12-25")
    assert near.score == 1.0
    assert far is None or far.score < near.score


def test_what_they_dislike_is_left_out() -> None:
    found = answer(case(customer={"facts": [fact("coffee", kind="dislike")]}))
    assert "coffee" not in [extra.code for extra in found.extras]
    assert ("coffee", "extra.dislike") in [(one.code, one.reason.rule) for one in found.plan.not_offered]


def test_places_stock_and_limits_are_kept() -> None:
    mine = offers.parse(
        "fixes: {any: {title: Fix, says: I fix it}}\n"
        "remedies: [{code: call, title: Call, form: personal, losses: [time], cost: 0}]\n"
        "extras:\n"
        "  - {code: here, title: Here, form: gift, cost: 1, places: [lake]}\n"
        "  - {code: none-left, title: None left, form: gift, cost: 1, stock: 0}\n"
        "  - {code: dear, title: Dear, form: gift, cost: 51}\n"
    )
    left_out = {one.code: one.reason.rule for one in answer(case(limits=eur(5_000)), catalogue=mine).plan.not_offered}
    assert left_out == {"here": "extra.place", "none-left": "extra.stock", "dear": "extra.limit"}
    found = answer(case(limits=eur(5_100), place="lake"), catalogue=mine)
    assert {extra.code for extra in found.extras} == {"here", "dear"}


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"value": "her diabetes"}, "fact.sensitive"),
        ({"kind": "religion", "value": "coffee"}, "fact.sensitive"),
        ({"kind": "salary", "value": "coffee"}, "fact.kind"),
        ({"source": ""}, "fact.source"),
        ({"consent": False}, "fact.consent"),
        ({"expires_at": NOW.isoformat()}, "fact.expired"),
        ({"expires_at": (NOW + timedelta(seconds=1)).isoformat()}, None),
    ],
)
def test_facts_that_may_not_be_used(more: dict[str, Any], rule: str | None) -> None:
    found = answer(case(customer={"facts": [fact("coffee") | more]}, loss="attention"))
    assert rules(found) == ([rule] if rule else [])
    assert found.plan is not None
    said = str(found.as_dict())
    assert ("You told us" in said) is (rule is None)
    assert "diabetes" not in said
    if rule:
        assert found.refused[0].text.startswith("customer.facts[0] ")


def test_a_fact_without_consent_said_is_refused() -> None:
    bare = {"kind": "interest", "value": "coffee", "source": "a guess"}
    assert rules(answer(case(customer={"facts": [bare]}))) == ["fact.consent"]
    assert rules(answer(case(customer={"facts": ["likes coffee"]}))) == ["fact.source"]
    assert "interest" in KINDS


def test_where_nobody_is_at_fault_nothing_is_expected_of_giving_more() -> None:
    """C6."""
    found = answer(case(fault="nobody", budget={"left": eur(10_000), "price": 0.5}))
    assert all(extra.cost.minor == 0 for extra in found.extras)


# ---- plans that a person proposes


@pytest.mark.parametrize(
    ("proposed", "more", "faults"),
    [
        ({"remedy": "time-back", "non_monetary": ["I call"]}, {}, []),
        ({"remedy": "time-back"}, {}, ["remedy.non_monetary"]),  # rule 9
        ({"remedy": "store-credit", "non_monetary": ["I call"]}, {}, ["proposed.match"]),  # rule 4
        ({"remedy": "store-credit", "non_monetary": ["I call"], "why_not_match": "They asked"}, {}, []),
        ({"remedy": "store-credit", "non_monetary": ["I call"], "why_not_match": "So"}, {"late": True}, ["remedy.late"]),  # rule 8
        ({"floor": eur(499), "non_monetary": ["I call"]}, {"floor": owed(500)}, ["proposed.floor"]),  # rule 6
        ({"floor": eur(500), "non_monetary": ["I call"]}, {"floor": owed(500)}, []),
        ({"remedy": "money-back", "amount": eur(15_000), "non_monetary": ["I call"]}, {"loss": "money"}, []),
        ({"remedy": "money-back", "amount": eur(15_001), "non_monetary": ["I call"]}, {"loss": "money"}, ["proposed.cap"]),  # rule 5
        ({"remedy": "time-back", "non_monetary": ["I call"]}, {"limits": eur(500)}, []),
        ({"remedy": "time-back", "non_monetary": ["I call"]}, {"limits": eur(499)}, ["proposed.limit"]),
        ({"remedy": "time-back", "extras": ["coffee"], "non_monetary": ["I call"]}, {"budget": eur(699)}, ["proposed.limit"]),
        ({"remedy": "store-credit", "non_monetary": ["I call"], "why_not_match": "So"}, {"loss": "trust"}, ["remedy.trust"]),
        ({"remedy": "money-back", "amount": eur(2_999), "non_monetary": ["I call"]}, {"incident": incident()}, ["proposed.incident"]),  # rule 15
        ({"remedy": "money-back", "amount": eur(3_000), "non_monetary": ["I call"]}, {"incident": incident()}, []),
    ],
)  # fmt: skip
def test_a_proposed_plan_that_breaks_a_rule_is_refused(proposed: Any, more: Any, faults: list[str]) -> None:
    found = answer(case(proposed=proposed, **more))
    assert rules(found) == faults
    assert (found.plan is None) is bool(faults)
    assert all(reason.text for reason in found.refused)


# ---- any case


@settings(max_examples=60, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_whatever_the_case_no_rule_is_broken(chance: Any) -> None:
    data = any_case(chance)
    data.pop("proposed", None)
    found = answer(data)
    price, floor = data["failure"]["price"], found.floor.total
    base = found.remedy.remedy if found.remedy else None
    room = [one["minor"] for one in (*data["limits"].values(), data["budget"]["left"])]
    spent = base.cost.minor if base else 0
    assert found.floor.owed == () or floor.minor == data["floor"]["owed"][0]["amount"]["minor"]
    assert spent <= min(room) or found.plan.approval
    top = 0 if price is None else price["minor"] * (90 if "incident" in data else 150) // 100
    for extra in found.extras:
        assert extra.cost.minor == 0 or spent + extra.cost.minor <= min(room)
        if price and extra.value.minor:
            assert extra.value.minor + (base.value.minor if base else 0) + (floor.minor if floor else 0) <= top
    if price and base and base.value.minor and "incident" not in data:
        assert 2 * (base.value.minor + (floor.minor if floor else 0)) <= 3 * price["minor"]
    if data["failure"]["late"]:
        forms = {one.form for one in (*([base] if base else []), *found.extras)}
        assert not forms & COUPON_LIKE
    assert found.plan.non_monetary
    assert not found.remedy or found.remedy.matches or found.remedy.why_not_match
    for reasons in (found.plan.reasons, *(extra.reasons for extra in found.extras)):
        assert all(reason.rule and reason.text and (reason.grade or not reason.evidence) for reason in reasons)


# ---- cases that cannot be used


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "the case must be an object"),
        ({"customer": {}}, "failure is missing"),
        (case(loss="mood"), "failure.loss must be one of money, goods"),
        (case(severity=5), "failure.severity must be a whole number from 1 to 4"),
        (case(severity=True), "failure.severity must be a whole number"),
        (case(fault="theirs"), "failure.fault must be one of"),
        (case(kept_service="yes"), "failure.kept_service must be true or false"),
        (case(price={"minor": -1, "currency": "EUR"}), "failure.price must be money, not negative"),
        (case(price={"minor": 1.5, "currency": "EUR"}), "failure.price must be money"),
        (case(price={"minor": 1, "currency": "euro"}), "failure.price must be money"),
        (case(price={"minor": 10**12 + 1, "currency": "EUR"}), "failure.price must be money"),
        (case(limits={"member": {"minor": 1, "currency": "USD"}}), "limits.member is in USD and failure.price in EUR"),
        (case(limits=5), "limits must be money"),
        (case(budget={"left": eur(1), "spent": eur(1)}), "budget has unknown 'spent'"),
        (case(budget={"price": -0.1}), "budget.price must be a number from 0 to 1000"),
        (case(budget={"price": float("nan")}), "budget.price must be a number"),
        (case(history=[{"what": "hug"}]), "history[0].what must be one of"),
        (case(history=[{"what": "extra", "at": "2026-11-23"}]), "history[0].at must be an ISO 8601 time with its offset"),
        (case(customer={"facts": [{"kind": "interest"}]}), "customer.facts[0].value is missing"),
        (case(customer={"purchases": -1}), "customer.purchases must be a whole number"),
        (case(customer={"mood": 1}), "customer has unknown 'mood': accepted are group"),
        (case(place="x" * 501), "place must be a text of at most 500"),
        (case(incident={"id": "storm"}), "incident.loss is missing"),
        (case(incident=incident(), price=eur(4_999)), "incident.lowest_price is above failure.price"),
        (case(incident=incident(), floor=owed(1_001)), "incident.highest_floor is below what is owed here"),
        (case(incident=incident(), late=True), "incident.late is false"),
        (case(floor={"owed": [{"form": "cash"}]}), "floor.owed[0].amount is missing"),
        (case(floor={"owed": [], "reasons": [{"rule": "r", "text": "t", "evidence": "Z9"}]}), "floor.reasons[0] is no reason"),
        (case(floor={"pack": "eu999", "facts": {}}), "floor.pack names no pack"),
        (case(floor={"pack": "eu261", "facts": {}}), "floor.facts: event_at is missing"),
        (case(proposed={"remedy": "moon"}), "proposed.remedy names 'moon'"),
        (case(proposed={"remedy": "time-back", "amount": eur(1)}), "proposed.amount is given for time-back"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_used_says_what_to_do(data: Any, says: str) -> None:
    with pytest.raises(UnusableCase) as error:
        answer(data)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fixes: {}", "own: lacks remedies"),
        ("fixes: {any: {title: A, says: B}}\nremedies: [{code: a, title: A, form: hug, losses: [time], cost: 0}]", "form: must be one of"),
        ("fixes: {any: {title: A, says: B}}\nremedies: [{code: a, title: A, form: money, losses: [money], cost: 100, by_evidence: true, value: 1}]", "must be left out where the amount is by_evidence"),
        ("fixes: {any: {title: A, says: B}}\nremedies: [{code: a, title: A, form: gift, losses: [time], cost: 0}]\nextras: [{code: a, title: A, form: gift, cost: 0}]", "a stands twice"),
        ("fixes: {any: {title: A, says: B}}\nremedies: [{code: a, title: A, form: gift, losses: [time], cost: -1}]", "must be a number from 0 to 1000"),
        ("a: [", "is not usable YAML"),
    ],
)  # fmt: skip
def test_a_catalogue_that_cannot_be_used_says_where(text: str, says: str) -> None:
    with pytest.raises(offers.UnusableCatalogue) as error:
        offers.parse(text, where="own")
    assert says in str(error.value)
