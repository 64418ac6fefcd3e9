"""Bursts: the Poisson bound against exact sums, the rule for young sources, and the sliding window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.bursts import asks_again_at, burst, poisson_quantile, windows

START = datetime(2013, 9, 12, tzinfo=UTC)


def exact_quantile(mean: Decimal, quantile: Decimal) -> int:
    """The definition itself, summed with sixty digits."""
    with localcontext() as context:
        context.prec = 60
        term = reached = (-mean).exp()
        k = 0
        while reached < quantile:
            k += 1
            term = term * mean / k
            reached += term
        return k


@pytest.mark.parametrize(
    "mean", ["0.001", "0.0010005", "0.01", "0.5", "1", "2.5", "10", "33.25", "100", "744", "746", "1000", "5000"]
)
@pytest.mark.parametrize("quantile", ["0.5", "0.95", "0.999"])
def test_the_quantile_is_exact(mean: str, quantile: str) -> None:
    found = poisson_quantile(mean=float(mean), quantile=float(quantile))
    assert found == exact_quantile(Decimal(mean), Decimal(quantile))


# 99.9 % quantiles as printed in tables of the Poisson distribution
@pytest.mark.parametrize(("mean", "bound"), [(0, 0), (1, 5), (2, 8), (5, 13), (10, 21)])
def test_the_quantile_agrees_with_printed_tables(mean: int, bound: int) -> None:
    assert poisson_quantile(mean=float(mean), quantile=0.999) == bound


@given(
    mean=st.floats(min_value=0, max_value=3000),
    more=st.floats(min_value=0, max_value=1000),
    quantile=st.floats(min_value=0.01, max_value=0.9999),
)
def test_more_failures_as_a_rule_never_lower_the_bound(mean: float, more: float, quantile: float) -> None:
    assert poisson_quantile(mean=mean, quantile=quantile) <= poisson_quantile(mean=mean + more, quantile=quantile)


@pytest.mark.parametrize(("mean", "quantile"), [(-1, 0.9), (float("nan"), 0.9), (float("inf"), 0.9), (1, 0), (1, 1)])
def test_the_quantile_refuses_nonsense(mean: float, quantile: float) -> None:
    with pytest.raises(ValueError, match="finite mean"):
        poisson_quantile(mean=mean, quantile=quantile)


@pytest.mark.parametrize(
    ("count", "counts", "weeks", "fell_due", "is_burst", "bound"),
    [
        # a mean of 2 in this hour: bound 8
        (8, [2] * 224, 8, 0, False, 8),
        (9, [2] * 224, 8, 0, True, 8),
        (9, [0, 4] * 112, 4, 1000, True, 8),
        # zeros count: the same failures spread over more quarters lower the bound (mean 1: 5)
        (6, [4, 0, 0, 0] * 56, 8, 0, True, 5),
        # an hour without failures: two are a burst, one alone never is
        (1, [0] * 224, 8, 0, False, 1),
        (2, [0] * 224, 8, 0, True, 1),
        # under four weeks: more than 10 ...
        (10, [0] * 84, 3, 20, False, 10),
        (11, [0] * 84, 3, 20, True, 10),
        (10, [], 0, 0, False, 10),
        # ... and more than 20 % of what fell due
        (20, [0] * 84, 3, 100, False, 20),
        (21, [0] * 84, 3, 100, True, 20),
        (13, [], 0, 63, True, 12.6),
        (12, [], 0, 63, False, 12.6),
        # four weeks of history but nothing counted in this hour: still the rule for the young
        (11, [], 8, 0, True, 10),
    ],
)
def test_a_burst(*, count: int, counts: list[int], weeks: int, fell_due: int, is_burst: bool, bound: float) -> None:
    found = burst(count=count, same_hour_counts=counts, weeks_of_history=weeks, fell_due=fell_due)
    assert (found.is_burst, found.bound) == (is_burst, bound)
    assert str(count) in found.reasons[0].text


def test_the_playbook_sets_the_numbers() -> None:
    found = burst(count=4, same_hour_counts=[], weeks_of_history=1, fell_due=30, minimum=3, share=10)
    assert (found.is_burst, found.bound) == (True, 3)
    found = burst(
        count=6, same_hour_counts=[2], weeks_of_history=1, fell_due=0, weeks_needed=1, quantile=Decimal("0.9")
    )
    assert (found.is_burst, found.bound) == (True, 4)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        burst(count=-1, same_hour_counts=[], weeks_of_history=0, fell_due=0)


def at(*minutes: float) -> list[datetime]:
    return [START + timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("moments", "counts"),
    [
        ([], []),
        (at(0), [1]),
        (at(0, 5, 10), [1, 2, 3]),
        (at(0, 14.999, 15, 15.001), [1, 2, 2, 3]),  # the window holds what is later than t - 15
        (at(0, 0, 0), [3, 3, 3]),  # equal moments all see each other
        (at(0, 7, 7, 16), [1, 3, 3, 3]),
        (at(0, 60, 120), [1, 1, 1]),
    ],
)
def test_the_window_slides(moments: list[datetime], counts: list[int]) -> None:
    assert list(windows(moments=moments)) == counts


@given(minutes=st.lists(st.integers(min_value=0, max_value=90)), width=st.integers(min_value=1, max_value=40))
def test_the_window_counts_what_the_definition_counts(minutes: list[int], width: int) -> None:
    moments = at(*sorted(minutes))
    wide = timedelta(minutes=width)
    assert list(windows(moments=moments, minutes=width)) == [
        sum(end - wide < one <= end for one in moments) for end in moments
    ]


def test_unsorted_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="sort"):
        list(windows(moments=at(5, 1)))


def test_what_waits_for_a_yes_asks_each_hour_of_its_first_day_and_then_each_day() -> None:
    day, tick = timedelta(days=1), timedelta(microseconds=1)
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert asks_again_at(proposed_at=at, now=at) == at + timedelta(hours=1)
    assert asks_again_at(proposed_at=at, now=at + day - tick) == at + day - tick + timedelta(hours=1)
    assert asks_again_at(proposed_at=at, now=at + day) == at + 2 * day
