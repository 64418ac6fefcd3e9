"""Remedies: the match of EVIDENCE 6.2, the cap, the limit, the floor, and what may not be given late."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.money import Money
from makegood.core.remedies import (
    COUPON_LIKE,
    FORMS,
    LOSSES,
    MATCHES,
    Remedy,
    UnusableRemedy,
    choose,
    incident_base,
    plan_faults,
)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def item(code: str, form: str, *, cost: int = 500, value: int = 1000, losses: Any = LOSSES, **more: Any) -> Remedy:
    return Remedy(**{
        "code": code, "title": code.title(), "form": form, "losses": losses, "cost": eur(cost), "value": eur(value),
        "monetary": form in ("money", "credit", "coupon"), **more,
    })  # fmt: skip


EVERYTHING = [item(f"a-{form}", form) for form in sorted(FORMS)]


def chosen(*, catalogue: list[Remedy], **case: Any) -> Any:
    return choose(**{
        "loss": "time", "price": eur(10_000), "kept_service": None, "late": False, "limit": eur(5_000), "floor": None,
        "catalogue": catalogue, **case,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "match", "fallback"),
    [  # EVIDENCE 6.2, row by row
        ("money", "money", "credit"),
        ("goods", "exchange", "credit"),
        ("service", "reperformance", "credit"),
        ("time", "time_back", "credit"),
        ("attention", "personal", "gift"),
        ("trust", "personal", None),
    ],
)
def test_the_matching_remedy_then_the_fallback(loss: str, match: str, fallback: str | None) -> None:
    choice = chosen(catalogue=EVERYTHING, loss=loss)
    assert choice.remedy.form == match
    assert choice.reasons[0].rule == "remedy.match"
    without = [one for one in EVERYTHING if one.form != match]
    choice = chosen(catalogue=without, loss=loss)
    assert (choice.remedy and choice.remedy.form) == fallback
    assert choice.reasons[0].rule == ("remedy.fallback" if fallback else "remedy.nothing")


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ("money", "corrected statement"), ("goods", "what happened"), ("service", "Explain"), ("time", "not both"),
        ("attention", "listens and believes"), ("trust", "senior owner"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("catalogue", [[], EVERYTHING])
@pytest.mark.parametrize("late", [False, True])
def test_something_non_monetary_always_goes_with_it(loss: str, words: str, catalogue: list[Remedy], late: bool) -> None:
    """Rule 9."""
    choice = chosen(catalogue=catalogue, loss=loss, late=late)
    assert words in choice.non_monetary
    assert ("named person speaks to them first" in choice.non_monetary) is late
    assert "remedy.non_monetary" in [reason.rule for reason in choice.reasons]


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_late_answer_is_never_a_coupon_alone(loss: str) -> None:
    """Rule 8."""
    coupons = [item("credit", "credit"), item("coupon", "coupon")]
    choice = chosen(catalogue=coupons, loss=loss, late=True)
    assert choice.remedy is None
    if MATCHES[loss].fallback == "credit":
        assert [(one.code, one.reason.rule) for one in choice.refused] == [("credit", "remedy.late")]
        assert chosen(catalogue=coupons, loss=loss, late=False).remedy.code == "credit"


def test_late_still_gives_what_matches() -> None:
    assert chosen(catalogue=EVERYTHING, loss="goods", late=True).remedy.form == "exchange"


def test_a_billing_mistake_never_yields_points_only() -> None:
    """Rule 4."""
    points = [item("points", "gift"), item("coupon", "coupon")]
    assert chosen(catalogue=points, loss="money").remedy is None


def test_trust_gets_no_coupon() -> None:
    assert chosen(catalogue=[item("credit", "credit"), item("coupon", "coupon")], loss="trust").remedy is None
    assert chosen(catalogue=EVERYTHING, loss="trust").remedy.form == "personal"


@pytest.mark.parametrize(("facts_known", "faults"), [(False, ["remedy.trust"]), (True, [])])
def test_a_plan_for_lost_trust_waits_for_the_facts(facts_known: bool, faults: list[str]) -> None:
    remedies = [item("call", "personal"), item("credit", "credit")]
    found = plan_faults(
        loss="trust", late=False, remedies=remedies, non_monetary=["a senior owner calls"], facts_known=facts_known
    )
    assert [reason.rule for reason in found] == faults


@pytest.mark.parametrize(
    ("cost", "limit", "given"),
    [(5_000, 5_000, True), (5_001, 5_000, False), (0, 0, True), (1, 0, False), (99_999, None, True)],
)
def test_the_members_limit_holds_the_cost(cost: int, limit: int | None, given: bool) -> None:
    choice = chosen(catalogue=[item("lounge", "time_back", cost=cost)], limit=None if limit is None else eur(limit))
    assert (choice.remedy is not None) is given
    assert [one.reason.rule for one in choice.refused] == ([] if given else ["remedy.limit"])


@pytest.mark.parametrize(
    ("value", "floor", "given"),
    [  # price 100.00, cap 150.00 for floor and extra together (A2)
        (15_000, 0, True), (15_001, 0, False),
        (5_000, 10_000, True), (5_001, 10_000, False),
        (1, 15_000, False), (0, 15_000, True),
        (1, 60_000, False), (0, 60_000, True),  # the floor itself may pass the cap
    ],
)  # fmt: skip
def test_the_cap_counts_floor_and_extra(value: int, floor: int, given: bool) -> None:
    choice = chosen(catalogue=[item("credit", "credit", value=value)], floor=eur(floor))
    assert (choice.remedy is not None) is given
    assert [one.reason.rule for one in choice.refused] == ([] if given else ["remedy.cap"])


def test_without_a_price_only_the_limit_bounds_it_and_that_is_said() -> None:
    choice = chosen(catalogue=[item("credit", "credit", value=10**9)], price=None)
    assert choice.remedy is not None
    assert "remedy.price_unknown" in [reason.rule for reason in choice.reasons]


LADDER = [item(f"credit-{value // 100}", "credit", cost=value // 2, value=value) for value in (1000, 3000, 6000, 9000)]


@pytest.mark.parametrize(
    ("kept", "price", "floor", "code", "rule"),
    [
        # A1: kept, so the first part matters: the smallest
        (True, 10_000, 0, "credit-10", "remedy.kept"),
        # A1: rejected, so 60-120 % matters: the cheapest inside it
        (False, 10_000, 0, "credit-60", "remedy.rejected"),
        (False, 10_001, 0, "credit-90", "remedy.rejected"),
        (False, 10_000, 3_000, "credit-30", "remedy.rejected"),
        (False, 10_000, 5_000, "credit-10", "remedy.rejected"),
        # nothing reaches the band: the nearest
        (False, 50_000, 0, "credit-90", "remedy.rejected"),
        # all beyond it: the nearest, while under the cap
        (False, 750, 0, "credit-10", "remedy.rejected"),
        (None, 10_000, 0, "credit-10", "remedy.kept_unknown"),
    ],
)
def test_the_band_by_whether_they_kept_the_service(
    kept: bool | None, price: int, floor: int, code: str, rule: str
) -> None:
    choice = chosen(catalogue=LADDER, kept_service=kept, price=eur(price), floor=eur(floor))
    assert (choice.remedy.code, choice.reasons[1].rule) == (code, rule)
    assert choice.amount == choice.remedy.value


def test_what_is_given_in_kind_has_no_amount() -> None:
    assert chosen(catalogue=[item("late-checkout", "time_back")]).amount is None


@pytest.mark.parametrize(
    "case",
    [
        {"limit": Money(minor=5_000, currency="USD")},
        {"price": Money(minor=10_000, currency="USD")},
        {"floor": Money(minor=100, currency="USD")},
    ],
)
def test_another_currency_is_refused_not_converted(case: dict[str, Money]) -> None:
    choice = chosen(catalogue=[item("credit", "credit")], **case)
    assert choice.remedy is None
    assert choice.refused[0].reason.rule == "remedy.currency"


@pytest.mark.parametrize("case", [{"loss": "patience"}, {"price": eur(-1)}, {"limit": eur(-1)}, {"floor": eur(-1)}])
def test_an_unusable_case_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(UnusableRemedy):
        chosen(catalogue=EVERYTHING, **case)


@pytest.mark.parametrize("wrong", [{"losses": {"patience"}}, {"form": "cheque"}, {"cost": -1}, {"value": -1}])
def test_an_unusable_item_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnusableRemedy, match="odd: "):
        item("odd", **{"form": "credit", **wrong})


amounts = st.integers(min_value=0, max_value=50_000)
items = st.lists(
    st.builds(
        lambda code, form, cost, value, losses: item(f"i{code}", form, cost=cost, value=value, losses=losses),
        st.integers(min_value=0, max_value=10**6), st.sampled_from(sorted(FORMS)), amounts, amounts,
        st.frozensets(st.sampled_from(sorted(LOSSES))),
    ),
    max_size=8,
    unique_by=lambda one: one.code,
)  # fmt: skip
cases = st.fixed_dictionaries(
    {
        "loss": st.sampled_from(sorted(LOSSES)),
        "price": st.none() | amounts.map(eur),
        "kept_service": st.none() | st.booleans(),
        "late": st.booleans(),
        "limit": st.none() | amounts.map(eur),
        "floor": st.none() | st.integers(min_value=0, max_value=100_000).map(eur),
    }
)


@given(catalogue=items, case=cases)
def test_no_choice_breaks_a_rule(catalogue: list[Remedy], case: dict[str, Any]) -> None:
    """Invariant 6 (cap and limit), rules 4, 5, 8 and 9, for any catalogue and any case."""
    choice = choose(catalogue=catalogue, **case)
    assert choice.non_monetary.strip()
    assert choice.reasons
    remedy = choice.remedy
    if remedy is None:
        assert choice.amount is None
        return
    assert case["loss"] in remedy.losses
    if case["limit"] is not None:
        assert remedy.cost <= case["limit"]
    if case["price"] is not None and remedy.value:
        owed = case["floor"].minor if case["floor"] else 0
        assert owed + remedy.value.minor <= 1.5 * case["price"].minor
    if case["late"] or case["loss"] == "trust":
        assert remedy.form not in COUPON_LIKE
    assert remedy.code not in {one.code for one in choice.refused}
    assert not plan_faults(loss=case["loss"], late=case["late"], remedies=[remedy], non_monetary=[choice.non_monetary])


@given(catalogue=items, case=cases, data=st.data())
def test_the_order_of_the_catalogue_does_not_matter(
    catalogue: list[Remedy], case: dict[str, Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(catalogue))
    assert choose(catalogue=catalogue, **case) == choose(catalogue=shuffled, **case)


@given(
    catalogue=items,
    customers=st.lists(st.tuples(amounts, amounts), min_size=1, max_size=6),
    kept=st.none() | st.booleans(),
)
def test_one_incident_one_base_that_keeps_the_cap_for_each(
    catalogue: list[Remedy], customers: list[tuple[int, int]], kept: bool | None
) -> None:
    base = incident_base(
        loss="time", prices=[eur(price) for price, _ in customers], floors=[eur(floor) for _, floor in customers],
        kept_service=kept, late=False, catalogue=catalogue, limit=None,
    )  # fmt: skip
    assert base.reasons[0].rule == "remedy.incident"
    if base.remedy and base.remedy.value:
        for price, floor in customers:
            assert floor + base.remedy.value.minor <= 1.5 * price


@pytest.mark.parametrize(
    ("customers", "given"),
    [  # the item is worth 50.00
        ([(10_000, 0), (10_000, 10_000)], True),
        ([(10_000, 0), (10_000, 10_001)], False),  # one floor leaves no room: nobody gets it
        ([(3_334, 0), (90_000, 0)], True),
        ([(3_333, 0), (90_000, 0)], False),  # one price is too low for it
    ],
)
def test_one_customer_bounds_the_base_of_all(customers: list[tuple[int, int]], given: bool) -> None:
    base = incident_base(
        loss="time", prices=[eur(price) for price, _ in customers], floors=[eur(floor) for _, floor in customers],
        kept_service=None, late=False, catalogue=[item("credit", "credit", value=5_000)], limit=None,
    )  # fmt: skip
    assert (base.remedy is not None) is given


def test_an_incident_whose_prices_are_unknown_still_has_a_base() -> None:
    base = incident_base(
        loss="time", prices=[], floors=[], kept_service=None, late=False, catalogue=EVERYTHING, limit=None
    )
    assert base.remedy is not None
    assert base.remedy.form == "time_back"


MONEY, CREDIT, GIFT = item("m", "money"), item("c", "credit"), item("g", "gift")


@pytest.mark.parametrize(
    ("loss", "late", "remedies", "said", "faults"),
    [
        ("time", False, [CREDIT], ["sorry"], []),
        ("time", False, [CREDIT], [], ["remedy.non_monetary"]),  # rule 9
        ("time", False, [], [" "], ["remedy.non_monetary"]),
        ("time", True, [CREDIT], ["sorry"], ["remedy.late"]),  # rule 8
        ("time", True, [CREDIT, GIFT], ["sorry"], []),
        ("time", True, [], ["sorry"], []),
        ("money", False, [GIFT], ["sorry"], ["remedy.money_first"]),  # rule 4
        ("money", False, [GIFT, MONEY], ["sorry"], []),
        ("money", True, [CREDIT], [], ["remedy.non_monetary", "remedy.late"]),
        ("money", False, [CREDIT], ["sorry"], []),
    ],
)
def test_a_plan_made_by_a_person_is_checked(
    loss: str, late: bool, remedies: list[Remedy], said: list[str], faults: list[str]
) -> None:
    found = plan_faults(loss=loss, late=late, remedies=remedies, non_monetary=said)
    assert [reason.rule for reason in found] == faults
