"""Whether a customer is back is told by their own pace, to the day, and unknown is said as unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from makegood.core.staying import GIVE_UP, LOOK_AT_LEAST, Came, Pace, pace, seen

SINCE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def came(*days: float, worth: int = 1000) -> list[Came]:
    """What came so many days after the failure was known; negative is before."""
    return [Came(at=SINCE + day * DAY, worth=worth) for day in days]


MONTHLY = (-90, -60, -30, 0)
"""Four purchases, thirty days apart, the last of which is the one that failed."""
UNEVEN = (-100, -10, -5, 0)
"""Usually five days apart, but once away for ninety."""

EDGES = [
    # what came before, what came since (days, worth), looked at on day, outcome, rule
    (MONTHLY, (), 0, "unknown", "stay.soon"),
    (MONTHLY, (), 60, "unknown", "stay.soon"),  # exactly twice the usual time is not longer than it
    (MONTHLY, (), 60.01, "lapsed", "stay.lapsed"),
    (MONTHLY, ((10, 1000),), 11, "back", "stay.back"),  # sooner than usual: one is enough
    (MONTHLY, ((29, 1000),), 59.9, "back", "stay.back"),  # one whole usual time has passed: one is expected
    (MONTHLY, ((29, 1000),), 60, "unknown", "stay.less"),  # two whole usual times: two are expected
    (MONTHLY, ((29, 1000), (60, 800)), 60, "back", "stay.back"),  # 1800 is nine tenths of 2000
    (MONTHLY, ((29, 1000), (60, 799)), 60, "unknown", "stay.less"),
    (MONTHLY, ((10, 899),), 30, "unknown", "stay.less"),
    (MONTHLY, ((10, 900),), 30, "back", "stay.back"),
    (MONTHLY, ((40, 9000),), 30, "unknown", "stay.soon"),  # what is still to come has not been seen
    (UNEVEN, (), 80, "unknown", "stay.soon"),  # they were away for ninety days before
    (UNEVEN, (), 90.5, "lapsed", "stay.lapsed"),
    ((-30, 0), (), 200, "unknown", "stay.nothing"),  # two purchases make no pace
    ((), (), 200, "unknown", "stay.nothing"),
    ((0,), ((5, 1),), 6, "back", "stay.again"),
    ((-800, -770, -740), (), 400, "unknown", "stay.nothing"),  # longer ago than two years
]


@pytest.mark.parametrize(("before", "since", "day", "outcome", "rule"), EDGES)
def test_the_formula_to_its_edges(
    before: tuple[float, ...], since: tuple[tuple[float, int], ...], day: float, outcome: str, rule: str
) -> None:
    bought = came(*before) + [one for at, worth in since for one in came(at, worth=worth)]
    found = seen(bought=bought, used=[], since=SINCE, now=SINCE + day * DAY)
    assert (found.outcome, found.reasons[0].rule) == (outcome, rule)


def test_use_is_enough_where_nothing_is_bought() -> None:
    bought, used = came(*MONTHLY), came(*MONTHLY, 30, worth=1)
    assert seen(bought=bought, used=used, since=SINCE, now=SINCE + 59 * DAY).outcome == "back"
    assert seen(bought=bought, used=came(*MONTHLY, worth=1), since=SINCE, now=SINCE + 61 * DAY).outcome == "lapsed"
    assert seen(bought=bought, used=came(-70, -35, 0, worth=1), since=SINCE, now=SINCE + 61 * DAY).outcome == "unknown"


def test_a_pace_is_the_median_time_and_the_mean_worth() -> None:
    assert pace(before=came(-100, -10, -5, 0), since=SINCE) == Pace(usual=5 * DAY, worth=1000, longest=90 * DAY)
    assert pace(before=came(-3, -3, -3), since=SINCE) is None


def test_it_looks_again_at_their_own_pace_and_gives_up_after_a_year() -> None:
    soon = seen(bought=came(*MONTHLY), used=[], since=SINCE, now=SINCE + 10 * DAY)
    assert soon.again_at == SINCE + 40 * DAY
    seldom = seen(bought=came(-400, -200, 0), used=[], since=SINCE, now=SINCE + 30 * DAY)
    assert seldom.again_at == SINCE + 230 * DAY
    late = SINCE + GIVE_UP - LOOK_AT_LEAST
    assert seen(bought=[], used=[], since=SINCE, now=late).again_at == SINCE + GIVE_UP
    assert seen(bought=[], used=[], since=SINCE, now=late + timedelta(seconds=1)).again_at is None


def test_nobody_is_back_before_it_happened() -> None:
    with pytest.raises(ValueError, match="before it happened"):
        seen(bought=[], used=[], since=SINCE, now=SINCE - DAY)


@given(
    before=some.lists(some.integers(-700, 0), max_size=8),
    since=some.lists(some.integers(1, 300), max_size=8),
    day=some.integers(0, 360),
)
def test_one_more_purchase_never_makes_it_worse(before: list[int], since: list[int], day: int) -> None:
    order = {"lapsed": 0, "unknown": 1, "back": 2}
    now = SINCE + day * DAY
    fewer = seen(bought=came(*before, *since), used=[], since=SINCE, now=now)
    more = seen(bought=came(*before, *since, day or 1), used=[], since=SINCE, now=now + DAY * (day == 0))
    assert order[more.outcome] >= order[fewer.outcome]
    assert (fewer.again_at is None) or fewer.outcome == "unknown"
