"""Same case, different offer: named when told apart from luck, with all comparisons of the report counted."""

import math

import pytest
from benchmarks.learning import named

from makegood.core.learning.fairness import LEAST_OFFERS, Offer, UnusableOffers, compare


def offered(case, amount, employee, group="regular"):
    return Offer(case=case, amount=amount, who={"employee": employee, "group": group})


def test_who_gives_less_in_the_same_cases_is_named_and_by_how_much():
    offers = [
        offered(f"case {number}", 700 if name == "m3" else 1000 + number, name)
        for number in range(12)
        for name in ("m1", "m2", "m3")
    ]
    first, *rest = compare(offers=offers)
    assert (first.attribute, first.level, first.shown, first.cases) == ("employee", "m3", True, 12)
    assert first.by == pytest.approx(-305.5)
    assert "offered 305.5 less than others in the same 12 cases" in first.reason.text
    assert first.reason.grade == "B"
    assert not any(one.shown for one in rest if one.attribute == "group")


def test_who_has_other_cases_is_not_told_from_others_by_them():
    """m2 has the dear cases: more is offered there, by everybody."""
    offers = [offered("dear", 5000, name) for name in ["m2"] * 20 + ["m1"]]
    offers += [offered("cheap", 100, name) for name in ["m1"] * 20 + ["m2"]]
    assert [one.p for one in compare(offers=offers) if one.attribute == "employee"] == [1.0, 1.0]


def test_all_by_the_same_rule_names_somebody_in_at_most_a_twentieth_of_reports():
    wrongly = sum(bool(named((seed, 0.0))) for seed in range(60))
    assert wrongly <= 7, "more of 60 would come by chance once in 200 times at 5 %"


def test_one_of_twelve_who_gives_less_is_named():
    assert "m3" in named((1, 0.3))


def test_p_is_the_rank_sums_and_held_by_holm():
    """One case, ranks 1-20, m1 has the upper ten: z = 50 / sqrt(10 * 10 * 21 / 12), two comparisons."""
    offers = [
        Offer(case="a", amount=float(rank), who={"employee": "m1" if rank > 10 else "m2"}) for rank in range(1, 21)
    ]
    p = math.erfc(50 / math.sqrt(10 * 10 * 21 / 12) / math.sqrt(2))
    assert [one.p for one in compare(offers=offers)] == pytest.approx([2 * p, 2 * p])


def test_too_few_are_not_judged_and_it_says_so():
    short = [Offer(case=str(n), amount=n, who={"employee": name}) for n in range(9) for name in ("m1", "m2")]
    found = compare(offers=short)
    assert [(one.p, one.shown) for one in found] == [(None, False)] * 2
    assert f"9 offers in cases that others had too ({LEAST_OFFERS} needed)" in found[0].reason.text
    enough = [*short, *(Offer(case="9", amount=5, who={"employee": name}) for name in ("m1", "m2"))]
    assert [one.p for one in compare(offers=enough)] == [1.0, 1.0]
    assert compare(offers=[]) == ()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(UnusableOffers, match="an amount"):
        compare(offers=[offered("a", float("nan"), "m1")])
    with pytest.raises(UnusableOffers, match="same attributes"):
        compare(offers=[offered("a", 1, "m1"), Offer(case="a", amount=1, who={"employee": "m2"})])
