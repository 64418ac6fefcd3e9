"""BG/NBD with gamma-gamma: its formulas against other ways to the same number, and what it learns from a known world."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from benchmarks.value import FILE, cdnow, correlation, integrated
from benchmarks.value_world import TRUTH, Lived, customers
from hypothesis import given, settings
from hypothesis import strategies as some

from makegood.core.evidence import REGISTER
from makegood.core.value.fitting import CUSTOMERS_LEAST, RETURNED_LEAST, WEEKS_LEAST, Fit, UnableToFit, fit
from makegood.core.value.foreseen import MOST_PURCHASES, YEAR_WEEKS, Foreseen, foresee, horizon
from makegood.core.value.histories import Bought, History, history
from makegood.core.value.model import (
    Buying,
    Drawn,
    Spending,
    UnableToForesee,
    expected_average,
    expected_purchases,
    log_likelihood,
    p_alive,
)

PUBLISHED = Buying(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie & Lee 2005, table 2."""
UNTIL = date(2026, 3, 29)


def bought(*days_ago: int, minor: int = 1000) -> list[Bought]:
    return [Bought(on=UNTIL - timedelta(days=days), minor=minor) for days in days_ago]


def test_a_history_counts_days_weeks_and_what_was_paid_again() -> None:
    several = [*bought(70, minor=5000), *bought(35), *bought(35, minor=2000), *bought(14, minor=0), *bought(-1)]
    assert history(bought=several, until=UNTIL) == History(repeats=2, last=8.0, age=10.0, paid=1, average=3000.0)
    assert history(bought=bought(0), until=UNTIL) == History(repeats=0, last=0.0, age=0.0)
    assert history(bought=bought(-1), until=UNTIL) is None
    assert history(bought=[], until=UNTIL) is None


def test_the_published_customer_is_foreseen_as_published() -> None:
    """Fader, Hardie & Lee 2005, "Implementing the BG/NBD model in Excel": x = 2, t_x = 30.43, T = 38.86."""
    past = History(repeats=2, last=30.43, age=38.86)
    assert expected_purchases(buying=PUBLISHED, past=past, weeks=39) == pytest.approx(1.226, abs=0.001)
    assert 0.5 < p_alive(buying=PUBLISHED, past=past) < 0.8


def lived_on(drawn: Buying, past: History, weeks: float, *, times: int) -> float:
    """The mean of what customers with this past do next, drawn one by one."""
    chance, total = Random(7), 0
    for _ in range(times):
        if chance.random() >= p_alive(buying=drawn, past=past):
            continue
        rate = chance.gammavariate(drawn.r + past.repeats, 1 / (drawn.alpha + past.age))
        leaves, at = chance.betavariate(drawn.a, drawn.b + past.repeats), chance.expovariate(rate)
        while at <= weeks:
            total += 1
            if chance.random() < leaves:
                break
            at += chance.expovariate(rate)
    return total / times


@pytest.mark.parametrize(
    ("buying", "past"),
    [
        (PUBLISHED, History(repeats=0, last=0.0, age=2.0)),
        (PUBLISHED, History(repeats=9, last=30.0, age=31.0)),
        (Buying(r=3.0, alpha=4.0, a=1.0, b=2.0), History(repeats=2, last=4.0, age=6.0)),  # the gap of the formula
        (Buying(r=0.4, alpha=0.2, a=60.0, b=90.0), History(repeats=1, last=0.5, age=1.0)),  # everybody much alike
        (Buying(r=0.4, alpha=0.2, a=0.001, b=2.0), History(repeats=0, last=0.0, age=0.1)),  # nobody leaves
    ],
)
def test_what_is_expected_is_the_mean_of_what_is_drawn(buying: Buying, past: History) -> None:
    mean = lived_on(buying, past, 20.0, times=4000)
    assert expected_purchases(buying=buying, past=past, weeks=20.0) == pytest.approx(mean, rel=0.15, abs=0.03)


sizes = some.floats(math.exp(-6.5), math.exp(6.5))


@settings(max_examples=40, deadline=None)
@given(r=sizes, alpha=sizes, a=sizes, b=sizes, x=some.integers(0, 60), ago=some.floats(0, 50), weeks=some.floats(0, 60))
def test_nothing_foreseen_is_out_of_range(
    r: float, alpha: float, a: float, b: float, x: int, ago: float, weeks: float
) -> None:
    buying, past = Buying(r=r, alpha=alpha, a=a, b=b), History(repeats=x, last=20.0 if x else 0.0, age=20.0 + ago)
    assert 0 <= p_alive(buying=buying, past=past) <= 1
    less = expected_purchases(buying=buying, past=past, weeks=weeks / 2)
    more = expected_purchases(buying=buying, past=past, weeks=weeks)
    most = p_alive(buying=buying, past=past) * (r + x) / (alpha + past.age) * weeks
    assert -1e-6 <= less <= more + 1e-6
    assert more <= most * (1 + 1e-4) + 1e-6, "nobody buys more than who never leaves"
    assert math.isfinite(log_likelihood(buying=buying, past=past))


def test_a_customer_who_is_away_longer_is_less_likely_there_and_expected_less() -> None:
    told = [History(repeats=4, last=10.0, age=10.0 + away) for away in (0, 2, 8, 30)]
    alive = [p_alive(buying=PUBLISHED, past=past) for past in told]
    assert alive == sorted(alive, reverse=True)
    assert alive[0] > 2 * alive[-1]


@pytest.mark.parametrize(
    "past",
    [
        History(repeats=1, last=0.0, age=3.0),
        History(repeats=0, last=1.0, age=3.0),
        History(repeats=1, last=4.0, age=3.0),
        History(repeats=-1, last=0.0, age=3.0),
    ],
)
def test_a_past_that_cannot_be_is_refused(past: History) -> None:
    for ask in (log_likelihood, p_alive):
        with pytest.raises(UnableToForesee):
            ask(buying=PUBLISHED, past=past)


def test_a_horizon_or_parameters_that_cannot_be_are_refused() -> None:
    past = History(repeats=0, last=0.0, age=3.0)
    for weeks in (-0.1, math.inf, math.nan):
        with pytest.raises(UnableToForesee):
            expected_purchases(buying=PUBLISHED, past=past, weeks=weeks)
    assert expected_purchases(buying=PUBLISHED, past=past, weeks=0) == pytest.approx(0, abs=1e-12)
    for wrong in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(UnableToForesee):
            Buying(r=wrong, alpha=1, a=1, b=1)
    with pytest.raises(UnableToForesee):
        expected_average(spending=Spending(p=1, q=1, v=1), past=past)


def test_an_average_goes_from_everybodys_to_their_own() -> None:
    spending = Spending(p=5.0, q=4.0, v=2400.0)
    everybody = 5.0 * 2400 / 3
    told = [
        expected_average(spending=spending, past=History(repeats=n, last=1.0, age=2.0, paid=n, average=9000.0))
        for n in (1, 3, 100)
    ]
    assert expected_average(spending=spending, past=History(repeats=0, last=0.0, age=2.0)) == everybody
    assert everybody < told[0] < told[1] < told[2] < 9000
    assert told[2] > 8900


@cache
def world() -> tuple[list[Lived], Fit]:
    """Customers whose parameters are known, and what is learnt of them."""
    lived = customers(count=1500, weeks=39, after=39, seed=1)
    return lived, fit(pasts=[one.past for one in lived], draws=4)


def test_a_fit_finds_what_a_known_world_was_made_of() -> None:
    _, found = world()
    truth, best = TRUTH.buying, found.best.buying
    assert best.r / best.alpha == pytest.approx(truth.r / truth.alpha, rel=0.15)
    assert best.a / (best.a + best.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.25)
    mean = [one.p * one.v / (one.q - 1) for one in (TRUTH.spending, found.best.spending)]
    assert mean[1] == pytest.approx(mean[0], rel=0.1)
    rates = [one.buying.r / one.buying.alpha for one in found.draws]
    assert min(rates) < best.r / best.alpha < max(rates)


def test_no_parameters_near_are_likelier_than_the_fitted() -> None:
    lived, found = world()
    pasts = [one.past for one in lived]

    def likely(buying: Buying) -> float:
        return sum(log_likelihood(buying=buying, past=past) for past in pasts)

    best = found.best.buying
    assert likely(best) == pytest.approx(found.log_likelihood)
    for name in ("r", "alpha", "a", "b"):
        for by in (0.97, 1.03):
            near = {one: getattr(best, one) * (by if one == name else 1) for one in ("r", "alpha", "a", "b")}
            assert likely(Buying(**near)) < found.log_likelihood, name


def test_customers_of_a_known_world_spend_within_their_interval_as_often_as_said() -> None:
    lived, found = world()
    told = [(one, foresee(fit=found, past=one.past, weeks=39)) for one in lived[:250]]
    inside = sum(seen.low_minor - 0.5 <= one.spent <= seen.high_minor + 0.5 for one, seen in told) / len(told)
    above = sum(one.spent > seen.high_minor + 0.5 for one, seen in told) / len(told)
    assert inside >= 0.8
    assert 0.04 <= above <= 0.16, "a tenth of them"
    assert correlation([one.bought for one in lived[:400]], _expected(lived[:400], found)) > 0.4


def _expected(lived: list[Lived], found: Fit) -> list[float]:
    return [expected_purchases(buying=found.best.buying, past=one.past, weeks=39) for one in lived]


def test_the_same_customers_and_seed_teach_and_foresee_the_same() -> None:
    lived = customers(count=300, weeks=30, after=0, seed=3)
    pasts = [one.past for one in lived]
    one, other = fit(pasts=pasts, draws=2), fit(pasts=list(reversed(pasts)), draws=2)
    assert one == other
    assert foresee(fit=one, past=pasts[0], weeks=30) == foresee(fit=other, past=pasts[0], weeks=30)
    assert fit(pasts=pasts, draws=2, seed=1).draws != one.draws


def few(*, customers_: int, returned: int, weeks: float) -> list[History]:
    again = [
        History(repeats=1 + n % 3, last=1.0 + n % 7, age=weeks, paid=1, average=500.0 + n) for n in range(returned)
    ]
    return again + [History(repeats=0, last=0.0, age=weeks)] * (customers_ - returned)


@pytest.mark.parametrize(
    ("customers_", "returned", "weeks", "said"),
    [
        (CUSTOMERS_LEAST - 1, RETURNED_LEAST, WEEKS_LEAST, "199 customers have bought so far; 200 are needed"),
        (CUSTOMERS_LEAST, RETURNED_LEAST - 1, WEEKS_LEAST, "49 customers have bought again so far; 50 are needed"),
        (CUSTOMERS_LEAST, RETURNED_LEAST, WEEKS_LEAST - 0.1, "The first purchase is 25 weeks ago; 26 weeks are needed"),
        (0, 0, 0.0, "0 customers have bought so far; 200 are needed"),
    ],
)
def test_too_few_are_refused_with_how_many_are_needed(customers_: int, returned: int, weeks: float, said: str) -> None:
    with pytest.raises(UnableToFit, match=f"^{said}$"):
        fit(pasts=few(customers_=customers_, returned=returned, weeks=weeks), draws=0)


def test_just_enough_are_fitted_and_gifts_alone_are_not() -> None:
    enough = few(customers_=CUSTOMERS_LEAST, returned=RETURNED_LEAST, weeks=WEEKS_LEAST)
    found = fit(pasts=enough, draws=0)
    assert (found.customers, found.returned, found.weeks) == (CUSTOMERS_LEAST, RETURNED_LEAST, WEEKS_LEAST)
    gift = [*enough[1:], History(repeats=1, last=1.0, age=WEEKS_LEAST)]
    with pytest.raises(UnableToFit, match="49 customers bought again for more than nothing; 50 are needed"):
        fit(pasts=gift, draws=0)


def certain(buying: Buying) -> Fit:
    return Fit(
        best=Drawn(buying=buying, spending=TRUTH.spending),
        draws=(),
        customers=200,
        returned=50,
        weeks=40.0,
        log_likelihood=0.0,
    )


def test_what_is_foreseen_says_why_by_a_finding_with_its_grade() -> None:
    seen: list[Foreseen] = [
        foresee(fit=certain(PUBLISHED), past=past, weeks=20)
        for past in (
            History(repeats=0, last=0.0, age=4.0),
            History(repeats=5, last=8.0, age=30.0, paid=5, average=4000.0),
        )
    ]
    assert "bought once" in seen[0].reasons[0].text
    assert "on 6 days, the last 22 weeks ago" in seen[1].reasons[0].text
    for one in (reason for told in seen for reason in told.reasons):
        assert one.evidence
        assert one.grade == REGISTER[one.evidence].grade
    assert all(told.low_minor <= told.minor <= told.high_minor for told in seen)


def test_a_customer_who_never_stops_buying_ends_all_the_same() -> None:
    always = certain(Buying(r=500.0, alpha=0.01, a=0.001, b=900.0))
    seen = foresee(fit=always, past=History(repeats=0, last=0.0, age=0.0), weeks=1.0)
    assert seen.low_minor < MOST_PURCHASES * 40_000


def test_nobody_looks_further_ahead_than_back_nor_than_a_year() -> None:
    assert [horizon(past_weeks=weeks) for weeks in (26, 51.9, 52, 300)] == [26, 51.9, YEAR_WEEKS, YEAR_WEEKS]


@pytest.mark.parametrize("buying", [PUBLISHED, TRUTH.buying, Buying(r=2.0, alpha=9.0, a=0.3, b=0.6)])
def test_the_likelihood_is_that_of_the_model_as_told(buying: Buying) -> None:
    """Integrated numerically over customers' rates and chances of leaving, of which its formula knows nothing."""
    pasts = [one.past for one in customers(count=60, weeks=30, after=0, seed=5)]
    logs = [math.log(getattr(buying, one)) for one in ("r", "alpha", "a", "b")]
    mean = sum(log_likelihood(buying=buying, past=past) for past in pasts) / len(pasts)
    assert integrated(pasts)(logs) == pytest.approx(-mean, rel=1e-5)


@pytest.mark.data
def test_cdnow_is_foreseen_as_well_as_is_known(data_dir: Path) -> None:
    if not FILE.exists():
        pytest.skip("CDNOW is not here")
    assert cdnow(whole=False)
